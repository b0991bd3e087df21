import { setTimeout as sleep } from 'node:timers/promises';

/** AIR's own polling interval: 1 s at first, doubling, at most 30 s. */
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 30_000;

/** Repeats of a failed request: half a second at first, doubling, at most 8 s. */
const FIRST_REPEAT_MS = 500;
const LONGEST_REPEAT_MS = 8_000;

/**
 * How long to wait before asking for a status again.
 *
 * @param poll - 0 for the wait before the first poll
 * @returns milliseconds: 1000, 2000, 4000 … 30000
 */
export function pollDelayMs(poll: number): number {
	return Math.min(FIRST_POLL_MS * 2 ** Math.min(poll, 10), LONGEST_POLL_MS);
}

/**
 * How long to wait before repeating a failed request; jitter keeps many clients from coming back
 * at the same moment.
 *
 * @param failures - how many attempts have failed, from 1
 * @param random - a number from 0 to 1
 * @returns milliseconds, between half and the whole of 500, 1000, 2000 … 8000
 */
export function repeatDelayMs(failures: number, random: number): number {
	const full = Math.min(FIRST_REPEAT_MS * 2 ** Math.min(failures - 1, 10), LONGEST_REPEAT_MS);
	return full / 2 + (full / 2) * random;
}

/**
 * Waits, and returns at once when the signal is aborted.
 *
 * @param ms - milliseconds
 * @returns false if the signal cut it short
 */
export async function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
	try {
		// A timer counts whole milliseconds, and could fire a fraction early.
		await sleep(Math.ceil(ms), undefined, signal === undefined ? {} : { signal });
		return true;
	} catch (error) {
		if (signal?.aborted === true) return false;
		throw error;
	}
}

/** For watching many issuances over days: half a minute at first, doubling, at most an hour. */
const FIRST_WATCH_MS = 30_000;
const LONGEST_WATCH_MS = 60 * 60 * 1000;

/**
 * When a watched pending issuance is next asked about.
 *
 * @param checks - how often it was asked for already
 * @returns milliseconds: 30 s, 1 min, 2 min … 1 h
 */
export function watchDelayMs(checks: number): number {
	return Math.min(FIRST_WATCH_MS * 2 ** Math.min(checks, 10), LONGEST_WATCH_MS);
}

/** From this age on, a pending issuance is asked about less often. */
const SLOWER_AFTER_MS = 5 * 60 * 1000;
const LONGEST_RECHECK_MS = 10 * 60 * 1000;

/**
 * When a trigger next asks about a pending issuance: at AIR's own polling interval in the first five
 * minutes, then after a tenth of its age, at least every ten minutes. It never gives up.
 *
 * @param ageMs - how long it has been pending; below 0 if a clock was set back
 * @param checks - how often it was asked for already
 * @returns milliseconds
 */
export function recheckDelayMs(ageMs: number, checks: number): number {
	if (ageMs < SLOWER_AFTER_MS) return pollDelayMs(Math.max(checks, 0));
	return Math.min(Math.max(Math.round(ageMs / 10), LONGEST_POLL_MS), LONGEST_RECHECK_MS);
}
