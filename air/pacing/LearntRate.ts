/** `too-many`: 429. `unavailable`: 503, which also means that AIR is overloaded. */
export type Refusal = 'too-many' | 'unavailable';

/** After a refusal, requests continue at this share of the rate that AIR sustained before it. */
const GO_ON_WITH: Readonly<Record<Refusal, number>> = { 'too-many': 0.95, unavailable: 0.5 };

/** AIR counts per second or longer: what it accepted in less time was a burst. */
const SHORTEST_MEASURE_MS = 1_000;
/** Requests per second if too few were sent to measure the rate. */
const FIRST_GUESS = 10;
const SLOWEST = 0.1;
/** A rate above this no longer limits anything. */
const NO_LIMIT = 5_000;
/**
 * After AIR accepted this many requests, a refusal says little about the rate: some come now and then at
 * any rate. The rate is then lowered only a little, for either refusal, and never below the first guess:
 * otherwise occasional refusals would add up to a standstill.
 */
const MANY = 10;

/** If AIR names no time: a second at first, doubling while AIR accepts nothing, at most half a minute. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_GUESSED_PAUSE_MS = 30_000;
/** Other processes were refused, too, and should not all return at the same moment. */
const JITTER = { share: 0.1, mostMs: 250 };

/** How a rate rises from its `start`, in requests per second. */
interface Rise {
	readonly start: number;
	/** A little below the rate at which AIR refused; Infinity while that is unknown. */
	readonly towards: number;
}

/** Growth per second while AIR's limit is unknown: the start was most likely far too low. */
const BLIND_GROWTH = 0.5;
/** After this time, two thirds of the way back to the rate that worked. */
const APPROACH_SECONDS = 3;
/**
 * From then on, the rate rises faster with time, since AIR's limit may have changed or be gone: after this
 * time it is 2.7 times the rate that last worked.
 */
const TRY_SECONDS = 150;

function risen({ start, towards }: Rise, seconds: number): number {
	if (towards === Number.POSITIVE_INFINITY) return start * (1 + BLIND_GROWTH) ** seconds;
	const back = towards - (towards - start) * Math.exp(-seconds / APPROACH_SECONDS);
	return back * Math.exp((seconds / TRY_SECONDS) ** 2);
}

/**
 * The rate that AIR allows, learned from its refusals: AIR limits the rate and does not say to what.
 * All times are milliseconds of the caller's clock.
 *
 * A refusal ends a *cycle*, which began with the previous refusal (or with the first request after a time
 * without requests). What AIR accepted during the cycle, including its pause, is the rate it sustains.
 */
export class LearntRate {
	/** Nothing may be sent before this time. */
	pausedUntil = Number.NEGATIVE_INFINITY;
	private refusedAt = Number.NEGATIVE_INFINITY;
	/** From `pausedUntil` on; Infinity while AIR has refused nothing. */
	private rise: Rise | undefined;
	private cycleBegan = 0;
	private accepted = 0;
	private lastActive = Number.NEGATIVE_INFINITY;
	/** Refusals in a row with nothing accepted between them. */
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

	/** AIR accepted a request. */
	answered(now: number): void {
		this.accepted++;
		this.inVain = 0;
		this.lastActive = now;
	}

	/**
	 * AIR refused a request because there were too many. Requests that were under way at the first refusal
	 * belong to that refusal.
	 *
	 * @param retryAfterMs - undefined if AIR names no time
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
		// The cycle may have been short or an exception: not below half of the rate until now.
		const least = current === Number.POSITIVE_INFINITY ? FIRST_GUESS : current / 2;
		const slowest = many ? Math.min(current, FIRST_GUESS) : SLOWEST;
		this.rise = {
			start: Math.max(slowest, Math.min(Math.max(share * sustained, least), share * current)),
			towards: Math.max(slowest, share * current),
		};
	}
}
