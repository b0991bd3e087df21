import { isDeepStrictEqual } from 'node:util';
import type { End } from './books';

/** Delivers webhooks again until each has a final outcome, and keeps the outcomes. */
export abstract class WebhookSender {
	/** By event ID. */
	readonly ends = new Map<string, End>();
	/** The other answers, and how often each came. */
	readonly setbacks = new Map<string, number>();
	deliveries = 0;

	describeSetbacks(): string {
		return [...this.setbacks].map(([what, times]) => `${times} × ${what}`).join('; ');
	}

	/** @throws Error when an event ends another way than before */
	protected end(eventId: string, end: End): void {
		const before = this.ends.get(eventId);
		if (before !== undefined && !isDeepStrictEqual(before, end)) {
			const [was, is] = [before, end].map((one) => JSON.stringify(one));
			throw new Error(`${eventId} ended as ${was ?? ''}, and as ${is ?? ''} when redelivered`);
		}
		this.ends.set(eventId, end);
	}

	protected setback(what: string): void {
		this.setbacks.set(what, (this.setbacks.get(what) ?? 0) + 1);
	}
}

/** Does this with everything, this many at once. */
export async function atOnce<T>(
	most: number,
	all: readonly T[],
	work: (one: T) => Promise<void>,
): Promise<void> {
	const waiting = [...all];
	const worker = async () => {
		for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one);
	};
	await Promise.all(Array.from({ length: most }, worker));
}
