import { AirError } from '../../errors/AirError';
import { LearntRate } from './LearntRate';
import { systemClock, type LimiterClock } from './limiterClock';
import { LongWish } from './LongWish';
import type { Permit, PermitOptions, RequestKind, Wanted } from './Permit';
import { Places } from './Places';
import { Turns } from './Turns';

/** Up to this much of a timer's delay is made up for; more would turn a pace into a burst. */
const CATCH_UP_MS = 20;

interface Waiting {
	readonly wanted: Wanted;
	readonly withinMs: number;
	/** @param begins - whether it begins ahead of a place */
	readonly go: (begins: boolean) => void;
	readonly fail: (error: AirError) => void;
}

/** Requests that wait for the same thing. */
interface Line {
	add(one: Waiting): void;
	delete(one: Waiting): void;
}

/** The owner of all requests that belong to no run. */
const NOBODY = {};

/** The owner of a run's questions, so that they and what the run issues do not wait for each other. */
const askers = new WeakMap<object, object>();

/** @returns the owner that a request takes turns for */
function lineOf({ wanted: { kind, share } }: Waiting): object {
	const whose = share?.whose ?? NOBODY;
	if (kind === 'issue') return whose;
	const asker = askers.get(whose) ?? {};
	askers.set(whose, asker);
	return asker;
}

