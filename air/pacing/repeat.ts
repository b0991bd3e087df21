import { AirError } from '../../errors/AirError';
import { pause, repeatDelayMs } from './backoff';
import type { HostLimiter } from './HostLimiter';
import type { Permit, Wanted } from './Permit';

/** How often and how long a call is repeated. */
export interface RepeatLimits {
	/** Attempts in all, the first included. */
	readonly attempts: number;
	/** No attempt begins later than this after the first, in milliseconds. */
	readonly withinMs: number;
}

export const DEFAULT_REPEAT_LIMITS: RepeatLimits = { attempts: 4, withinMs: 60_000 };
export const NO_REPEAT: RepeatLimits = { attempts: 1, withinMs: 0 };

/** An attempt waits this long for its turn even if it may not be repeated. */
export const SHORTEST_QUEUE_MS = 10_000;

/**
 * What was begun before it had a place is sent within this time or not at all: afterwards others no
 * longer count on it.
 */
export const LONGEST_AHEAD_MS = 10_000;

export interface RepeatOptions {
	/** The limiter of the host; asked before each attempt. */
	readonly limiter: () => HostLimiter;
	/**
	 * What the permit is for; a first attempt that begins something may get its permit before a place is
	 * free.
	 */
	readonly wanted?: Wanted | undefined;
	readonly limits: RepeatLimits;
	/**
	 * Whether an attempt with an unknown outcome may be sent again: always for reading; for issuing, as
	 * {@link repeatsUnknown} says.
	 */
	readonly repeatUnknown: boolean;
	/** The call changes nothing at AIR, so it does not matter what an earlier attempt may have done. */
	readonly reading?: boolean | undefined;
	/**
	 * Waits for the permit of the first attempt for as long as it takes, and begins another series if AIR
	 * asks to wait for longer than one series may.
	 */
	readonly patient?: boolean | undefined;
	/**
	 * How long after its start a series may wait for permits, in milliseconds; by default as long as it
	 * may repeat, but at least 10 s.
	 */
	readonly queueMs?: number | undefined;
	/** Aborted when nothing more may be sent. */
	readonly stopped?: AbortSignal | undefined;
	/** A monotonic clock, in milliseconds; for tests. */
	readonly now?: () => number;
	readonly random?: () => number;
	/** Called before each wait. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
}

/**
 * The one rule for an attempt to issue with an unknown outcome, for repeats within a call and in later
 * calls: it is sent again if a repeat keeps what the first attempt may have issued, or if the user
 * asked for it.
 *
 * @param sendAgainWhenUnknown - the option of the node
 * @example
 * ```ts
 * repeatsUnknown('revoke', false); // false
 * ```
 */
export const repeatsUnknown = (
	onDuplicate: 'ignore' | 'revoke',
	sendAgainWhenUnknown: boolean,
): boolean => onDuplicate === 'ignore' || sendAgainWhenUnknown;

const monotonic = () => performance.now();

/** A series of attempts, and the one place that decides whether another attempt follows. */
export class Series {
	/** How many repeats were decided on. */
	repeats = 0;
	private readonly began: number;
	private readonly now: () => number;
	private unknownSeen = false;

	constructor(private readonly options: RepeatOptions) {
		this.now = options.now ?? monotonic;
		this.began = this.now();
	}

	/** How long the next attempt may wait for a permit. */
	get queueMs(): number {
		const { queueMs, limits } = this.options;
		const most = queueMs ?? Math.max(limits.withinMs, SHORTEST_QUEUE_MS);
		return Math.max(0, this.began + most - this.now());
	}

	/**
	 * Decides what follows a failed attempt.
	 *
	 * @returns the error to end with, and how long to wait, in milliseconds, if another attempt may follow
	 */
	after(error: AirError): { readonly final: AirError; readonly delayMs?: number } {
		const { limits, repeatUnknown, random = Math.random } = this.options;
		const final = this.ended(error);
		const mayRepeat =
			error.retryable &&
			(error.kind === 'not-sent' || (error.kind === 'outcome-unknown' && repeatUnknown));
		const failures = this.repeats + 1;
		if (!mayRepeat || failures >= limits.attempts) return { final };
		const delayMs = Math.max(repeatDelayMs(failures, random()), error.retryAfterMs ?? 0);
		if (this.now() - this.began + delayMs > limits.withinMs) {
			return {
				final: error.retryAfterMs === undefined ? final : final.with({ waitTooLong: true }),
			};
		}
		this.repeats++;
		return { final, delayMs };
	}

