import { startAir } from '../air';
import { BareScript } from '../ceiling';
import { loadEngine } from '../engine';
import { atLeast, type Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { measured, ratios } from '../statistics';
import {
	automatic,
	MOST_IN_FLIGHT,
	credentialsFor,
	forgetLimits,
	freshLedger,
	people,
} from '../variants';

/** By latency, with the ledger on. */
const GOALS = { 20: 0.8, 100: 0.9, 300: 0.9 } as const;

/** Row 2: ours, and the most that this machine can do. */
export async function ceiling2000(context: RowContext): Promise<Line[]> {
	const items = scaled(context, 2_000);
	const engine = await loadEngine(context);
	const lines: Line[] = [];
	for (const alg of ['RS256', 'ES256'] as const) {
		const air = await startAir(alg);
		const endLedger = freshLedger(engine);
		const bare = new BareScript(air, MOST_IN_FLIGHT);
		for (const latency of [20, 100, 300] as const) {
			// Another AIR, and not one that has become slower.
			forgetLimits(engine);
			const rates = { embedded: [] as number[], off: [] as number[], bare: [] as number[] };
			for (let pair = -1; pair < context.pairs; pair++) {
				const count = pair < 0 ? Math.min(items, 200) : items;
				for (const kind of ['embedded', 'off', 'bare'] as const) {
					await air.begin(latency);
					const batch = people(count);
					const seconds =
						kind === 'bare'
							? await bare.issueAll(
									batch.map(({ email }) => email as string),
									MOST_IN_FLIGHT,
								)
							: (await engine.run(batch, automatic(), credentialsFor(air, kind))).seconds;
					if (pair >= 0) rates[kind].push(count / seconds);
				}
				context.say(`${alg}, ${latency} ms: ${pair + 1} of ${context.pairs}`);
			}
			for (const kind of ['embedded', 'off'] as const) {
				const ratio = ratios(rates[kind], rates.bare);
				lines.push({
					row: 2,
					setting: `${items} items, ${alg}, AIR answers after ${latency} ms`,
					unit: 'items/s',
					ours: {
						name: `mapped automatically, ledger ${kind === 'off' ? 'off' : 'on'}`,
						...measured(rates[kind]),
					},
					comparison: { name: 'bare script', ...measured(rates.bare) },
					ratio,
					goal: kind === 'off' ? undefined : atLeast(GOALS[latency], ratio),
				});
			}
		}
		await bare.close();
		await endLedger();
		await air.close();
	}
	return lines;
}
