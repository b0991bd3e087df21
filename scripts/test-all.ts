import { Checks } from './checks';
import { buildPackage } from './package';
import { lookOver, testInN8n, testInProcess, testMeasuring } from './tiers';

/**
 * Everything that CI runs: what is in a real n8n waits most of its time, and leaves the cores to the
 * tests in process.
 */
void Checks.of(async (checks) => {
	const looked = lookOver(checks);
	buildPackage();
	await looked;
	await Promise.all([
		testInN8n(checks, ['host', 'browser']),
		testInProcess(checks, { perCore: 1, stepsBack: true }),
	]);
	await testMeasuring(checks);
});
