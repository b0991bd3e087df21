import { startAir } from './air';
import { loadEngine, type Chain } from './engine';
import type { BenchSettings } from './settings';
import type { SingleResult, SingleRun } from './single';
import { automatic, builtIn, credentialsFor, freshLedger, noOperation, people } from './variants';

/** How fast requests came: those between are divided by the time that they took. */
function ratesOf(times: readonly number[], parts: number): number[] {
	const size = Math.floor(times.length / parts);
	return Array.from({ length: parts }, (_, part) => {
		const [from, to] = [times[part * size], times[(part + 1) * size - 1]];
		return from === undefined || to === undefined
			? 0
			: ((size - 1) * 1000) / Math.max(1, to - from);
	});
}

async function main(): Promise<void> {
	const [settings, run] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown) as [
		BenchSettings,
		SingleRun,
	];
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const engine = await loadEngine(settings);
	const air = await startAir(run.alg);
	const endLedger = freshLedger(engine);
	await air.begin(run.latencyMs);
	const chains: Readonly<Record<SingleRun['what'], Chain>> = {
		automatic: automatic(),
		// All at once, and a connection each, is more files than a process may usually open.
		builtIn: builtIn(air, { batching: { batch: { batchSize: 1000, batchInterval: 1000 } } }),
		noOperation,
	};
	const { seconds } = await engine.run(
		people(run.items),
		chains[run.what],
		credentialsFor(air, run.ledger),
	);
	// In kilobytes, and before anything is asked of the emulator.
	const peakMegabytes = process.resourceUsage().maxRSS / 1024;
	const times = (await air.requests()).map(({ at }) => at);
	const result: SingleResult = {
		seconds,
		peakMegabytes,
		counts: await air.counts(),
		quarters: ratesOf(times, 4),
	};
	await endLedger();
	await air.close();
	process.send?.(result, () => process.exit());
}

void main();
