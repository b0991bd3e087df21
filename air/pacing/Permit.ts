import type { Refusal } from './LearntRate';

/** What is sent: AIR takes another time for each kind. */
export type RequestKind = 'issue' | 'ask';

/** Who sends it. */
export interface Share {
	/** A run of a node: those who wait take turns by it. */
	readonly whose?: object | undefined;
	/** Somebody chose how many are under way at once: then only what AIR says counts, and no guess. */
	readonly fixed?: boolean | undefined;
}

/** What leave is asked for. */
export interface Wanted {
	/** A question by default. */
	readonly kind?: RequestKind | undefined;
	readonly share?: Share | undefined;
	/** What comes of it if its outcome stays unknown is work for a person. */
	readonly deadEnd?: boolean | undefined;
	/** Something is to be done first: it needs its place only after that. */
	readonly ahead?: boolean | undefined;
}

export interface PermitOptions extends Wanted {
	readonly signal?: AbortSignal | undefined;
	/** Not worth waiting for longer than this, in milliseconds; by default as long as it takes. */
	readonly withinMs?: number | undefined;
}

/** Leave to send one request. Exactly one of its endings counts; further ones change nothing. */
export interface Permit {
	/**
	 * Waits for a place, if it was granted ahead of one.
	 *
	 * @throws AirError `AIR_CANCELLED` at once after the signal
	 */
	place(signal?: AbortSignal): Promise<void>;
	/** It is being sent: from now on it cannot be given back. */
	use(): void;
	/** Nothing was sent after all: somebody else may go in its place. Without effect after `use`. */
	giveBack(): void;
	/** AIR answered it. @param didIt - and did what was asked, so that its time says something */
	answered(didIt?: boolean): void;
	/** It was answered with an error of AIR, or of what stands before it. */
	broken(): void;
	/** 429, or 503. @param retryAfterMs - as AIR asks to wait, if it says */
	refused(refusal: Refusal, retryAfterMs: number | undefined): void;
	/** It ended without an answer, or was never sent: then it is given back. */
	ended(): void;
}
