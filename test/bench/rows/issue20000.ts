import type { Line } from '../results';
import { atLeast, below } from '../results';
import { scaled, type RowContext } from '../settings';
import { runAlone, type SingleResult, type SingleRun } from '../single';
import { measured, medianOf, ratios } from '../statistics';
import { MOST_IN_FLIGHT } from '../variants';

const MANY = 100_000;

/** By latency: how many times n8n's own nodes; 300 ms is compared with what the places allow. */
const GOALS = { 20: 5, 100: 2.7 } as const;

type Run = Omit<SingleRun, 'what' | 'ledger'>;

/** Row 3: long runs, each in a process of its own. */
export async function issue20000(context: RowContext): Promise<Line[]> {
	const items = scaled(context, 20_000);
	const lines: Line[] = [];
	for (const alg of ['ES256', 'RS256'] as const) {
		for (const latencyMs of [20, 100] as const) {
			lines.push(...(await besideTheirs(context, { alg, items, latencyMs })));
		}
		lines.push(await byPlaces(context, { alg, items, latencyMs: 300 }));
	}
	return [...lines, ...(await memory(context))];
}

const settingOf = ({ alg, items, latencyMs }: Run): string =>
	`${items} items, ${alg}, AIR answers after ${latencyMs} ms`;

async function besideTheirs(
	context: RowContext,
	run: Run & { readonly latencyMs: keyof typeof GOALS },
): Promise<Line[]> {
	const { items } = run;
	const ours: SingleResult[] = [];
	const theirs: SingleResult[] = [];
	for (let pair = 0; pair < context.pairs; pair++) {
		ours.push(await runAlone(context, { ...run, ledger: 'embedded', what: 'automatic' }));
		theirs.push(await runAlone(context, { ...run, ledger: 'embedded', what: 'builtIn' }));
		context.say(`${settingOf(run)}: ${pair + 1} of ${context.pairs}`);
	}
	const of = (runs: readonly SingleResult[], value: (run: SingleResult) => number) =>
		measured(runs.map(value));
	const setting = settingOf(run);
	const both = (unit: string, value: (run: SingleResult) => number) => ({
		row: 3,
		setting,
		unit,
		ours: { name: 'mapped automatically, ledger on', ...of(ours, value) },
		comparison: { name: 'JWT + HTTP Request, batches of 1,000 a second', ...of(theirs, value) },
		ratio: ratios(ours.map(value), theirs.map(value)),
	});
	const steady = of(ours, ({ quarters }) => (quarters[3] ?? 0) / (quarters[0] ?? 1));
	const rates = both('items/s', ({ seconds }) => items / seconds);
	const connections = both('connections opened', ({ counts }) => counts.connections);
	return [
		{
			...rates,
			goal: atLeast(GOALS[run.latencyMs], rates.ratio),
			more: Object.fromEntries(
				[0, 1, 2, 3].map((quarter) => [
					`items/s in quarter ${quarter + 1}`,
					medianOf(ours.map(({ quarters }) => quarters[quarter] ?? 0)),
				]),
			),
		},
		{
			row: 3,
			setting,
			unit: 'rate of the last quarter of the items to that of the first',
			ours: { name: 'mapped automatically, ledger on', ...steady },
			goal: atLeast(0.95, steady),
		},
		{
			...connections,
			goal: {
				text: `≤ ${MOST_IN_FLIGHT + 2}`,
				met: connections.ours.max <= MOST_IN_FLIGHT + 2,
			},
		},
		both('requests in flight at most', ({ counts }) => counts.maxInFlight),
		both('MB of memory at most', ({ peakMegabytes }) => peakMegabytes),
	];
}

/** Where AIR takes long, the most in flight by the time it takes is the most that anything can do. */
async function byPlaces(context: RowContext, run: Run): Promise<Line> {
	const most = (MOST_IN_FLIGHT * 1000) / run.latencyMs;
	const rates: number[] = [];
	for (let pair = 0; pair < Math.min(2, context.pairs); pair++) {
		const { seconds } = await runAlone(context, { ...run, ledger: 'embedded', what: 'automatic' });
		rates.push(run.items / seconds);
		context.say(`${settingOf(run)}: ${pair + 1}`);
	}
	const shares = measured(rates.map((rate) => rate / most));
	return {
		row: 3,
		setting: settingOf(run),
		unit: 'items/s',
		ours: { name: 'mapped automatically, ledger on', ...measured(rates) },
		comparison: { name: `${MOST_IN_FLIGHT} in flight, nothing else`, ...measured([most]) },
		ratio: shares,
		goal: atLeast(0.95, shares),
	};
}

/** 100,000 items, and the same items given to a No Operation node. */
async function memory(context: RowContext): Promise<Line[]> {
	const items = scaled(context, MANY);
	const run = { alg: 'ES256', items, latencyMs: 0 } as const;
	const above: number[] = [];
	const ours: number[] = [];
	const nothing: number[] = [];
	const peak = async (what: SingleRun['what']) =>
		(await runAlone(context, { ...run, ledger: 'embedded', what })).peakMegabytes;
	for (let pair = 0; pair < Math.min(2, context.pairs); pair++) {
		const least = await peak('noOperation');
		const most = await peak('automatic');
		nothing.push(least);
		ours.push(most);
		above.push(most - least);
		context.say(`memory: ${pair + 1} of ${context.pairs}`);
	}
	const difference = measured(above);
	return [
		{
			row: 3,
			setting: `${items} items, ES256, AIR answers at once`,
			unit: 'MB of memory at most',
			ours: { name: 'mapped automatically, ledger on', ...measured(ours) },
			comparison: { name: 'No Operation node', ...measured(nothing) },
			ratio: ratios(ours, nothing),
			more: { 'MB above No Operation': difference.median },
			goal: below(600, difference, ' MB above it'),
		},
	];
}
