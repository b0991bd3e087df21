import { startAir, type Algorithm } from './air';
import { loadEngine } from './engine';
import { timeOurNode } from './rows/oneItem';
import type { BenchSettings } from './settings';
import { automatic, credentialsFor, freshLedger, people } from './variants';

/** Issues one item, the first of this process, and tells how long our node took. */
async function main(): Promise<void> {
	const [settings = '{}', alg] = process.argv.slice(2);
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const engine = await loadEngine(JSON.parse(settings) as BenchSettings);
	const clock = timeOurNode(engine);
	const air = await startAir(alg as Algorithm);
	const endLedger = freshLedger(engine);
	await air.begin(0);
	await engine.run(people(1), automatic(), credentialsFor(air, 'embedded'));
	const ms = clock.last();
	await endLedger();
	await air.close();
	process.send?.(ms, () => process.exit());
}

void main();
