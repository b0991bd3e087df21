import { LONGEST_WISH_MS } from './retryAfter';

/** While AIR asks to be left alone for that long, one request is let through so often. */
const TRY_AFTER_MS = 60_000;

/**
 * AIR's wish to be left alone for longer than anybody waits for. It may be an error of one answer, or
 * concern one partner of many, so it is not taken at its word: after a minute one request tries whether
 * it still holds. An answer ends it. If that one gets the same answer, the wish is believed: nobody waits
 * for it any more, and one request a minute goes on trying. All times are milliseconds of the caller's
 * clock.
 */
export class LongWish {
	private state: 'none' | 'heard' | 'believed' = 'none';
	private until = Number.NEGATIVE_INFINITY;

	/** Requests go one by one, as trials. */
	get holds(): boolean {
		return this.state !== 'none';
	}

	get isBelieved(): boolean {
		return this.state === 'believed';
	}

	/** How long AIR still wants to be left alone. */
	leftMs(now: number): number {
		return this.holds ? Math.max(0, this.until - now) : 0;
	}

	/**
	 * AIR refused a request.
	 *
	 * @param isTrial - it was sent while the wish held
	 * @returns for how long nothing is to be sent; undefined if AIR has no such wish
	 */
	heard(retryAfterMs: number | undefined, isTrial: boolean, now: number): number | undefined {
		if (retryAfterMs === undefined || retryAfterMs < LONGEST_WISH_MS) {
			if (isTrial) this.end();
			return undefined;
		}
		if (isTrial) this.state = 'believed';
		else if (!this.holds) this.state = 'heard';
		this.until = now + LONGEST_WISH_MS;
		return TRY_AFTER_MS;
	}

	/** AIR answered. */
	end(): void {
		this.state = 'none';
	}
}
