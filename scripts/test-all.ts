import { Checks } from './checks';
import { buildPackage } from './package';
import { lookOver, testEverywhere, testMeasuring } from './tiers';

/** Everything that CI runs. */
void Checks.of(async (checks) => {
	const looked = lookOver(checks);
	buildPackage();
	await testEverywhere(checks);
	await looked;
	await testMeasuring(checks);
});
