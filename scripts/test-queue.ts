import { Checks } from './checks';
import { buildPackage } from './package';
import { Report } from './report';

/** 5,000 issuances in queue mode, with workers killed repeatedly (test/host/queueLoad.test.ts). */
process.env.MOCA_AIR_QUEUE_ISSUANCES ??= '5000';
const report = new Report();
void Checks.of(async (checks) => {
	buildPackage();
	await checks.jest(['host'], ['test/host/queueLoad', '--runInBand'], {
		withinMs: 2 * 60 * 60 * 1000,
	});
	report.print(report.rows());
	report.close();
});
