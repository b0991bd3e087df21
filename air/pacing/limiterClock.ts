/** The time that a limiter goes by; another one in tests. */
export interface LimiterClock {
	/** Milliseconds that only grow. */
	readonly now: () => number;
	/** For how many milliseconds this process has computed since it began; until now, at least. */
	readonly busyMs: () => number;
	/** Calls back once, not before `ms` milliseconds have passed. @returns calls it off */
	readonly after: (ms: number, callback: () => void) => () => void;
}

/** Node counts whole milliseconds, and a timer may be a fraction early. */
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
