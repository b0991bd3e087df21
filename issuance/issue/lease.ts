import { DEFAULT_REQUEST_TIMEOUT_MS } from '../../air/AirClient';
import { DEFAULT_REPEAT_LIMITS } from '../../air/pacing/repeat';

/** Connecting, reading the answer after a cancel, writing it down: nothing of it takes this long. */
const MARGIN_MS = 30_000;

/**
 * How long an attempt is believed to be under way: the last of its repeats may begin at the end of
 * the time for repeats and then take its whole timeout. A lease that ends earlier would let a second
 * attempt start beside the first.
 *
 * @param timeoutMs - of one request
 * @returns milliseconds
 */
export function leaseMsFor(timeoutMs: number = DEFAULT_REQUEST_TIMEOUT_MS): number {
	return DEFAULT_REPEAT_LIMITS.withinMs + timeoutMs + MARGIN_MS;
}
