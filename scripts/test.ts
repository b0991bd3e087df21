import { Checks } from './checks';
import { buildPackage } from './package';
import { lookOver, testInProcess, testMeasuring } from './tiers';

void Checks.of(async (checks) => {
	const looked = lookOver(checks);
	buildPackage();
	await testInProcess(checks);
	await looked;
	await testMeasuring(checks);
});