/**
 * Decides when requests to one host may be sent. All executions of the process that call this host share
 * it and take turns.
 *
 * {@link Places} limits how many are under way at once. The rate is limited by `restrict` (the option
 * Requests per Second) and by AIR, which answers 429 or 503. After such an answer everybody waits as long as
 * AIR asks; then requests continue a little below the rate that AIR last sustained, and the rate rises
 * slowly ({@link LearntRate}). If AIR asks for a longer pause than anybody waits for, see {@link LongWish}.
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
	private readonly places = new Places();
	private readonly restrictions = new Set<{ readonly perSecond: number }>();
	private readonly waiting = new Turns(lineOf);
	/** Begun ahead, and ready to be sent; a Set, so that deleting one takes no time. */
	private readonly ready = new Set<Waiting>();
	/** Whether the next place is for one of these. */
	private readyFirst = true;
	/** When the last request was sent, according to its pace: the next one follows an interval later. */
	private lastAt = Number.NEGATIVE_INFINITY;
	private cancelWake: (() => void) | undefined;

	constructor(
		private readonly clock: LimiterClock = systemClock,
		random: () => number = Math.random,
	) {
		this.learnt = new LearntRate(random);
	}

	/** Requests per second that are allowed now; Infinity without a limit. */
	get perSecond(): number {
		return this.perSecondAt(this.clock.now());
	}

	private perSecondAt(now: number): number {
		const restrictions = [...this.restrictions].map(({ perSecond }) => perSecond);
		return Math.min(this.learnt.at(now), ...restrictions);
	}

	/** How long nothing is sent because AIR refused, in milliseconds. */
	get pauseMs(): number {
		return Math.max(0, this.learnt.pausedUntil - this.clock.now());
	}

	/** The most requests of a kind that a run can use at once: those sent, and those begun ahead. */
	ofUse(kind: RequestKind): number {
		return this.places.ofUse(kind);
	}

	/**
	 * Limits the rate for everybody until it is lifted. The lowest of several limits counts.
	 *
	 * @returns lifts the limit
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
	 * Waits for permission to send a request. Runs take turns; within a run, requests keep their order.
	 *
	 * @throws AirError `AIR_CANCELLED` at once after the signal; `AIR_RATE_LIMITED`, with the time to
	 *   wait, if the permit is not granted within `withinMs`, or AIR has twice asked for a pause of a
	 *   quarter of an hour or more; `AIR_UNAVAILABLE` if it is not granted because AIR answers nothing
	 */
	async permit({ signal, withinMs, ...wanted }: PermitOptions = {}): Promise<Permit> {
		return await this.wait(this.waiting, wanted, signal, withinMs, (since, begins) =>
			begins ? this.begun(wanted) : this.grant(wanted, since),
		);
	}

	private async wait<T>(
		line: Line,
		wanted: Wanted,
		signal: AbortSignal | undefined,
		withinMs = Number.POSITIVE_INFINITY,
		then: (since: number, begins: boolean) => T,
	): Promise<T> {
		if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
		const since = this.clock.now();
		return await new Promise<T>((resolve, reject) => {
			const leave = (): void => {
				line.delete(waiting);
				if (!this.isAwaited) this.cancelWake?.();
				cancelDeadline?.();
				signal?.removeEventListener('abort', cancel);
			};
			const waiting: Waiting = {
				wanted,
				withinMs,
				go: (begins) => {
					leave();
					resolve(then(since, begins));
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
						waiting.fail(this.tooLong(wanted));
					})
				: undefined;
			signal?.addEventListener('abort', cancel, { once: true });
			line.add(waiting);
			this.dismiss();
			this.admit();
		});
	}

	private tooLong(wanted: Wanted): AirError {
		const pauseMs = Math.max(this.pauseMs, this.longWish.leftMs(this.clock.now()));
		const seconds = Math.ceil(pauseMs / 1000);
		const isDown = pauseMs === 0 && this.places.isTrying(wanted);
		return new AirError(isDown ? 'AIR_UNAVAILABLE' : 'AIR_RATE_LIMITED', {
			// At least this long: others are waiting, too.
			retryAfterMs: Math.max(pauseMs, 1),
			waitTooLong: true,
			...(seconds > 1 ? { note: `AIR asks to wait ${seconds} seconds.` } : {}),
		});
	}

	/** Rejects waiters whose deadline will pass before their turn. */
	private dismiss(): void {
		const { pauseMs } = this;
		if (pauseMs === 0) return;
		for (const waiting of [...this.waiting, ...this.ready]) {
			if (this.longWish.isBelieved || pauseMs > waiting.withinMs)
				waiting.fail(this.tooLong(waiting.wanted));
		}
	}

	/** When the next request may be sent, according to rates and pauses, as they are now. */
	private freeAt(now: number): number {
		return Math.max(this.lastAt + this.intervalMs(now), this.learnt.pausedUntil);
	}

	private intervalMs(now: number): number {
		return 1000 / this.perSecondAt(now);
	}

	private get isAwaited(): boolean {
		return this.waiting.size + this.ready.size > 0;
	}

	private mayGo(wanted: Wanted, now: number): boolean {
		const { holds } = this.longWish;
		return this.places.areFree(wanted, holds ? 1 : undefined) && now >= this.freeAt(now);
	}

	/** Only if nothing but a place is missing: then it comes soon. */
	private mayBegin(wanted: Wanted, now: number): boolean {
		return (
			this.places.areFreeAhead(wanted) &&
			now >= this.freeAt(now) &&
			this.perSecondAt(now) === Number.POSITIVE_INFINITY
		);
	}

	/**
	 * Grants every permit that may be granted now, and sets a timer for the rest. Both by one look at the
	 * clock: if it were too early for a permit, and a moment later too late for a timer, everybody would
	 * wait forever.
	 */
	private admit(): void {
		this.cancelWake?.();
		this.cancelWake = undefined;
		let now = this.clock.now();
		for (;;) {
			const at = now;
			const begins = this.waiting.next(({ wanted }) => this.mayBegin(wanted, at));
			const next = begins ?? this.nextToGo(at);
			if (next === undefined) break;
			next.go(begins !== undefined);
			now = this.clock.now();
		}
		const waitMs = this.freeAt(now) - now;
		// If all places are taken, the end of a request admits the next one, and no timer is needed.
		if (waitMs > 0 && this.isAwaited)
			this.cancelWake = this.clock.after(waitMs, () => {
				this.admit();
			});
	}

	/**
	 * The next request to send. Those that have begun ahead take turns with those that do not begin ahead,
	 * such as questions: during a large run, some request has always begun ahead.
	 */
	private nextToGo(now: number): Waiting | undefined {
		const ready = [...this.ready].find(({ wanted }) => this.mayGo(wanted, now));
		const mayFollow = ({ wanted }: Waiting): boolean =>
			(ready === undefined || wanted.ahead !== true) && this.mayGo(wanted, now);
		const next =
			this.readyFirst && ready !== undefined ? ready : (this.waiting.next(mayFollow) ?? ready);
		if (next !== undefined) this.readyFirst = next !== ready;
		return next;
	}

	/** A request ended: others may be granted. */
	private goOn(): void {
		this.dismiss();
		this.admit();
	}

	/** A permit that is granted ahead of a place. */
	private begun(wanted: Wanted): Permit {
		const ends = this.places.begin();
		let placed: Permit | undefined;
		let isOver = false;
		const leave = (): void => {
			if (isOver) return;
			isOver = true;
			ends();
			this.goOn();
		};
		return {
			place: async (signal) => {
				await this.wait(this.ready, wanted, signal, undefined, (since) => {
					isOver = true;
					ends();
					placed = this.grant(wanted, since);
				});
			},
			use: () => placed?.use(),
			giveBack: () => {
				placed?.giveBack();
				leave();
			},
			answered: (didIt) => placed?.answered(didIt),
			broken: () => placed?.broken(),
			refused: (refusal, retryAfterMs) => placed?.refused(refusal, retryAfterMs),
			ended: () => {
				placed?.ended();
				leave();
			},
		};
	}

	/** @param since - when the wait for it began */
	private grant(wanted: Wanted, since: number): Permit {
		const grantedAt = this.clock.now();
		const intervalMs = this.intervalMs(grantedAt);
		const place = this.places.take(wanted, grantedAt, this.clock.busyMs());
		this.lastAt = Math.max(since, this.freeAt(grantedAt), grantedAt - CATCH_UP_MS);
		this.learnt.granted(grantedAt);
		const isTrial = this.longWish.holds;
		let state: 'granted' | 'used' | 'over' = 'granted';
		const end = (then: (now: number) => void): void => {
			if (state === 'over') return;
			state = 'over';
			then(this.clock.now());
			this.goOn();
		};
		const giveBack = (): void => {
			if (state !== 'granted') return;
			end(() => {
				place.unused();
				this.lastAt -= intervalMs;
			});
		};
		const heard = (now: number): void => {
			this.longWish.end();
			this.learnt.answered(now);
		};
		return {
			place: async () => {
				await Promise.resolve();
			},
			use: () => {
				if (state === 'granted') state = 'used';
			},
			giveBack,
			answered: (didIt = true) => {
				end((now) => {
					heard(now);
					place.answered(didIt, now, this.clock.busyMs());
				});
			},
			broken: () => {
				end((now) => {
					heard(now);
					place.unknown(now);
				});
			},
			refused: (refusal, retryAfterMs) => {
				end((now) => {
					const pauseMs = this.longWish.heard(retryAfterMs, isTrial, now);
					if (pauseMs === undefined) this.learnt.refused(refusal, retryAfterMs, grantedAt, now);
					else this.learnt.pause(pauseMs, now);
					place.refused(now);
				});
			},
			ended: () => {
				giveBack();
				end((now) => {
					place.unknown(now);
				});
			},
		};
	}
}

/** By host, and by each base URL, so that a URL is parsed only once. */
const limiters = new Map<string, HostLimiter>();

/**
 * The limiter of a host; one for the whole process.
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

/** For tests: forgets what was learned about hosts. */
export function forgetLimits(): void {
	limiters.clear();
}
