import { Checks } from './checks';
import { buildPackage } from './package';
import { testInN8n } from './tiers';

/** `npm run test:host -- --shard=1/3` for a third of it: what follows goes to jest. */
void Checks.of(async (checks) => {
	buildPackage();
	await testInN8n(checks, ['host'], process.argv.slice(2));
});
