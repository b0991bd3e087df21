import { Checks } from './checks';
import { buildPackage } from './package';

/** The queue under load, the search for canaries and the crash of n8n, at full size: every night. */
const files = ['queueLoad', 'canary', 'crash'].map((name) => `test/host/${name}`);
void Checks.of(async (checks) => {
	buildPackage();
	await checks.jest(['host'], [...files, '--runInBand'], {
		withinMs: 60 * 60 * 1000,
		env: { MOCA_AIR_STORMS: 'full' },
	});
});
