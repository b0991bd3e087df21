import { Checks } from './checks';
import { buildPackage } from './package';
import { lookOver, testInN8n, testInProcess, testMeasuring } from './tiers';

/**
 * Everything that CI runs. In-process tests have limits of a few seconds, which they would exceed next to
 * several n8n processes.
 */
void Checks.of(async (checks) => {
	const looked = lookOver(checks);
	buildPackage();
	await testInProcess(checks);
	await testInN8n(checks, ['host', 'browser']);
	await looked;
	await testMeasuring(checks);
});
