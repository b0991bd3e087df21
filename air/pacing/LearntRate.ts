/** `too-many`: 429. `unavailable`: 503, which also says that AIR has more to do than it can. */
export type Refusal = 'too-many' | 'unavailable';

/** After a refusal one goes on with this share of the rate that was sustained before it. */
const GO_ON_WITH: Readonly<Record<Refusal, number>> = { 'too-many': 0.95, unavailable: 0.5 };

/** Limits are counted by the second or longer; what passed in less time was a burst. */
const SHORTEST_MEASURE_MS = 1_000;
/** Where too little was sent for a measure: requests per second to go on with … */
const FIRST_GUESS = 10;
const SLOWEST = 0.1;
/** … and a rate above this is no limit any more. */
const NO_LIMIT = 5_000;
/**
 * After so many that AIR accepted, a refusal says little of the rate: some come now and then, whatever
 * it is. Then the rate is lowered with care, whatever the refusal, and never below the first guess:
 * otherwise one refusal after another would lead to a standstill.
 */
const MANY = 10;

/** When AIR names no time: a second at first, doubling while nothing passes, at most half a minute. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_GUESSED_PAUSE_MS = 30_000;
/** Other processes were refused too, and should not all come back in the same moment. */
const JITTER = { share: 0.1, mostMs: 250 };

/** How a rate rises from its `start`, by the second. */
interface Rise {
	readonly start: number;
	/** The rate at which AIR refused is not to be reached again soon; Infinity while none is known. */
	readonly towards: number;
}

/** While nothing is known of where the limit is, the start was most likely far too low. */
const BLIND_GROWTH = 0.5;
/** Back to where it went well: two thirds of the way in this time. */
const APPROACH_SECONDS = 3;
/**
 * Then the limit is tried, with more courage as time passes, since it may be another one by then, or
 * gone: after this time with 2.7 times the rate at which it last went well.
 */
const TRY_SECONDS = 150;

function risen({ start, towards }: Rise, seconds: number): number {
	if (towards === Number.POSITIVE_INFINITY) return start * (1 + BLIND_GROWTH) ** seconds;
	const back = towards - (towards - start) * Math.exp(-seconds / APPROACH_SECONDS);
	return back * Math.exp((seconds / TRY_SECONDS) ** 2);
}

/**
 * The rate that AIR allows, learned from its refusals: AIR limits rates and does not say to how many.
 * All times are milliseconds of the caller's clock.
 *
 * A refusal ends a *cycle*, which began with the refusal before (or with the first request after a
 * time without any): what AIR accepted during the cycle, its pause included, is what it sustains.
 */
export class LearntRate {
	/** Nothing may be sent before. */
	pausedUntil = Number.NEGATIVE_INFINITY;
	private refusedAt = Number.NEGATIVE_INFINITY;
	/** From `pausedUntil` on; Infinity while AIR has refused nothing. */
	private rise: Rise | undefined;
	private cycleBegan = 0;
	private accepted = 0;
	private lastActive = Number.NEGATIVE_INFINITY;
	/** Refusals in a row without anything accepted between them. */
	private inVain = 0;

	constructor(private readonly random: () => number) {}

	/** Requests per second allowed now; Infinity without a limit. */
	at(now: number): number {
		if (this.rise === undefined) return Number.POSITIVE_INFINITY;
		const rate = risen(this.rise, Math.max(0, now - this.pausedUntil) / 1000);
		return rate > NO_LIMIT ? Number.POSITIVE_INFINITY : rate;
	}

	/** A request is about to be sent. */
	granted(now: number): void {
		const idleMs = now - Math.max(this.lastActive, this.pausedUntil);
		if (idleMs > Math.max(SHORTEST_MEASURE_MS, 3_000 / this.at(now))) {
			this.cycleBegan = now;
			this.accepted = 0;
		}
		this.lastActive = now;
	}

	/** AIR worked on a request. */
	answered(now: number): void {
		this.accepted++;
		this.inVain = 0;
		this.lastActive = now;
	}

	/**
	 * AIR refused a request for its number. Those that were under way when AIR first refused belong to
	 * the same refusal.
	 *
	 * @param retryAfterMs - undefined where AIR does not say
	 * @param sentAt - when the request was granted
	 */
	refused(refusal: Refusal, retryAfterMs: number | undefined, sentAt: number, now: number): void {
		if (sentAt <= this.refusedAt) {
			this.pausedUntil = Math.max(this.pausedUntil, now + (retryAfterMs ?? 0));
			return;
		}
		// Repeated 503s mean that AIR is down, not that we are too fast: pause, and keep the rate.
		if (refusal === 'too-many' || this.inVain === 0) this.lower(refusal, now);
		const guess = Math.min(
			FIRST_PAUSE_MS * 2 ** Math.min(this.inVain, 10),
			LONGEST_GUESSED_PAUSE_MS,
		);
		const pause = retryAfterMs ?? guess;
		const jitter = this.random() * Math.min(pause * JITTER.share, JITTER.mostMs);
		this.pausedUntil = Math.max(this.pausedUntil, now + pause + jitter);
		this.refusedAt = now;
		this.cycleBegan = now;
		this.accepted = 0;
		this.inVain++;
	}

	/** Nothing is sent for this long, for a reason that says nothing about the rate. */
	pause(ms: number, now: number): void {
		this.pausedUntil = Math.max(this.pausedUntil, now + ms);
		this.refusedAt = now;
	}

	private lower(refusal: Refusal, now: number): void {
		const current = this.at(now);
		const many = this.accepted >= MANY;
		const share = GO_ON_WITH[many ? 'too-many' : refusal];
		const cycleMs = Math.max(SHORTEST_MEASURE_MS, now - this.cycleBegan);
		const sustained = (this.accepted * 1000) / cycleMs;
		// The cycle may have been short, or a bad one: not below half of what went well until now.
		const least = current === Number.POSITIVE_INFINITY ? FIRST_GUESS : current / 2;
		const slowest = many ? Math.min(current, FIRST_GUESS) : SLOWEST;
		this.rise = {
			start: Math.max(slowest, Math.min(Math.max(share * sustained, least), share * current)),
			towards: Math.max(slowest, share * current),
		};
	}
}
