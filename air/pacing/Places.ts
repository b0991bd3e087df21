import type { RequestKind, Wanted } from './Permit';
import { MOST_IN_FLIGHT, Window } from './Window';

/**
 * How many may begin before they have a place, so that no place stays empty while the disk is waited for.
 * After a crash, nobody knows whether these were sent.
 */
const MOST_AHEAD = 16;
/** The most requests under way at once if a person has to settle each unknown outcome. */
const MOST_DEAD_ENDS = 25;

/** The place of one request. */
export interface Place {
	/** AIR answered. @param counts - whether its time can be measured */
	answered(counts: boolean, now: number, busyMs: number): void;
	refused(now: number): void;
	unknown(now: number): void;
	/** Nothing was sent. */
	unused(): void;
}

/**
 * The places for requests to one host. Their number is learned for each kind of request ({@link Window}); a
 * run with a fixed number has that many.
 *
 * @example
 * ```ts
 * if (places.areFree(wanted)) {
 *   const place = places.take(wanted, now, busyMs);
 *   // …
 *   place.answered(true, now, busyMs);
 * }
 * ```
 */
export class Places {
	private readonly windows = { issue: new Window(), ask: new Window() };
	private readonly inFlight = { issue: 0, ask: 0 };
	/** How many of those use the learned limit: runs with a fixed number take none of their places. */
	private readonly learning = { issue: 0, ask: 0 };
	private deadEnds = 0;
	private ahead = 0;

	/** The most requests of a kind that a run can use at once: those sent, and those begun ahead. */
	ofUse(kind: RequestKind): number {
		return this.allowed(kind) + (kind === 'issue' ? MOST_AHEAD : 0);
	}

	/** @param most - the most requests under way at once, of both kinds */
	areFree({ kind = 'ask', share, deadEnd }: Wanted, most = MOST_IN_FLIGHT): boolean {
		const { inFlight, learning } = this;
		const hasRoom = this.isTrying({ kind })
			? inFlight[kind] === 0
			: share?.fixed === true || learning[kind] < this.allowed(kind);
		return (
			inFlight.issue + inFlight.ask < most &&
			hasRoom &&
			(deadEnd !== true || this.deadEnds < MOST_DEAD_ENDS)
		);
	}

	/** Whether a request may begin before it has a place; never if an unknown outcome would be a dead end. */
	areFreeAhead({ kind = 'ask', ahead, deadEnd }: Wanted): boolean {
		const { isQuick, size } = this.windows[kind];
		const most = Math.min(MOST_AHEAD, size);
		return ahead === true && deadEnd !== true && isQuick && this.ahead < most;
	}

	/** Whether AIR answered none of the last requests, so that only one at a time is sent. */
	isTrying({ kind = 'ask' }: Wanted): boolean {
		return this.windows[kind].isTrying;
	}

	/** A request begins before it has a place. @returns to be called when it has one, or needs none */
	begin(): () => void {
		this.ahead++;
		return () => {
			this.ahead--;
		};
	}

	take({ kind = 'ask', share, deadEnd = false }: Wanted, now: number, busyMs: number): Place {
		const window = this.windows[kind];
		const isFixed = share?.fixed === true;
		this.inFlight[kind]++;
		if (deadEnd) this.deadEnds++;
		if (!isFixed) {
			this.learning[kind]++;
			window.granted(now, busyMs, this.learning[kind] >= this.allowed(kind));
		}
		const leave = (): void => {
			this.inFlight[kind]--;
			if (!isFixed) this.learning[kind]--;
			if (deadEnd) this.deadEnds--;
		};
		return {
			unused: leave,
			answered: (counts, at, busyNow) => {
				leave();
				window.answered(isFixed || !counts ? undefined : now, at, busyNow);
			},
			refused: (at) => {
				leave();
				window.refused(at);
			},
			unknown: (at) => {
				leave();
				window.unknown(at);
			},
		};
	}

	private allowed(kind: RequestKind): number {
		const { issue, ask } = this.windows;
		if (kind === 'issue' || this.inFlight.issue === 0) return this.windows[kind].size;
		// Questions can wait: most places are for issuing.
		return Math.min(ask.size, Math.max(1, Math.floor(issue.size / 2)));
	}
}
