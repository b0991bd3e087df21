import { AirError } from '../../errors/AirError';
import { LearntRate } from './LearntRate';
import { systemClock, type LimiterClock } from './limiterClock';
import { LongWish } from './LongWish';
import type { Permit, PermitOptions, RequestKind, Wanted } from './Permit';
import { Places } from './Places';
import { Turns } from './Turns';

/** A timer that fires late is caught up with by at most this, so that a pace never becomes a burst. */
const CATCH_UP_MS = 20;

interface Waiting {
	readonly wanted: Wanted;
	readonly withinMs: number;
	/** @param begins - ahead of a place */
	readonly go: (begins: boolean) => void;
	readonly fail: (error: AirError) => void;
}

/** Those who wait for the same. */
interface Line {
	add(one: Waiting): void;
	delete(one: Waiting): void;
}

/** Requests that belong to no run take turns as one. */
const NOBODY = {};

/** In whose name a run asks: its questions hold up nothing that it issues, nor the other way round. */
const askers = new WeakMap<object, object>();

/** @returns what is the same for those who wait in one line */
function lineOf({ wanted: { kind, share } }: Waiting): object {
	const whose = share?.whose ?? NOBODY;
	if (kind === 'issue') return whose;
	const asker = askers.get(whose) ?? {};
	askers.set(whose, asker);
	return asker;
}

/**
 * When requests to one host may be sent: shared by all executions of the process that talk to it, which
 * take turns.
 *
 * How many are under way at once {@link Places} says. At which rate they are sent is limited by
 * `restrict`, as the option Requests per Second does, and by AIR, which answers 429 or 503. Then
 * everybody waits for as long as AIR asks, and goes on one by one, a little below the rate that was last
 * sustained, which is raised slowly ({@link LearntRate}). What AIR asks for may be more than anybody
 * waits for: see {@link LongWish}.
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
	/** Begun ahead, and ready to be sent; a Set, so that one who leaves is taken out at once. */
	private readonly ready = new Set<Waiting>();
	/** Whether the next place is for one of those. */
	private readyFirst = true;
	/** When the last request was sent, by its pace: the next one follows an interval later. */
	private lastAt = Number.NEGATIVE_INFINITY;
	private cancelWake: (() => void) | undefined;

	constructor(
		private readonly clock: LimiterClock = systemClock,
		random: () => number = Math.random,
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

	/** How many requests of a kind are of use to a run at once: those that are sent, and those begun ahead. */
	ofUse(kind: RequestKind): number {
		return this.places.ofUse(kind);
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
	 * Waits for leave to send a request. Runs take turns; within a run it is first come, first served.
	 *
	 * @throws AirError `AIR_CANCELLED` at once after the signal; `AIR_RATE_LIMITED`, with the time to
	 *   wait, if the permit does not come within `withinMs`, or AIR has asked twice to be left alone for a
	 *   quarter of an hour or more; `AIR_UNAVAILABLE` if it does not come while AIR answers nothing
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
			// The least that is known: others are waiting, too.
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

	/** When the next request may be sent, by what is known of rates and pauses. */
	private get freeAt(): number {
		return Math.max(this.lastAt + this.intervalMs, this.learnt.pausedUntil);
	}

	private get intervalMs(): number {
		return 1000 / this.perSecond;
	}

	private get isAwaited(): boolean {
		return this.waiting.size + this.ready.size > 0;
	}

	private mayGo(wanted: Wanted): boolean {
		const { holds } = this.longWish;
		return this.places.areFree(wanted, holds ? 1 : undefined) && this.clock.now() >= this.freeAt;
	}

	/** Ahead of a place only where places are all that is waited for: then it is soon. */
	private mayBegin(wanted: Wanted): boolean {
		return (
			this.places.areFreeAhead(wanted) &&
			this.clock.now() >= this.freeAt &&
			this.perSecond === Number.POSITIVE_INFINITY
		);
	}

	/** Lets go those who may, and comes back for the rest. */
	private admit(): void {
		this.cancelWake?.();
		this.cancelWake = undefined;
		for (;;) {
			const begins = this.waiting.next(({ wanted }) => this.mayBegin(wanted));
			const next = begins ?? this.nextToGo();
			if (next === undefined) break;
			next.go(begins !== undefined);
		}
		const waitMs = this.freeAt - this.clock.now();
		// When all places are taken, the end of a request is what to wait for.
		if (waitMs > 0 && this.isAwaited)
			this.cancelWake = this.clock.after(waitMs, () => {
				this.admit();
			});
	}

	/**
	 * Whose turn it is to be sent. Those who have begun ahead take turns with all who do not begin ahead,
	 * such as questions: while a large run issues, there is always somebody who has begun.
	 */
	private nextToGo(): Waiting | undefined {
		const ready = [...this.ready].find(({ wanted }) => this.mayGo(wanted));
		const mayFollow = ({ wanted }: Waiting): boolean =>
			(ready === undefined || wanted.ahead !== true) && this.mayGo(wanted);
		const next =
			this.readyFirst && ready !== undefined ? ready : (this.waiting.next(mayFollow) ?? ready);
		if (next !== undefined) this.readyFirst = next !== ready;
		return next;
	}

	/** Something ended: others may go. */
	private goOn(): void {
		this.dismiss();
		this.admit();
	}

	/** Leave to begin, ahead of a place. */
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

	/** @param since - when somebody began to wait for it */
	private grant(wanted: Wanted, since: number): Permit {
		const grantedAt = this.clock.now();
		const { intervalMs } = this;
		const place = this.places.take(wanted, grantedAt, this.clock.busyMs());
		this.lastAt = Math.max(since, this.freeAt, grantedAt - CATCH_UP_MS);
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

/** For tests: what was learned of hosts is forgotten. */
export function forgetLimits(): void {
	limiters.clear();
}
