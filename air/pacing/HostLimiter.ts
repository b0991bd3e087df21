import { AirError } from '../../errors/AirError';
import { systemClock, type LimiterClock } from './limiterClock';
import { LearntRate, type Refusal } from './LearntRate';
import { LongWish } from './LongWish';

/** More than any run sends at once; also how many connections are opened to one origin. */
export const MOST_IN_FLIGHT = 100;

/** A timer that fires late is caught up with by at most this, so that a pace never becomes a burst. */
const CATCH_UP_MS = 20;

/** Leave to send one request. Exactly one of its endings counts; further ones change nothing. */
export interface Permit {
	/** It is being sent: from now on it cannot be given back. */
	use(): void;
	/** Nothing was sent after all: somebody else may go in its place. Without effect after `use`. */
	giveBack(): void;
	/** AIR answered it, whatever it said about the request itself. */
	answered(): void;
	/** 429, or 503. @param retryAfterMs - as AIR asks to wait, if it says */
	refused(refusal: Refusal, retryAfterMs: number | undefined): void;
	/** It ended without an answer, or was never sent: then it is given back. */
	ended(): void;
}

export interface PermitOptions {
	readonly signal?: AbortSignal | undefined;
	/** Not worth waiting for longer than this, in milliseconds; by default as long as it takes. */
	readonly withinMs?: number | undefined;
}

interface Waiting {
	readonly withinMs: number;
	readonly go: (permit: Permit) => void;
	readonly fail: (error: AirError) => void;
}

/**
 * When requests to one host may be sent: shared by all executions of the process that talk to it.
 *
 * Without a limit a request goes at once. `restrict` sets a limit, as the option Requests per Second
 * does; AIR sets one by answering 429 or 503. Then everybody waits for as long as AIR asks, and goes
 * on one by one, a little below the rate that was last sustained, which is raised slowly
 * ({@link LearntRate}). What AIR asks for may be more than anybody waits for: see {@link LongWish}.
 *
 * @example
 * ```ts
 * const permit = await limiterFor(origin).permit({ signal });
 * permit.use();
 * const { status } = await post();
 * if (status === 429) permit.refused('too-many', retryAfterMs);
 * else permit.answered();
 * ```
 */
export class HostLimiter {
	private readonly learnt: LearntRate;
	private readonly longWish = new LongWish();
	private readonly restrictions = new Set<{ readonly perSecond: number }>();
	/** In the order in which they came; a Set, so that one who leaves is taken out at once. */
	private readonly waiting = new Set<Waiting>();
	private inFlight = 0;
	/** The next request goes no earlier. */
	private nextAt = Number.NEGATIVE_INFINITY;
	private cancelWake: (() => void) | undefined;

	constructor(
		private readonly clock: LimiterClock = systemClock,
		random: () => number = Math.random,
		private readonly mostInFlight = MOST_IN_FLIGHT,
	) {
		this.learnt = new LearntRate(random);
	}

	/** Requests per second that are allowed at present; Infinity without a limit. */
	get perSecond(): number {
		const restrictions = [...this.restrictions].map(({ perSecond }) => perSecond);
		return Math.min(this.learnt.at(this.clock.now()), ...restrictions);
	}

	/** For how long nothing is sent, because AIR refused, in milliseconds. */
	get pauseMs(): number {
		return Math.max(0, this.learnt.pausedUntil - this.clock.now());
	}

	/**
	 * Sets a limit for everybody, until it is lifted. Of several the lowest counts.
	 *
	 * @returns lifts it
	 */
	restrict(perSecond: number): () => void {
		const restriction = { perSecond };
		this.restrictions.add(restriction);
		return () => {
			this.restrictions.delete(restriction);
			this.admit();
		};
	}

	/**
	 * Waits for leave to send a request: first come, first served.
	 *
	 * @throws AirError `AIR_CANCELLED` at once after the signal; `AIR_RATE_LIMITED`, with the time to
	 *   wait, if the permit does not come within `withinMs`, or AIR has asked twice to be left alone for a
	 *   quarter of an hour or more
	 */
	async permit({
		signal,
		withinMs = Number.POSITIVE_INFINITY,
	}: PermitOptions = {}): Promise<Permit> {
		if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
		if (this.waiting.size === 0 && this.mayGo(this.clock.now())) return this.grant(0);
		return await new Promise<Permit>((resolve, reject) => {
			const leave = (): void => {
				this.waiting.delete(waiting);
				cancelDeadline?.();
				signal?.removeEventListener('abort', cancel);
			};
			const waiting: Waiting = {
				withinMs,
				go: (permit) => {
					leave();
					resolve(permit);
				},
				fail: (error) => {
					leave();
					reject(error);
				},
			};
			const cancel = (): void => {
				waiting.fail(new AirError('AIR_CANCELLED'));
			};
			const cancelDeadline = Number.isFinite(withinMs)
				? this.clock.after(withinMs, () => {
						waiting.fail(this.tooLong());
					})
				: undefined;
			signal?.addEventListener('abort', cancel, { once: true });
			this.waiting.add(waiting);
			this.dismiss();
			this.admit();
		});
	}

