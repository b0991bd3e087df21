import fc from 'fast-check';

/** An input is either used, or refused with a message. Nothing else may happen. */
export type Verdict = 'taken' | 'refused';

export interface BadInputOptions<T> {
	/** The name in the table. */
	readonly name: string;
	/** Its share of ten thousand cases. */
	readonly share: number;
	readonly inputs: fc.Arbitrary<T>;
	/** Known difficult inputs, tried first in every run. */
	readonly corpus: readonly T[];
	/** @throws Error if a rule is broken */
	readonly check: (input: T) => Verdict | Promise<Verdict>;
	/** Starts what the cases need, e.g. a server. @returns ends it */
	readonly setUp?: () => Promise<() => Promise<void>>;
}

export interface BadInputResult {
	readonly name: string;
	readonly cases: number;
	readonly taken: number;
	readonly refused: number;
	/** The longest that one case took, in milliseconds. */
	readonly slowestMs: number;
	/** What went wrong, with the smallest input that shows it. */
	readonly failure: string | undefined;
}

/** One kind of input, and the rules that every input must satisfy. */
export interface BadInput {
	readonly name: string;
	readonly share: number;
	readonly run: (cases: number, seed: number) => Promise<BadInputResult>;
}

/**
 * Declares a kind of bad input.
 *
 * @example
 * ```ts
 * badInput({ name: 'Programs', share: 500, inputs: fc.anything(), corpus: [''], check });
 * ```
 */
export function badInput<T>(options: BadInputOptions<T>): BadInput {
	const { name, share, inputs, corpus, check, setUp } = options;
	return {
		name,
		share,
		run: async (cases, seed) => {
			const tearDown = await setUp?.();
			const verdicts = { taken: 0, refused: 0 };
			let slowestMs = 0;
			try {
				const property = fc.asyncProperty(inputs, async (input) => {
					const began = performance.now();
					verdicts[await check(input)] += 1;
					slowestMs = Math.max(slowestMs, performance.now() - began);
				});
				const details = await fc.check(property, {
					seed,
					numRuns: cases,
					examples: corpus.map((input): [T] => [input]),
					includeErrorInReport: true,
				});
				const failure = details.failed ? fc.defaultReportMessage(details) : undefined;
				return { name, cases: details.numRuns, ...verdicts, slowestMs, failure };
			} finally {
				await tearDown?.();
			}
		},
	};
}
