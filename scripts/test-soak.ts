import { parseArgs } from 'node:util';
import { Checks } from './checks';
import { buildPackage } from './package';
import { Report, type ReportRow } from './report';

/** `--minutes 30` of mixed load on a real n8n (test/soak): its memory and handles must not grow. */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes wants a number of minutes');
process.env.MOCA_AIR_SOAK_MINUTES = String(minutes);
const report = new Report();
const has = (column: string) => (row: ReportRow) => column in row;

void Checks.of(async (checks) => {
	buildPackage();
	await checks.jest(['soak'], ['--runInBand'], { withinMs: (minutes + 60) * 60_000 });
	report.print(report.rows().filter(has('Held by n8n')));
	console.log('');
	report.print(report.rows().filter(has('Load')));
	report.close();
});
