import { setImmediate as nextTurn } from 'node:timers/promises';
import { HostLimiter } from '../../../../air/pacing/HostLimiter';
import type { Permit } from '../../../../air/pacing/Permit';
import type { LimiterClock } from '../../../../air/pacing/limiterClock';

/** As on a real machine: time passes while the limiter looks, and a timer may fire a fraction early. */
class MovingClock implements LimiterClock {
	private time = 0;
	private timer: { readonly at: number; readonly callback: () => void } | undefined;

	constructor(
		private readonly earlyMs: number,
		private readonly stepMs: number,
	) {}

	readonly now = (): number => (this.time += this.stepMs);
	readonly busyMs = (): number => 0;
	readonly after = (ms: number, callback: () => void): (() => void) => {
		const timer = { at: this.time + Math.ceil(ms), callback };
		this.timer = timer;
		return () => {
			if (this.timer === timer) this.timer = undefined;
		};
	};

	/** @returns false if nobody waits for a timer */
	fire(): boolean {
		const { timer } = this;
		if (timer === undefined) return false;
		this.timer = undefined;
		this.time = Math.max(this.time, timer.at - this.earlyMs);
		timer.callback();
		return true;
	}
}

const STEPS = [0.0005, 0.003, 0.02, 0.1];
/** Up to nine tenths of the shortest timer. */
const EARLY = Array.from({ length: 1_800 }, (_, index) => index / 2_000);

test.each(STEPS)(
	'a timer fires early, and the clock moves on by %d ms at each look: nobody waits forever',
	async (stepMs) => {
		const forgotten: number[] = [];
		for (const earlyMs of EARLY) {
			const clock = new MovingClock(earlyMs, stepMs);
			const limiter = new HostLimiter(clock, () => 0.37);
			const first = await limiter.permit();
			first.use();
			first.refused('too-many', 1_000);
			const granted: Permit[] = [];
			void limiter.permit().then((permit) => granted.push(permit));
			await nextTurn();
			for (let fired = 0; fired < 20 && clock.fire(); fired++) await nextTurn();
			if (granted.length === 0) forgotten.push(earlyMs);
		}
		expect(forgotten).toEqual([]);
	},
);
