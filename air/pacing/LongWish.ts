import { LONGEST_WISH_MS } from './retryAfter';

/** While AIR asks for such a long pause, one request is sent at this interval. */
const TRY_AFTER_MS = 60_000;

/**
 * AIR asked for a longer pause than anybody waits for. It may be a mistake in one answer or concern only
 * one of many partners, so it is checked: after a minute one request is sent. If AIR accepts it, the pause
 * is over. If AIR asks for the same again, it is believed: nobody waits for it any longer, and one request
 * a minute goes on checking. All times are milliseconds of the caller's clock.
 */
export class LongWish {
	private state: 'none' | 'heard' | 'believed' = 'none';
	private until = Number.NEGATIVE_INFINITY;

	/** Requests are sent one by one, to check. */
	get holds(): boolean {
		return this.state !== 'none';
	}

	get isBelieved(): boolean {
		return this.state === 'believed';
	}

	/** How much of the pause is left. */
	leftMs(now: number): number {
		return this.holds ? Math.max(0, this.until - now) : 0;
	}

	/**
	 * AIR refused a request.
	 *
	 * @param isTrial - whether it was sent during such a pause
	 * @returns how long nothing may be sent; undefined if AIR did not ask for such a pause
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
