import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import type { BadInput } from './BadInput';

/** Cases of all kinds together; `npm run test:fuzz` asks for a million. */
const CASES = Number(process.env.MOCA_AIR_FUZZ_CASES ?? 10_000);
/** The file that gets a line of JSON for each kind. */
const REPORT = process.env.MOCA_AIR_FUZZ_REPORT;

/** One test for each kind of input, with its share of the cases. */
export function testBadInput(kinds: readonly BadInput[]): void {
	const seed = fc.readConfigureGlobal().seed ?? 0;
	test.each(kinds.map((kind) => [kind.name, kind] as const))(
		'%s are taken or refused in words, and never a third thing',
		async (_name, { run, share }) => {
			const wanted = Math.ceil((share * CASES) / 10_000);
			const result = await run(wanted, seed);
			if (REPORT !== undefined) appendFileSync(REPORT, `${JSON.stringify(result)}\n`);
			expect(result.failure).toBeUndefined();
			expect(result.cases).toBe(wanted);
			// Both must occur; otherwise the cases would show nothing.
			expect(result.taken).toBeGreaterThan(0);
			expect(result.refused).toBeGreaterThan(0);
		},
		60 * 60 * 1000,
	);
}
