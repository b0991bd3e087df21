/** How many requests are under way at first, and how few at least, since a stall may look like a line … */
const FIRST = 10;
const FEWEST = 4;
/** … and at most, which is also how many connections are opened to one origin. */
export const MOST_IN_FLIGHT = 100;

/** Of what a larger number promises, this share has to come true: else AIR works on no more at once … */
const PROMISE = 0.85;
/** … and of what doubling promises this one, which one round is to tell. */
const PROMISE_OF_DOUBLING = 0.6;
/** Answers that take this much longer than they did say that requests wait in line at AIR … */
const CROWDED = 1.4;
/** … where only a few are to wait, so that AIR never has nothing to do. */
const SLACK = 1.1;
/** Fewer have helped if answers take less than this share of what they took. */
const SOONER = 0.93;
/** Now and then this many more are tried: AIR may take more by now. */
const STEP = 1.3;
/** How many round trips pass before more is tried again … */
const REST = 10;
/** … and so many before a change is judged, or an answer that takes long is believed to be no stall. */
const LOOK_AGAIN = 3;
/** Fewer answers say too little. */
const ENOUGH = 16;
/** What one round says counts by this part among those before. */
const SMOOTH = 4;
/** While this process computes for more than this share of a round, the round says nothing. */
const BUSY = 0.8;

/** Where answers take longer, what has begun would wait for its place for too long. */
const QUICK_MS = 2_000;

/** After that long without work AIR may be another one. */
const IDLE_MS = 60_000;
/** How many unknown outcomes in a row mean that AIR is down. */
const IN_VAIN = 5;

/** As many requests as are under way at once, one after the other: about one round trip. */
interface Round {
	readonly began: number;
	readonly busyMs: number;
	/** What the answers to requests of this round took, in milliseconds. */
	readonly took: number[];
	/** Whether more could have been sent. */
	full: boolean;
}

/** How it was before the number was raised. */
interface Raised {
	readonly from: number;
	/** Answers a millisecond. */
	readonly rate: number;
}

/** How it was before the number was lowered. */
interface Lowered {
	readonly from: number;
	readonly meanMs: number;
}

/**
 * How many requests of one kind may be under way at once, learned from how long the answers take: AIR does
 * not say how many it works on. The number doubles each round trip as long as twice as many bring about
 * twice as many answers a second; then it stays near what AIR works on, falls when requests begin to wait
 * in line there, and now and then a few more are tried. All times are milliseconds of the caller's clock.
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
	/** Before the number was raised last, while it is not known whether AIR takes that many. */
	private raised: Raised | undefined;
	/** What an answer took when none waited in line, in milliseconds. */
	private unhindered: number | undefined;
	/** Before the number was lowered last, until it is seen what that brought about. */
	private lowered: Lowered | undefined;
	/** Of the answers of the last round, in milliseconds … */
	private meanMs = 0;
	/** … and over all rounds since the number was changed, as one round may be a bad one. */
	private steadyMs = 0;
	private rounds = 0;
	/** How many rounds in a row had answers that took long. */
	private crowded = 0;
	/** How many rounds pass before the number is judged. */
	private rest = 0;
	private round: Round | undefined;
	private lastAt = Number.NEGATIVE_INFINITY;
	private inVain = 0;

	/** Several outcomes in a row are unknown: one request at a time tries whether AIR is back. */
	get isTrying(): boolean {
		return this.inVain >= IN_VAIN;
	}

	/** Whether a place is free soon, as far as is known. */
	get isQuick(): boolean {
		return !this.isTrying && this.meanMs < QUICK_MS;
	}

	/** How many may be under way at once. */
	get size(): number {
		return this.isTrying ? 1 : this.limit;
	}

	/**
	 * A request is about to be sent.
	 *
	 * @param busyMs - for how long this process has computed since it began
	 * @param full - no further one may be sent beside it
	 */
	granted(now: number, busyMs: number, full: boolean): void {
		if (now - this.lastAt > IDLE_MS) this.restart();
		this.lastAt = now;
		this.round ??= { began: now, busyMs, took: [], full: false };
		this.round.full ||= full;
	}

	/**
	 * AIR has worked on a request.
	 *
	 * @param sentAt - undefined where its time says nothing: AIR did something else, or this number did not count
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
		// How many AIR would have taken is not known where there were not as many.
		if (!round.full) this.raised = undefined;
		// What answers seem to take while this process computes is its own time.
		else if (busyMs - round.busyMs < BUSY * (now - round.began)) this.learn();
	}

	/** AIR refuses requests for their number: rates are another matter, and this number is large enough. */
	refused(now: number): void {
		this.lastAt = now;
		this.inVain = 0;
		this.set(this.limit, REST);
	}

	/** A request ended, and nobody knows what AIR has made of it. */
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
			// What a small step brings about shows only when it has lasted a while.
			if (!isTime || !this.isTaken(this.raised)) return;
		}
		if (this.isCrowded()) return;
		if (isTime) this.raise(this.doubling ? 2 : STEP);
	}

	/** Whether AIR takes what the number was raised to; if not, it is lowered to what AIR takes. */
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

	/** Whether requests wait in line at AIR; if so, the number is lowered. */
	private isCrowded(): boolean {
		const { limit, meanMs, steadyMs, rounds } = this;
		const { unhindered = meanMs } = this;
		// One round says little, except for those before the number was found.
		const isSteady = this.doubling || rounds >= LOOK_AGAIN;
		this.unhindered = isSteady ? Math.min(unhindered, steadyMs) : unhindered;
		this.crowded = meanMs > CROWDED * this.unhindered ? this.crowded + 1 : 0;
		if (this.crowded < LOOK_AGAIN) return false;
		const lowered = { from: limit, meanMs };
		const fitting = Math.floor((limit * SLACK * this.unhindered) / meanMs);
		// Perhaps there is no line, and AIR takes longer: that shows with half of them, too.
		this.set(Math.max(fitting, Math.ceil(limit / 2)), LOOK_AGAIN);
		this.lowered = lowered;
		return true;
	}

	/** Where fewer requests are answered no sooner, it is AIR that takes longer, and not the line. */
	private lookBack({ from, meanMs }: Lowered): void {
		this.lowered = undefined;
		if (this.steadyMs < SOONER * meanMs) {
			// Where the line is still there, there are fewer at once; else perhaps it was a stall, and more are tried.
			this.crowded = LOOK_AGAIN;
			this.rest = 0;
			return;
		}
		this.unhindered = meanMs;
		this.set(from, 0);
		// How many that AIR takes is to be found as at first: they were found for another one.
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
