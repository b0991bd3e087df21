/** The clock of a limiter; replaced in tests. */
export interface LimiterClock {
	/** Monotonic, in milliseconds. */
	readonly now: () => number;
	/** How many milliseconds of processor time this process has used so far, at least. */
	readonly busyMs: () => number;
	/** Calls back once, not before `ms` milliseconds have passed. @returns calls it off */
	readonly after: (ms: number, callback: () => void) => () => void;
}

/** Node counts whole milliseconds, and a timer may fire a fraction early. */
export const systemClock: LimiterClock = {
	now: () => performance.now(),
	busyMs: () => performance.eventLoopUtilization().active,
	after: (ms, callback) => {
		const timer = setTimeout(callback, Math.min(Math.ceil(ms), 2 ** 31 - 1));
		return () => {
			clearTimeout(timer);
		};
	},
};
