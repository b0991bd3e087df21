import { startAir } from '../air';
import { loadEngine, type Chain } from '../engine';
import { atLeast, type Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { measured, ratios } from '../statistics';
import {
	automatic,
	builtIn,
	credentialsFor,
	dragged,
	expressions,
	forgetLimits,
	freshLedger,
	MOST_IN_FLIGHT,
	people,
} from '../variants';

const LATENCIES = [20, 100, 300] as const;
const AUTOMATIC = 'mapped automatically, ledger on';
const DRAGGED = 'three dragged fields per item, ledger on';

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
			{ name: AUTOMATIC, chain: automatic(), ledger: 'embedded' },
			{ name: 'mapped automatically, ledger off', chain: automatic(), ledger: 'off' },
			{ name: DRAGGED, chain: dragged(), ledger: 'embedded' },
			{
				name: 'three expressions per item, ledger on',
				chain: expressions(),
				ledger: 'embedded',
			},
		] as const;
		for (const latency of LATENCIES) {
			// Another AIR, and not one that has become slower.
			forgetLimits(engine);
			const setting = `${items} items, ${alg}, AIR answers after ${latency} ms`;
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
			for (const { name } of ours) {
				const ratio = ratios(rates(name), rates(theirs.name));
				lines.push({
					row: 1,
					setting,
					unit: 'items/s',
					ours: { name, ...measured(rates(name)) },
					comparison: { name: theirs.name, ...measured(rates(theirs.name)) },
					ratio,
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
			const share = ratios(rates(DRAGGED), rates(AUTOMATIC));
			lines.push({
				row: 1,
				setting,
				unit: 'items/s',
				ours: { name: DRAGGED, ...measured(rates(DRAGGED)) },
				comparison: { name: AUTOMATIC, ...measured(rates(AUTOMATIC)) },
				ratio: share,
				goal: atLeast(0.95, share),
			});
		}
		await endLedger();
		await air.close();
	}
	return lines;
}
