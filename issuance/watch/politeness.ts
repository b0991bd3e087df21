/** AIR wants fewer requests and does not say for how long. */
const DEFAULT_PAUSE_MS = 60_000;

/** Until when AIR wants to be left alone, by scope; on the clock of the process, which never jumps. */
const until = new Map<string, number>();

/** Obeys a `Retry-After`: no trigger of this process asks for statuses of the scope meanwhile. */
export function leaveAlone(scope: string, retryAfterMs: number | undefined): void {
	const end = performance.now() + (retryAfterMs ?? DEFAULT_PAUSE_MS);
	until.set(scope, Math.max(until.get(scope) ?? 0, end));
}

/** @returns for how long AIR is still to be left alone, in milliseconds; 0 if it is not */
export function leftAloneMs(scope: string): number {
	return Math.max(0, (until.get(scope) ?? 0) - performance.now());
}

/** For tests. */
export function forgetPauses(): void {
	until.clear();
}
