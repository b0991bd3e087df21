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
	await Promise.all([looked, testInN8n(checks, ['host', 'browser']), testInProcess(checks, 1)]);
	await testMeasuring(checks);
});
