import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const sampleSchema = z.object({
	at: z.number(),
	rss: z.number(),
	heapUsed: z.number(),
	external: z.number(),
	resources: z.number(),
	descriptors: z.number(),
});

export type Sample = z.infer<typeof sampleSchema>;
export type Measured = Exclude<keyof Sample, 'at'>;

/** Medians of the measurements in the first and in the last third of a period. */
export interface Thirds {
	readonly first: number;
	readonly last: number;
	/** Of each of the two. */
	readonly samples: readonly [number, number];
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length / 2;
	const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
	if (low === undefined || high === undefined) throw new Error('nothing was measured');
	return (low + high) / 2;
}

/**
 * Memory and handles of an n8n that was started with `env`, over time. The other side is
 * `test/host/preload/measuring.ts`.
 */
export class Measures {
	readonly env: Record<string, string>;

	/** @param file - to which n8n writes, and which does not exist yet */
	constructor(
		private readonly file: string,
		everyMs: number,
	) {
		const preload = join(__dirname, '..', 'host', 'preload', 'measuring.ts');
		this.env = {
			NODE_OPTIONS: `--require ${preload}`,
			MOCA_AIR_TEST_MEASURES: file,
			MOCA_AIR_TEST_MEASURE_EVERY_MS: String(everyMs),
		};
	}

	samples(): Sample[] {
		if (!existsSync(this.file)) return [];
		const lines = readFileSync(this.file, 'utf8').split('\n');
		// The last one may be half written.
		return lines.slice(0, -1).map((line) => sampleSchema.parse(JSON.parse(line)));
	}

	/** @param from - and `to`: as `Date.now()` counts */
	thirds(what: Measured, from: number, to: number): Thirds {
		const third = (to - from) / 3;
		const within = (start: number) =>
			this.samples()
				.filter(({ at }) => at >= start && at <= start + third)
				.map((sample) => sample[what]);
		const [first, last] = [within(from), within(to - third)];
		return { first: median(first), last: median(last), samples: [first.length, last.length] };
	}
}
