/**
 * Two readings of one clock. Tests move them apart on purpose: a credential should be able to grow a
 * year old without the Partner JWTs of a client, whose clock did not move, expiring with it.
 */
export class Clock {
	private advancedMs = 0;
	private skewMs = 0;

	constructor(private readonly source: () => number) {}

	/** The clock for issuances, JWKS caches and the rate limit. */
	now(): number {
		return this.source() + this.advancedMs;
	}

	/** The clock for checking Partner JWTs, and for the `Date` header. */
	wall(): number {
		return this.source() + this.skewMs;
	}

	advance(ms: number): void {
		this.advancedMs += ms;
	}

	/** Makes the emulated AIR's wall clock run ahead of (or, negative, behind) the client's. */
	skew(ms: number): void {
		this.skewMs = ms;
	}

	reset(): void {
		this.advancedMs = 0;
		this.skewMs = 0;
	}
}
