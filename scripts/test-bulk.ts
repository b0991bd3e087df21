import { Checks } from './checks';
import { buildPackage } from './package';
import { Report } from './report';

/** One execution issues directly to 10,000 people, and its process is killed (test/host/bulkDirect.ts). */
process.env.MOCA_AIR_BULK_DIRECT ??= '10000';
const report = new Report();
const files = ['test/host/crash', 'test/host/queue.test'];
void Checks.of(async (checks) => {
	buildPackage();
	await checks.jest(['host'], [...files, '-t', 'people in one execution', '--runInBand'], {
		withinMs: 2 * 60 * 60 * 1000,
	});
	report.print(report.rows());
	report.close();
});
