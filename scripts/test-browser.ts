import { Checks } from './checks';
import { buildPackage } from './package';
import { testInN8n } from './tiers';

void Checks.of(async (checks) => {
	buildPackage();
	await testInN8n(checks, ['browser'], process.argv.slice(2));
});