	private tooLong(): AirError {
		const pauseMs = Math.max(this.pauseMs, this.longWish.leftMs(this.clock.now()));
		const seconds = Math.ceil(pauseMs / 1000);
		return new AirError('AIR_RATE_LIMITED', {
			// The least that is known: others are waiting, too.
			retryAfterMs: Math.max(pauseMs, 1),
			waitTooLong: true,
			...(seconds > 1 ? { note: `AIR asks to wait ${seconds} seconds.` } : {}),
		});
	}

	/** Those who will not get a permit in time learn it now. */
	private dismiss(): void {
		const { pauseMs } = this;
		for (const waiting of this.waiting) {
			const isInVain = this.longWish.isBelieved && pauseMs > 0;
			if (isInVain || pauseMs > waiting.withinMs) waiting.fail(this.tooLong());
		}
	}

	private mayGo(now: number): boolean {
		const mostInFlight = this.longWish.holds ? 1 : this.mostInFlight;
		return this.inFlight < mostInFlight && now >= this.learnt.pausedUntil && now >= this.nextAt;
	}

	/** Lets go whoever may, and comes back for the rest. */
	private admit(): void {
		this.cancelWake?.();
		this.cancelWake = undefined;
		for (const waiting of this.waiting) {
			const now = this.clock.now();
			if (!this.mayGo(now)) {
				const at = Math.max(this.nextAt, this.learnt.pausedUntil);
				// When all connections are in use, the end of a request is what to wait for.
				if (at > now)
					this.cancelWake = this.clock.after(at - now, () => {
						this.admit();
					});
				return;
			}
			waiting.go(this.grant(CATCH_UP_MS));
		}
	}

	/** @param catchUpMs - how late this permit may be, for the next one to be none the later */
	private grant(catchUpMs: number): Permit {
		const grantedAt = this.clock.now();
		const interval = 1000 / this.perSecond;
		this.inFlight++;
		this.nextAt = Math.max(this.nextAt, grantedAt - catchUpMs) + interval;
		this.learnt.granted(grantedAt);
		const isTrial = this.longWish.holds;
		let state: 'granted' | 'used' | 'over' = 'granted';
		const end = (then: () => void): void => {
			if (state === 'over') return;
			state = 'over';
			this.inFlight--;
			then();
			this.dismiss();
			this.admit();
		};
		const giveBack = (): void => {
			if (state !== 'granted') return;
			end(() => {
				this.nextAt -= interval;
			});
		};
		return {
			use: () => {
				if (state === 'granted') state = 'used';
			},
			giveBack,
			answered: () => {
				end(() => {
					this.longWish.end();
					this.learnt.answered(this.clock.now());
				});
			},
			refused: (refusal, retryAfterMs) => {
				end(() => {
					const now = this.clock.now();
					const pauseMs = this.longWish.heard(retryAfterMs, isTrial, now);
					if (pauseMs === undefined) this.learnt.refused(refusal, retryAfterMs, grantedAt, now);
					else this.learnt.pause(pauseMs, now);
					this.nextAt = Math.max(this.nextAt, this.learnt.pausedUntil);
				});
			},
			ended: () => {
				giveBack();
				end(() => undefined);
			},
		};
	}
}

/** By host, and by each address that was asked for. */
const limiters = new Map<string, HostLimiter>();

/**
 * The limiter of a host, one for the process.
 *
 * @param baseUrl - from `resolveBaseUrl`; only its host counts
 */
export function limiterFor(baseUrl: string): HostLimiter {
	const known = limiters.get(baseUrl);
	if (known !== undefined) return known;
	const { host } = new URL(baseUrl);
	const limiter = limiters.get(host) ?? new HostLimiter();
	limiters.set(host, limiter);
	limiters.set(baseUrl, limiter);
	return limiter;
}

/** For tests: what was learnt of hosts is forgotten. */
export function forgetLimits(): void {
	limiters.clear();
}
