import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LimiterClock } from '../../air/pacing/limiterClock';

/** A clock that stands still while anything is being done, and jumps to what comes next. */
export class VirtualTime implements LimiterClock {
	private time = 0;
	private readonly calls = new Set<{ readonly at: number; readonly callback: () => void }>();

	readonly now = (): number => this.time;

	/** Nothing here takes the process any time. */
	readonly busyMs = (): number => 0;

	readonly after = (ms: number, callback: () => void): (() => void) => {
		const call = { at: this.time + Math.max(0, ms), callback };
		this.calls.add(call);
		return () => {
			this.calls.delete(call);
		};
	};

	readonly sleep = async (ms: number): Promise<void> => {
		await new Promise<void>((resolve) => this.after(ms, resolve));
	};

	/** Lets time pass until nothing is left to come, or until a point in time. */
	async run(until = Number.POSITIVE_INFINITY): Promise<void> {
		for (;;) {
			await nextTurn();
			const next = [...this.calls].reduce<{ at: number; callback: () => void } | undefined>(
				(first, call) => (first === undefined || call.at < first.at ? call : first),
				undefined,
			);
			if (next === undefined || next.at > until) break;
			this.calls.delete(next);
			this.time = next.at;
			next.callback();
		}
		if (Number.isFinite(until)) this.time = Math.max(this.time, until);
	}
}
