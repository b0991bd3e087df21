import { Checks } from './checks';
import { buildPackage } from './package';
import { lookOver, testInN8n, testInProcess, testMeasuring } from './tiers';

/**
 * Everything that CI runs. One after the other, although tests in n8n leave the cores idle for part of
 * their time: tests in process have limits of a few seconds, which they would miss beside five n8n.
 */
void Checks.of(async (checks) => {
	const looked = lookOver(checks);
	buildPackage();
	await looked;
	await testInProcess(checks);
	await testInN8n(checks, ['host', 'browser']);
	await testMeasuring(checks);
});
