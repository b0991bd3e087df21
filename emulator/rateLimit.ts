import type { z } from 'zod';
import type { Clock } from './clock';
import type { rateLimitInput } from './inputs';

export type RateLimitSettings = z.output<typeof rateLimitInput>;

/**
 * One token bucket for all partners. AIR limits rates (docs "Common errors", 429) but publishes
 * neither numbers nor a `Retry-After`, so both are settable and off at start.
 */
export class RateLimit {
	private settings: RateLimitSettings = { perSecond: null };
	private tokens = 0;
	private filledAt = 0;

	constructor(private readonly clock: Clock) {}

	get current(): RateLimitSettings {
		return this.settings;
	}

	set(settings: RateLimitSettings): void {
		this.settings = settings;
		this.tokens = this.capacity();
		this.filledAt = this.clock.now();
	}

	/** Whether a request may pass; takes a token if so. */
	admit(): boolean {
		const { perSecond } = this.settings;
		if (perSecond === null) return true;
		const now = this.clock.now();
		const gained = ((now - this.filledAt) / 1000) * perSecond;
		this.tokens = Math.min(this.capacity(), this.tokens + Math.max(0, gained));
		this.filledAt = now;
		if (this.tokens < 1) return false;
		this.tokens -= 1;
		return true;
	}

	private capacity(): number {
		return this.settings.burst ?? Math.max(1, this.settings.perSecond ?? 1);
	}
}
