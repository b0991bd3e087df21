import { Checks } from './checks';
import { buildPackage } from './package';
import { lookOver, testInN8n, testInProcess, testMeasuring } from './tiers';

/**
 * Everything that CI runs. Tests in process have limits of a few seconds, which they would miss beside
 * several n8n.
 */
void Checks.of(async (checks) => {
	const looked = lookOver(checks);
	buildPackage();
	await testInProcess(checks);
	await testInN8n(checks, ['host', 'browser']);
	await looked;
	await testMeasuring(checks);
});
