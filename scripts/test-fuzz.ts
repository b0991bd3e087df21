import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { Checks } from './checks';
import { table } from './table';

const resultSchema = z.object({
	name: z.string(),
	cases: z.number(),
	taken: z.number(),
	refused: z.number(),
	slowestMs: z.number(),
	failure: z.string().optional(),
});

/**
 * A million cases of bad input, different ones each time. A seed always gives the same cases:
 * `FAST_CHECK_SEED=… npm run test:fuzz`.
 */
const seed = process.env.FAST_CHECK_SEED ?? String(randomInt(2 ** 31));
const cases = process.env.MOCA_AIR_FUZZ_CASES ?? '1000000';
console.log(`seed ${seed}, ${cases} cases`);

const folder = mkdtempSync(join(tmpdir(), 'moca-air-fuzz-'));
const report = join(folder, 'report.jsonl');
process.env.FAST_CHECK_SEED = seed;
process.env.MOCA_AIR_FUZZ_CASES = cases;
process.env.MOCA_AIR_FUZZ_REPORT = report;
void Checks.of(async (checks) => {
	// A case that hangs is ended, and has failed.
	await checks.jest(['unit', 'engine'], ['--testPathPatterns', 'badInput', '--maxWorkers=100%'], {
		withinMs: 3 * 60 * 60 * 1000,
	});

	const results = readFileSync(report, 'utf8')
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => resultSchema.parse(JSON.parse(line)))
		.sort((a, b) => a.name.localeCompare(b.name));
	rmSync(folder, { recursive: true, force: true });
	const sum = (of: (result: (typeof results)[number]) => number) =>
		results.reduce((total, result) => total + of(result), 0);
	console.log(
		table(
			['Bad input', 'Cases', 'Taken', 'Refused in words', 'Anything else', 'Slowest case, ms'],
			[
				...results.map(({ name, cases: ran, taken, refused, slowestMs, failure }) => [
					name,
					ran,
					taken,
					refused,
					failure === undefined ? 0 : 'yes',
					Math.round(slowestMs),
				]),
				[
					'**All**',
					sum((result) => result.cases),
					sum((result) => result.taken),
					sum((result) => result.refused),
					results.filter(({ failure }) => failure !== undefined).length,
					Math.round(Math.max(...results.map((result) => result.slowestMs))),
				],
			],
		),
	);
});