	/**
	 * The error that ends the series: once one outcome is unknown, the outcome of the series is, unless
	 * it only reads.
	 */
	ended(error: AirError): AirError {
		this.unknownSeen ||= error.kind === 'outcome-unknown';
		if (!this.unknownSeen || this.options.reading === true) return error;
		if (error.kind === 'outcome-unknown') return error;
		return error.with({
			kind: 'outcome-unknown',
			note: 'An earlier attempt of this call ended without a known outcome.',
		});
	}
}

/** Sends attempts of one series. */
export interface Sending<T> {
	/** Sends once; must throw an {@link AirError} for a failure that may be repeated. */
	readonly send: (permit: Permit, series: Series) => Promise<T>;
	/** No further attempt follows in this series. @returns the error to throw */
	readonly failed?: (error: unknown, series: Series) => Promise<unknown>;
}

/** What to send, or why nothing is sent; `again` asks for another call with a new permit. */
export type Begun<T> = Sending<T> | { readonly result: T } | 'again';

/** How often AIR may ask to wait for longer than one series of attempts lasts. */
const COMEBACKS = 2;

/** @returns how long ago something was begun, by the clock that says more, since either may stand still */
function ageFrom(now = monotonic): () => number {
	const [wall, began] = [Date.now(), now()];
	return () => Math.max(Date.now() - wall, now() - began);
}

const isToComeBackTo = (error: unknown): error is AirError =>
	error instanceof AirError && error.kind === 'not-sent' && error.facts.waitTooLong === true;

/**
 * Sends, and repeats where that is safe: each attempt has a permit, waits between them are exponential
 * with jitter and honour `Retry-After`, and their number and time are bounded.
 *
 * @param begin - begins a series, with the permit for its first attempt; if the call is patient, what
 *   it throws is not repeated
 * @throws AirError `AIR_CANCELLED` when stopped while waiting; else the last error, of kind
 *   `outcome-unknown` if any attempt's outcome is unknown, unless the call only reads
 * @example
 * ```ts
 * const limiter = () => limiterFor(baseUrl);
 * await repeating(() => ({ send }), { limiter, limits: DEFAULT_REPEAT_LIMITS, repeatUnknown: false });
 * ```
 */
export async function repeating<T>(
	begin: (permit: Permit) => Begun<T> | Promise<Begun<T>>,
	options: RepeatOptions,
): Promise<T> {
	const { limiter, wanted, patient = false, stopped: signal, onRepeat } = options;
	let series = patient ? undefined : new Series(options);
	let sending: Sending<T> | undefined;
	for (let comebacks = 0; ;) {
		// The wait comes first, so that whatever is begun, and leased, is sent soon.
		let permit = series === undefined ? await limiter().permit({ ...wanted, signal }) : undefined;
		try {
			permit ??= await limiter().permit({
				...wanted,
				ahead: false,
				signal,
				withinMs: series?.queueMs,
			});
			if (sending === undefined) {
				const begun = await begin(permit);
				const age = ageFrom(options.now);
				if (begun === 'again') continue;
				if ('result' in begun) return begun.result;
				sending = begun;
				series ??= new Series(options);
				await permit.place(signal);
				if (age() > LONGEST_AHEAD_MS) {
					await sending.failed?.(new AirError('AIR_RATE_LIMITED', { waitTooLong: true }), series);
					sending = undefined;
					series = undefined;
					continue;
				}
			}
			series ??= new Series(options);
			return await sending.send(permit, series);
		} catch (error) {
			let final: unknown = error;
			if (series !== undefined) {
				if (error instanceof AirError) {
					const next = series.after(error);
					if (next.delayMs !== undefined) {
						onRepeat?.(error, next.delayMs);
						if (await pause(next.delayMs, signal)) continue;
					}
					({ final } = next);
				}
				if (sending?.failed !== undefined) final = await sending.failed(final, series);
			}
			if (!patient || !isToComeBackTo(final) || comebacks++ >= COMEBACKS) throw final;
			onRepeat?.(final, final.retryAfterMs ?? 0);
			series = undefined;
			sending = undefined;
		} finally {
			permit?.giveBack();
		}
	}
}
