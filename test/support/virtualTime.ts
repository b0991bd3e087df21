import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LimiterClock } from '../../air/pacing/limiterClock';

interface Call {
	readonly at: number;
	readonly callback: () => void;
	cancelled: boolean;
}

/** A clock that stands still during work, and jumps to the next timer. */
export class VirtualTime implements LimiterClock {
	private time = 0;
	/** The next timer is last; of those at the same time, the one that was set first. */
	private readonly calls: Call[] = [];

	readonly now = (): number => this.time;

	/** Nothing here costs real time. */
	readonly busyMs = (): number => 0;

	readonly after = (ms: number, callback: () => void): (() => void) => {
		const call = { at: this.time + Math.max(0, ms), callback, cancelled: false };
		this.calls.splice(this.placeOf(call.at), 0, call);
		return () => {
			call.cancelled = true;
		};
	};

	readonly sleep = async (ms: number): Promise<void> => {
		await new Promise<void>((resolve) => this.after(ms, resolve));
	};

	/** Lets time pass until no timer is left, or until a point in time. */
	async run(until = Number.POSITIVE_INFINITY): Promise<void> {
		for (;;) {
			await nextTurn();
			while (this.calls.at(-1)?.cancelled === true) this.calls.pop();
			const next = this.calls.at(-1);
			if (next === undefined || next.at > until) break;
			this.calls.pop();
			this.time = next.at;
			next.callback();
		}
		if (Number.isFinite(until)) this.time = Math.max(this.time, until);
	}

	/** Inserted before all timers that come sooner, and before those at the same time. */
	private placeOf(at: number): number {
		let [from, to] = [0, this.calls.length];
		while (from < to) {
			const middle = (from + to) >> 1;
			if ((this.calls[middle]?.at ?? 0) > at) from = middle + 1;
			else to = middle;
		}
		return from;
	}
}
