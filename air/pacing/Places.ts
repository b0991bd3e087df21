import type { RequestKind, Wanted } from './Permit';
import { MOST_IN_FLIGHT, Window } from './Window';

/**
 * How many may be begun before they have a place, so that none stays empty while somebody waits for a disk:
 * after a crash nobody knows of them whether they were sent.
 */
const MOST_AHEAD = 16;
/** Where an unknown outcome is for a person to clear up, no more than this are under way at once. */
const MOST_DEAD_ENDS = 25;

/** One request that has its place. */
export interface Place {
	/** AIR answered. @param counts - its time says something */
	answered(counts: boolean, now: number, busyMs: number): void;
	refused(now: number): void;
	unknown(now: number): void;
	/** Nothing was sent. */
	unused(): void;
}

/**
 * The places for requests to one host. How many there are each kind of request learns for itself
 * ({@link Window}); a run with a fixed number takes as many as it is given.
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
	/** Of those, how many keep to what was learned: a fixed number beside them takes none of their places. */
	private readonly learning = { issue: 0, ask: 0 };
	private deadEnds = 0;
	private ahead = 0;

	/** How many of a kind are of use to a run at once: those that are sent, and those begun ahead. */
	ofUse(kind: RequestKind): number {
		return this.allowed(kind) + (kind === 'issue' ? MOST_AHEAD : 0);
	}

	/** @param most - under way at once, whatever they are */
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

	/** Whether one may begin before it has a place; never if its unknown outcome would be a dead end. */
	areFreeAhead({ kind = 'ask', ahead, deadEnd }: Wanted): boolean {
		const { isQuick, size } = this.windows[kind];
		const most = Math.min(MOST_AHEAD, size);
		return ahead === true && deadEnd !== true && isQuick && this.ahead < most;
	}

	/** Whether AIR has answered none of several in a row, and one at a time tries it. */
	isTrying({ kind = 'ask' }: Wanted): boolean {
		return this.windows[kind].isTrying;
	}

	/** One begins before it has a place. @returns it has one now, or needs none any more */
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
		// Questions can wait: most of the places are for what is being issued.
		return Math.min(ask.size, Math.max(1, Math.floor(issue.size / 2)));
	}
}
