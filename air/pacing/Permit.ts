import type { Refusal } from './LearntRate';

/** What is sent: AIR takes a different time for each kind. */
export type RequestKind = 'issue' | 'ask';

/** Who sends it. */
export interface Share {
	/** A run of a node: runs take turns. */
	readonly whose?: object | undefined;
	/** The user chose how many requests are under way at once: only AIR's refusals lower that. */
	readonly fixed?: boolean | undefined;
}

/** What a permit is requested for. */
export interface Wanted {
	/** A question by default. */
	readonly kind?: RequestKind | undefined;
	readonly share?: Share | undefined;
	/** If the outcome stays unknown, a person has to settle it. */
	readonly deadEnd?: boolean | undefined;
	/** Something else comes first: the place is needed only after that. */
	readonly ahead?: boolean | undefined;
}

export interface PermitOptions extends Wanted {
	readonly signal?: AbortSignal | undefined;
	/** The longest wait for the permit, in milliseconds; no limit by default. */
	readonly withinMs?: number | undefined;
}

/** Permission to send one request. Only the first of its endings counts. */
export interface Permit {
	/**
	 * Waits for a place, if the permit was granted ahead of one.
	 *
	 * @throws AirError `AIR_CANCELLED` at once after the signal
	 */
	place(signal?: AbortSignal): Promise<void>;
	/** The request is being sent: from now on, the permit cannot be given back. */
	use(): void;
	/** Nothing was sent after all, and another request gets the place. Does nothing after `use`. */
	giveBack(): void;
	/** AIR answered. @param didIt - and did what was asked, so its time can be measured */
	answered(didIt?: boolean): void;
	/** AIR, or a gateway in front of it, answered with an error. */
	broken(): void;
	/** 429 or 503. @param retryAfterMs - how long AIR asks to wait, if it says */
	refused(refusal: Refusal, retryAfterMs: number | undefined): void;
	/** The request ended without an answer, or was never sent: then the permit is given back. */
	ended(): void;
}
