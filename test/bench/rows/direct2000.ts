import { startAir } from '../air';
import { directOurs } from '../directOurs';
import { DirectScript } from '../directScript';
import { atLeast, type Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { measured, ratios } from '../statistics';
import { MOST_IN_FLIGHT, people } from '../variants';

const GOAL = 0.85;

interface Figures {
	readonly rates: number[];
	/** Of the processor, in microseconds for each item. */
	readonly micros: number[];
}

/** Row 8: direct issuance by ours with the ledger on, without n8n's engine, and by a bare script. */
export async function direct2000(context: RowContext): Promise<Line[]> {
	const items = scaled(context, 2_000);
	const lines: Line[] = [];
	for (const alg of ['RS256', 'ES256'] as const) {
		const air = await startAir(alg);
		const kinds = {
			ours: await directOurs(air, context.subject),
			script: new DirectScript(air, MOST_IN_FLIGHT),
		};
		for (const latency of [20, 100]) {
			kinds.ours.forget();
			const figures: Record<keyof typeof kinds, Figures> = {
				ours: { rates: [], micros: [] },
				script: { rates: [], micros: [] },
			};
			for (let pair = -1; pair < context.pairs; pair++) {
				const count = pair < 0 ? Math.min(items, 200) : items;
				for (const kind of ['ours', 'script'] as const) {
					await air.begin(latency);
					const emails = people(count).map(({ email }) => email as string);
					const before = process.cpuUsage();
					// As many in flight at each of the two hosts.
					const seconds = await kinds[kind].issueAll(emails, 2 * MOST_IN_FLIGHT);
					const { user, system } = process.cpuUsage(before);
					if (pair < 0) continue;
					figures[kind].rates.push(count / seconds);
					figures[kind].micros.push((user + system) / count);
				}
				context.say(`${alg}, ${latency} ms: ${pair + 1} of ${context.pairs}`);
			}
			const { ours, script } = figures;
			const setting = `${items} items, ${alg}, AIR answers after ${latency} ms`;
			const ratio = ratios(ours.rates, script.rates);
			lines.push(
				{
					row: 8,
					setting,
					unit: 'items/s',
					ours: { name: 'direct issuance, ledger on', ...measured(ours.rates) },
					comparison: { name: 'bare script', ...measured(script.rates) },
					ratio,
					goal: atLeast(GOAL, ratio),
				},
				{
					row: 8,
					setting,
					unit: 'µs of the processor per item',
					ours: { name: 'direct issuance, ledger on', ...measured(ours.micros) },
					comparison: { name: 'bare script', ...measured(script.micros) },
					ratio: ratios(ours.micros, script.micros),
				},
			);
		}
		await kinds.script.close();
		await kinds.ours.close();
		await air.close();
	}
	return lines;
}
