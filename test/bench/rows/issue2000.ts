import { startAir } from '../air';
import { loadEngine, type Chain } from '../engine';
import { atLeast, type Goal, type Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { measured, ratios, type Measured } from '../statistics';
import {
	automatic,
	builtIn,
	credentialsFor,
	dragged,
	expressions,
	freshLedger,
	MOST_IN_FLIGHT,
	people,
} from '../variants';

const LATENCIES = [20, 100, 300] as const;
/** By latency: how many times n8n's own nodes. */
const GOALS: Readonly<Record<number, number>> = { 20: 5, 100: 2.7 };

/** Row 1: 2,000 items with ours, and with n8n's own JWT and HTTP Request nodes. */
export async function issue2000(context: RowContext): Promise<Line[]> {
	const items = scaled(context, 2_000);
	const engine = await loadEngine(context);
	const lines: Line[] = [];
	for (const alg of ['RS256', 'ES256'] as const) {
		const air = await startAir(alg);
		const endLedger = freshLedger(engine);
		const theirs = { name: 'JWT + HTTP Request', chain: builtIn(air), ledger: 'off' as const };
		const ours = [
			{
				name: 'mapped automatically, ledger on',
				chain: automatic(),
				ledger: 'embedded' as const,
				goal: (ratio: Measured, latency: number): Goal | undefined =>
					GOALS[latency] === undefined ? undefined : atLeast(GOALS[latency], ratio),
			},
			{ name: 'mapped automatically, ledger off', chain: automatic(), ledger: 'off' as const },
			...[
				{ name: 'three dragged fields per item, ledger on', chain: dragged() },
				{ name: 'three expressions per item, ledger on', chain: expressions() },
			].map((given) => ({
				...given,
				ledger: 'embedded' as const,
				goal: (ratio: Measured): Goal => atLeast(1.5, ratio),
			})),
		];
		for (const latency of LATENCIES) {
			const once = async (chain: Chain, ledger: 'embedded' | 'off', count: number) => {
				await air.begin(latency);
				const { seconds } = await engine.run(people(count), chain, credentialsFor(air, ledger));
				const { connections, maxInFlight, issuances } = await air.counts();
				if (issuances !== count) throw new Error(`${issuances} of ${count} were issued`);
				return { perSecond: count / seconds, connections, maxInFlight };
			};
			type Run = Awaited<ReturnType<typeof once>>;
			const runs = new Map<string, Run[]>();
			for (let pair = -1; pair < context.pairs; pair++) {
				for (const { name, chain, ledger } of [...ours, theirs]) {
					const run = await once(chain, ledger, pair < 0 ? Math.min(items, 200) : items);
					if (pair >= 0) runs.set(name, [...(runs.get(name) ?? []), run]);
				}
				context.say(`${alg}, ${latency} ms: ${pair + 1} of ${context.pairs}`);
			}
			const rates = (name: string) => (runs.get(name) ?? []).map(({ perSecond }) => perSecond);
			const median = (name: string, of: (run: Run) => number) =>
				measured((runs.get(name) ?? []).map(of)).median;
			for (const { name, goal } of ours) {
				const ratio = ratios(rates(name), rates(theirs.name));
				lines.push({
					row: 1,
					setting: `${items} items, ${alg}, AIR answers after ${latency} ms`,
					unit: 'items/s',
					ours: { name, ...measured(rates(name)) },
					comparison: { name: theirs.name, ...measured(rates(theirs.name)) },
					ratio,
					goal: goal?.(ratio, latency),
					more: {
						'share of what the places allow':
							(measured(rates(name)).median * latency) / 1000 / MOST_IN_FLIGHT,
						connections: median(name, ({ connections }) => connections),
						'requests in flight': median(name, ({ maxInFlight }) => maxInFlight),
						'connections, JWT + HTTP Request': median(
							theirs.name,
							({ connections }) => connections,
						),
						'requests in flight, JWT + HTTP Request': median(
							theirs.name,
							({ maxInFlight }) => maxInFlight,
						),
					},
				});
			}
		}
		await endLedger();
		await air.close();
	}
	return lines;
}
