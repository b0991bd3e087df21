import { DEFAULT_REQUEST_TIMEOUT_MS, type AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { pause, pollDelayMs } from '../../air/pacing/backoff';
import type { Share } from '../../air/pacing/Permit';
import { NO_REPEAT } from '../../air/pacing/repeat';
import { isFinal } from '../../air/answers/status';
import { askOnce, type IssuanceStatus } from './getStatus';

export const LONGEST_WAIT_SECONDS = 15 * 60;
export const DEFAULT_WAIT_SECONDS = 120;

/** For this long "no such hash" means "not visible yet": a fresh hash may take some seconds to appear. */
const NOT_VISIBLE_YET_MS = 15_000;

/** The last question, asked at the deadline, still gets this long for its answer. */
const SHORTEST_ASK_MS = 2_000;

export interface WaitSettings {
	/** How long to wait at most, in milliseconds. */
	readonly timeoutMs: number;
	/** Ask at once instead of after the first second. */
	readonly askAtOnce?: boolean | undefined;
	/** The run that waits. */
	readonly share?: Share | undefined;
	readonly signal?: AbortSignal | undefined;
	readonly requestTimeoutMs?: number | undefined;
	/** Milliseconds that only grow, whatever is done to the clock of the machine; for tests. */
	readonly now?: () => number;
	readonly pause?: typeof pause;
}

/** How a wait ended. Running out of time is a result, not a failure. */
export interface WaitResult {
	/** What AIR said last; undefined if it never said anything that could be read. */
	readonly status: IssuanceStatus | undefined;
	/** Why the last attempt to ask gave nothing; undefined if it did. */
	readonly lastError: AirError | undefined;
	/** Whole milliseconds. */
	readonly waitedMs: number;
}

const monotonic = () => performance.now();

/** A failure that may pass; every other one ends the wait. */
const passes = (error: AirError, waitedMs: number) =>
	error.retryable || (error.code === 'AIR_HASH_NOT_FOUND' && waitedMs < NOT_VISIBLE_YET_MS);

/**
 * Waits until an issuance is confirmed on-chain, has become unusable, or time runs out. Asks as AIR
 * wants to be asked: after 1 s, doubling, at most every 30 s, or as late as its
 * `Retry-After` says.
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
		// Asked at least once, there is nothing to learn in no time, or before AIR wants to be asked.
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
				// Waiting is repeating already, and only here the deadline is known.
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
