import { errorCatalogue, type AirErrorCode, type AirErrorKind } from './errorCatalogue';

/** Facts that are known only when the failure happens; the texts come from the catalogue. */
export interface AirErrorFacts {
	/** Completes the title; must be safe to show: no key material, token or claim value. */
	readonly detail?: string | undefined;
	/** HTTP status that AIR, or something in front of it, answered with. */
	readonly httpStatus?: number | undefined;
	/** AIR's own words, already shortened and redacted. */
	readonly airMessage?: string | undefined;
	/** The words are not AIR's but, for example, those of a web page. */
	readonly notAirs?: boolean | undefined;
	/** How long AIR asks to wait, in milliseconds (`Retry-After`). */
	readonly retryAfterMs?: number | undefined;
	/**
	 * Nobody waited for it, because the call would have taken too long; the caller may try again after
	 * that time.
	 */
	readonly waitTooLong?: boolean | undefined;
	/** Further advice that follows from the circumstances. */
	readonly note?: string | undefined;
	/** For an unknown outcome: AIR keeps what it issued, so sending again does no harm. */
	readonly safeToRepeat?: boolean | undefined;
	/** Overrides the catalogue, e.g. when an earlier attempt of the same call had no known outcome. */
	readonly kind?: AirErrorKind | undefined;
}

const UNKNOWN = 'Not known whether this was issued';
/** What to do about an unknown outcome if sending again may do harm. */
export const LOOK_FIRST =
	'Look the person up in the AIR dashboard (Issuer → Claim Records) before you send it again.';

/**
 * The title names the unknown outcome before its reason, since the reason alone sounds like any other
 * failure.
 */
function titleOf(code: AirErrorCode, { detail, kind, safeToRepeat }: AirErrorFacts): string {
	const row = errorCatalogue[code];
	const reason = detail === undefined ? row.title : `${row.title}: ${detail}`;
	// The title of this code already says it.
	if ((kind ?? row.kind) !== 'outcome-unknown' || code === 'AIR_ISSUED_UNKNOWN') return reason;
	return safeToRepeat === true
		? `${UNKNOWN}: ${reason}`
		: `${UNKNOWN} – look before you send it again: ${reason}`;
}

/**
 * The same failure for a call that only reads: reading changes nothing, so no outcome can be unknown.
 */
export function ofReading(error: unknown): unknown {
	if (!(error instanceof AirError) || error.kind !== 'outcome-unknown') return error;
	if (error.code === 'AIR_CANCELLED_IN_FLIGHT') return new AirError('AIR_CANCELLED');
	return error.with({ kind: 'not-sent' });
}

/**
 * The one error of this domain: everything that can go wrong on the way to AIR and back.
 *
 * - `code` is stable and names a row of the catalogue (`docs/errors.md`)
 * - `kind` says what is known about the outcome: see {@link AirErrorKind}
 * - `message` says what happened, `advice` what to do next
 *
 * @example
 * ```ts
 * try {
 *   await client.issueOnBehalf(request);
 * } catch (error) {
 *   if (error instanceof AirError && error.kind === 'outcome-unknown') { … }
 * }
 * ```
 */
export class AirError extends Error {
	override readonly name = 'AirError';

	constructor(
		readonly code: AirErrorCode,
		readonly facts: AirErrorFacts = {},
	) {
		super(titleOf(code, facts));
	}

	get kind(): AirErrorKind {
		return this.facts.kind ?? errorCatalogue[this.code].kind;
	}

	/** True when the same call may succeed later without anybody changing anything. */
	get retryable(): boolean {
		return errorCatalogue[this.code].retryable;
	}

	get httpStatus(): number | undefined {
		return this.facts.httpStatus;
	}

	get airMessage(): string | undefined {
		return this.facts.airMessage;
	}

	get retryAfterMs(): number | undefined {
		return this.facts.retryAfterMs;
	}

	/** What to do next, in plain words: circumstances first, then the catalogue's advice. */
	get advice(): string {
		const { advice, kind } = errorCatalogue[this.code];
		const { note } = this.facts;
		// "Nothing was sent" and "try again" are true only of the last attempt, but would be read as true
		// of all.
		const ofLastAttempt =
			this.kind === 'outcome-unknown' && kind !== 'outcome-unknown' && kind !== 'refused';
		if (ofLastAttempt) return note ?? LOOK_FIRST;
		return note === undefined ? advice : `${note} ${advice}`;
	}

	/** The same error with further circumstances. */
	with(facts: AirErrorFacts): AirError {
		return new AirError(this.code, { ...this.facts, ...facts });
	}

	/** Advice and AIR's own words together, to be shown under the title. */
	get description(): string {
		if (this.airMessage === undefined) return this.advice;
		const whose = this.facts.notAirs === true ? 'The answer was' : "AIR's own words";
		return `${whose}: “${this.airMessage}”. ${this.advice}`;
	}
}
