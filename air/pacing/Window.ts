/** The limit at the start, and the lowest one, since a stall may look like a queue. */
const FIRST = 10;
const FEWEST = 4;
/** The highest limit, which is also the number of connections to one origin. */
export const MOST_IN_FLIGHT = 100;

/** A higher limit is kept if answers per second rise by at least this share of what it promises. */
const PROMISE = 0.85;
/** The same after doubling, which is judged by a single round. */
const PROMISE_OF_DOUBLING = 0.6;
/** If answers take this many times as long as before, requests are queueing at AIR. */
const CROWDED = 1.4;
/** The queue at AIR is kept this long, relative to what AIR works on, so that AIR is never idle. */
const SLACK = 1.1;
/** A lower limit has helped if answers take less than this share of the earlier time. */
const SOONER = 0.93;
/** The factor by which a higher limit is tried from time to time: AIR may handle more by then. */
const STEP = 1.3;
/** Round trips before a higher limit is tried again. */
const REST = 10;
/** Round trips before a change is judged, and before slow answers no longer count as a stall. */
const LOOK_AGAIN = 3;
/** The fewest answers that a round is judged by. */
const ENOUGH = 16;
/** The number of rounds that the mean time of an answer is smoothed over. */
const SMOOTH = 4;
/** A round is ignored if this process was busy for more than this share of it. */
const BUSY = 0.8;

/** If answers take longer than this, nothing begins ahead: it would wait for its place for too long. */
const QUICK_MS = 2_000;

/** After this long without work, what was learned about AIR may no longer hold. */
const IDLE_MS = 60_000;
/** This many unknown outcomes in a row mean that AIR is down. */
const IN_VAIN = 5;

/** As many answers as the limit: about one round trip. */
interface Round {
	readonly began: number;
	readonly busyMs: number;
	/** How long each request of this round took, in milliseconds. */
	readonly took: number[];
	/** Whether the limit was reached. */
	full: boolean;
}

/** The state before the limit was raised. */
interface Raised {
	readonly from: number;
	/** Answers per millisecond. */
	readonly rate: number;
}

/** The state before the limit was lowered. */
interface Lowered {
	readonly from: number;
	readonly meanMs: number;
}

/**
 * How many requests of one kind may be under way at once. AIR does not say how many it works on, so the
 * limit is learned from how long answers take. It doubles with each round trip as long as answers per second
 * rise accordingly. Then it stays near the number that AIR works on, falls when requests start to queue
 * there, and is raised a little from time to time. All times are milliseconds of the caller's clock.
 *
 * @example
 * ```ts
 * const window = new Window();
 * if (inFlight < window.size) {
 *   window.granted(now, busyMs, inFlight + 1 >= window.size);
 *   // …
 *   window.answered(sentAt, now, busyMs);
 * }
 * ```
 */
export class Window {
	private limit = FIRST;
	private doubling = true;
	/** Set until it is known whether AIR handles the raised limit. */
	private raised: Raised | undefined;
	/** How long an answer takes when no request queues at AIR, in milliseconds. */
	private unhindered: number | undefined;
	/** Set until the effect of lowering the limit is known. */
	private lowered: Lowered | undefined;
	/** How long answers of the last round took, in milliseconds. */
	private meanMs = 0;
	/** The same, smoothed over the rounds since the limit changed, since one round may be an exception. */
	private steadyMs = 0;
	private rounds = 0;
	/** How many rounds in a row had slow answers. */
	private crowded = 0;
	/** How many rounds to wait before the limit is judged. */
	private rest = 0;
	private round: Round | undefined;
	private lastAt = Number.NEGATIVE_INFINITY;
	private inVain = 0;

	/** Several outcomes in a row are unknown: one request at a time checks whether AIR is back. */
	get isTrying(): boolean {
		return this.inVain >= IN_VAIN;
	}

	/** Whether a place becomes free soon, as far as is known. */
	get isQuick(): boolean {
		return !this.isTrying && this.meanMs < QUICK_MS;
	}

	/** How many requests may be under way at once. */
	get size(): number {
		return this.isTrying ? 1 : this.limit;
	}

	/**
	 * A request is about to be sent.
	 *
	 * @param busyMs - how long this process has been busy since it started
	 * @param full - whether the limit is reached with this request
	 */
	granted(now: number, busyMs: number, full: boolean): void {
		if (now - this.lastAt > IDLE_MS) this.restart();
		this.lastAt = now;
		this.round ??= { began: now, busyMs, took: [], full: false };
		this.round.full ||= full;
	}

