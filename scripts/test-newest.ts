import { Checks } from './checks';
import { buildPackage } from './package';

/**
 * The newest n8n that could be installed completely (harness/n8n-newest): the package in it, its editor, its
 * webhooks, its queue, its repeats and its agents, whose class our tools read (docs/internals/compatibility.md).
 */
const files = [
	'n8n.test',
	'switches',
	'jwksTrigger',
	'queue.test',
	'unverified',
	'ledger.test',
].map((name) => `test/host/${name}`);
void Checks.of(async (checks) => {
	buildPackage();
	await checks.jest(['host', 'browser'], [...files, 'test/browser/', '--runInBand'], {
		withinMs: 60 * 60 * 1000,
		env: { MOCA_AIR_N8N: 'newest' },
	});
});
