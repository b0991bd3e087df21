import { Checks } from './checks';
import { buildPackage } from './package';
import { testInN8n } from './tiers';

/** `npm run test:host -- --shard=1/3` runs a third of the tests: jest gets all arguments. */
void Checks.of(async (checks) => {
	buildPackage();
	await testInN8n(checks, ['host'], process.argv.slice(2));
});