	/**
	 * AIR answered a request.
	 *
	 * @param sentAt - undefined if its time means nothing: AIR did something else, or a fixed limit applied
	 */
	answered(sentAt: number | undefined, now: number, busyMs: number): void {
		if (this.isTrying) this.restart();
		this.inVain = 0;
		this.lastAt = now;
		const { round } = this;
		if (round === undefined || sentAt === undefined || sentAt < round.began) return;
		round.took.push(now - sentAt);
		const enough = this.doubling ? this.limit : Math.max(this.limit, ENOUGH);
		if (round.took.length < enough) return;
		this.round = undefined;
		this.meanMs = round.took.reduce((sum, ms) => sum + ms, 0) / round.took.length;
		this.rounds++;
		this.steadyMs += (this.meanMs - this.steadyMs) / Math.min(this.rounds, SMOOTH);
		// If the limit was not reached, the round does not show whether AIR would have handled it.
		if (!round.full) this.raised = undefined;
		// While this process is busy, the measured time is its own and not AIR's.
		else if (busyMs - round.busyMs < BUSY * (now - round.began)) this.learn();
	}

	/** AIR refused a request because there were too many: that is about the rate, and the limit is high enough. */
	refused(now: number): void {
		this.lastAt = now;
		this.inVain = 0;
		this.set(this.limit, REST);
	}

	/** A request ended, and nobody knows what AIR did with it. */
	unknown(now: number): void {
		this.lastAt = now;
		this.inVain++;
	}

	private restart(): void {
		this.set(Math.max(FIRST, Math.floor(this.limit / 2)), 0);
		this.doubling = true;
		this.unhindered = undefined;
	}

	private set(limit: number, rest: number): void {
		this.limit = Math.max(limit, FEWEST);
		this.rest = rest;
		this.crowded = 0;
		this.doubling = false;
		this.raised = undefined;
		this.round = undefined;
		this.rounds = 0;
		this.lowered = undefined;
	}

	private learn(): void {
		if (!this.doubling) this.rest--;
		const isTime = this.doubling || this.rest <= 0;
		if (this.lowered !== undefined) {
			if (isTime) this.lookBack(this.lowered);
			return;
		}
		if (this.raised !== undefined) {
			// The effect of a small step shows only after a while.
			if (!isTime || !this.isTaken(this.raised)) return;
		}
		if (this.isCrowded()) return;
		if (isTime) this.raise(this.doubling ? 2 : STEP);
	}

	/** Whether AIR handles the raised limit; if not, the limit is lowered to what AIR handles. */
	private isTaken({ from, rate }: Raised): boolean {
		const { limit } = this;
		this.raised = undefined;
		const rose = limit / Math.max(this.steadyMs, 1) / rate;
		const promise = this.doubling ? PROMISE_OF_DOUBLING : PROMISE;
		if (rose >= 1 + promise * (limit / from - 1)) return true;
		const taken = this.doubling ? Math.ceil(from * Math.max(rose, 1)) : from;
		this.set(Math.min(taken, limit), REST);
		return false;
	}

	/** Whether requests queue at AIR; if so, the limit is lowered. */
	private isCrowded(): boolean {
		const { limit, meanMs, steadyMs, rounds } = this;
		const { unhindered = meanMs } = this;
		// A single round is trusted only while the limit is still doubling.
		const isSteady = this.doubling || rounds >= LOOK_AGAIN;
		this.unhindered = isSteady ? Math.min(unhindered, steadyMs) : unhindered;
		this.crowded = meanMs > CROWDED * this.unhindered ? this.crowded + 1 : 0;
		if (this.crowded < LOOK_AGAIN) return false;
		const lowered = { from: limit, meanMs };
		const fitting = Math.floor((limit * SLACK * this.unhindered) / meanMs);
		// Perhaps nothing queues and AIR itself is slower; half the limit is enough to tell.
		this.set(Math.max(fitting, Math.ceil(limit / 2)), LOOK_AGAIN);
		this.lowered = lowered;
		return true;
	}

	/** If fewer requests are not answered sooner, AIR itself is slower, and nothing queues there. */
	private lookBack({ from, meanMs }: Lowered): void {
		this.lowered = undefined;
		if (this.steadyMs < SOONER * meanMs) {
			// A queue that is still there lowers the limit at once; else it may have been a stall, and it rises again.
			this.crowded = LOOK_AGAIN;
			this.rest = 0;
			return;
		}
		this.unhindered = meanMs;
		this.set(from, 0);
		// The limit is learned from the start, since it was learned when AIR was faster.
		this.doubling = true;
	}

	private raise(by: number): void {
		const more = Math.min(Math.ceil(this.limit * by), MOST_IN_FLIGHT);
		this.rest = more === this.limit ? REST : LOOK_AGAIN;
		if (more === this.limit) return;
		this.raised = { from: this.limit, rate: this.limit / Math.max(this.steadyMs, 1) };
		this.limit = more;
		this.rounds = 0;
	}
}
