import { AirError } from '../../errors/AirError';
import { pause, repeatDelayMs } from './backoff';

/** How often and how long a call is repeated. */
export interface RepeatLimits {
	/** Attempts in all, the first included. */
	readonly attempts: number;
	/** No attempt begins later than this after the first, in milliseconds. */
	readonly withinMs: number;
}

export const DEFAULT_REPEAT_LIMITS: RepeatLimits = { attempts: 4, withinMs: 60_000 };
export const NO_REPEAT: RepeatLimits = { attempts: 1, withinMs: 0 };

export interface RepeatOptions {
	readonly limits: RepeatLimits;
	/**
	 * Whether an attempt whose outcome is unknown may be sent again: always for reading; for issuing
	 * under Keep Existing, or where the user switched it on.
	 */
	readonly repeatUnknown: boolean;
	/** The call changes nothing at AIR: what an earlier attempt may have done is of no concern. */
	readonly reading?: boolean | undefined;
	readonly signal?: AbortSignal | undefined;
	/** Milliseconds that only grow, whatever is done to the clock of the machine; for tests. */
	readonly now?: () => number;
	readonly random?: () => number;
	/** Told before each wait. */
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
}

/**
 * The one rule about an attempt to issue whose outcome is unknown, for repeats within a call, for the
 * ledger and without one: it is sent again where a repeat keeps what the first attempt may have issued,
 * or where the user asked for it.
 *
 * @param sendAgainWhenUnknown - the option of the node
 * @example
 * ```ts
 * repeatsUnknown('revoke'); // false
 * ```
 */
export const repeatsUnknown = (
	onDuplicate: 'ignore' | 'revoke',
	sendAgainWhenUnknown: boolean | undefined,
): boolean => onDuplicate === 'ignore' || sendAgainWhenUnknown === true;

/** The one place that says what may be sent again. */
function mayRepeat(error: AirError, repeatUnknown: boolean): boolean {
	if (!error.retryable) return false;
	return error.kind === 'not-sent' || (error.kind === 'outcome-unknown' && repeatUnknown);
}

const monotonic = () => performance.now();

/** Once one attempt's outcome is unknown, the whole call's is, however the later ones ended. */
function afterUnknown(last: AirError): AirError {
	if (last.kind === 'outcome-unknown') return last;
	return last.with({
		kind: 'outcome-unknown',
		note: 'An earlier attempt of this call ended without a known outcome.',
	});
}

/**
 * Runs a call, and again where that is safe: exponential waits with jitter, `Retry-After` honoured,
 * bounded in number and in time.
 *
 * @param attempt - the call; must throw {@link AirError} for what may be repeated
 * @throws the last error; of kind `outcome-unknown` if any attempt's outcome is unknown, unless the
 *   call only reads
 * @example
 * ```ts
 * await repeating(() => send(request), { limits: DEFAULT_REPEAT_LIMITS, repeatUnknown: false });
 * ```
 */
export async function repeating<T>(attempt: () => Promise<T>, options: RepeatOptions): Promise<T> {
	const { limits, repeatUnknown, signal, now = monotonic, random = Math.random } = options;
	const begin = now();
	let unknownSeen = false;
	for (let failures = 1; ; failures++) {
		try {
			return await attempt();
		} catch (error) {
			if (!(error instanceof AirError)) throw error;
			unknownSeen ||= error.kind === 'outcome-unknown';
			const final = unknownSeen && options.reading !== true ? afterUnknown(error) : error;
			const delay = Math.max(repeatDelayMs(failures, random()), error.retryAfterMs ?? 0);
			const inTime = now() - begin + delay <= limits.withinMs;
			if (!mayRepeat(error, repeatUnknown) || failures >= limits.attempts) throw final;
			if (!inTime) {
				throw error.retryAfterMs === undefined ? final : final.with({ waitTooLong: true });
			}
			options.onRepeat?.(error, delay);
			if (!(await pause(delay, signal))) throw final;
		}
	}
}
