import { DEFAULT_REQUEST_TIMEOUT_MS, type AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { pause, pollDelayMs } from '../../air/pacing/backoff';
import type { Share } from '../../air/pacing/Permit';
import { NO_REPEAT } from '../../air/pacing/repeat';
import { isFinal } from '../../air/answers/status';
import { askOnce, type IssuanceStatus } from './getStatus';

export const LONGEST_WAIT_SECONDS = 15 * 60;
export const DEFAULT_WAIT_SECONDS = 120;

/** During this time "no such hash" means "not visible yet": a new hash may take some seconds to appear. */
const NOT_VISIBLE_YET_MS = 15_000;

/** The last question, asked at the deadline, still gets this long for its answer. */
const SHORTEST_ASK_MS = 2_000;

export interface WaitSettings {
	/** The longest wait, in milliseconds. */
	readonly timeoutMs: number;
	/** Ask at once instead of after the first second. */
	readonly askAtOnce?: boolean | undefined;
	/** The run that this belongs to. */
	readonly share?: Share | undefined;
	readonly signal?: AbortSignal | undefined;
	readonly requestTimeoutMs?: number | undefined;
	/** A monotonic clock, in milliseconds; for tests. */
	readonly now?: () => number;
	readonly pause?: typeof pause;
}

/** How a wait ended. Running out of time is a result, not a failure. */
export interface WaitResult {
	/** AIR's last answer; undefined if there was none that could be read. */
	readonly status: IssuanceStatus | undefined;
	/** Why the last question failed; undefined if it succeeded. */
	readonly lastError: AirError | undefined;
	/** Whole milliseconds. */
	readonly waitedMs: number;
}

const monotonic = () => performance.now();

/** A temporary failure; every other one ends the wait. */
const passes = (error: AirError, waitedMs: number) =>
	error.retryable || (error.code === 'AIR_HASH_NOT_FOUND' && waitedMs < NOT_VISIBLE_YET_MS);

/**
 * Waits until an issuance is confirmed on-chain, has become unusable, or time runs out. Asks at AIR's
 * own polling interval: after 1 s, doubling, at most every 30 s, or when its `Retry-After` says.
 *
 * Never throws for what AIR answers: a caller who has just issued must not lose the issuance because
 * asking failed. The caller decides what `lastError` means.
 *
 * @example
 * ```ts
 * const { status } = await waitUntilOnChain(client, email, hash, { timeoutMs: 120_000 });
 * status?.onChain; // true
 * ```
 */
export async function waitUntilOnChain(
	client: AirClient,
	recipient: string,
	coreClaimHash: string,
	settings: WaitSettings,
): Promise<WaitResult> {
	const { timeoutMs, signal, share, now = monotonic, pause: wait = pause } = settings;
	const begin = now();
	const deadline = begin + timeoutMs;
	let status: IssuanceStatus | undefined;
	let lastError: AirError | undefined;

	for (let poll = settings.askAtOnce === true ? -1 : 0; signal?.aborted !== true; poll++) {
		const left = deadline - now();
		const asked = status !== undefined || lastError !== undefined;
		const wish = lastError?.retryAfterMs ?? 0;
		// Once AIR was asked, there is no use in asking with no time left, or before AIR allows it.
		if (asked && (left < 1 || wish > left)) break;
		const rhythm = poll < 0 ? 0 : pollDelayMs(poll);
		const delay = Math.min(Math.max(rhythm, wish), Math.max(left, 0));
		if (delay > 0 && !(await wait(delay, signal))) break;
		try {
			status = await askOnce(client, recipient, coreClaimHash, {
				signal,
				share,
				timeoutMs: Math.min(
					settings.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS,
					Math.max(deadline - now(), SHORTEST_ASK_MS),
				),
				// No repeats within a call: this loop repeats anyway, and only it knows the deadline.
				repeat: NO_REPEAT,
				queueMs: Math.max(deadline - now(), SHORTEST_ASK_MS),
			});
			lastError = undefined;
			if (isFinal(status.state)) break;
		} catch (error) {
			if (!(error instanceof AirError)) throw error;
			lastError = error;
			if (!passes(error, now() - begin)) break;
		}
	}
	return { status, lastError, waitedMs: Math.round(now() - begin) };
}
