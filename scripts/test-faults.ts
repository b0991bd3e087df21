import { Checks } from './checks';
import { buildPackage } from './package';
import { Report, type ReportRow } from './report';

/**
 * Everything that can go wrong, at every place and under every setting, and a real n8n that is stopped
 * and killed at random moments (test/engine/faults, test/faults; docs/internals/reliability.md).
 */
const report = new Report();
/** One line for a fault at a place, with a column for each setting. */
function perFault(rows: readonly ReportRow[]): ReportRow[] {
	const settings = [...new Set(rows.map(({ Setting }) => String(Setting)))];
	const lines = new Map<string, ReportRow>();
	for (const { Place = '', Fault = '', Setting, First = '', Again = '' } of rows) {
		const id = `${Place} ${Fault}`;
		const line = lines.get(id) ?? {
			Place,
			Fault,
			...Object.fromEntries(settings.map((setting) => [setting === '' ? 'Outcome' : setting, ''])),
		};
		line[Setting === '' ? 'Outcome' : String(Setting)] =
			First === Again ? First : `${First}; again: ${Again}`;
		lines.set(id, line);
	}
	return [...lines.values()];
}

void Checks.of(async (checks) => {
	buildPackage();
	await checks.jest(
		['engine', 'faults'],
		['--testPathPatterns', 'test/(engine/)?faults/', '--runInBand'],
		{
			withinMs: 3 * 60 * 60 * 1000,
		},
	);
	for (const place of new Set(report.rows().map(({ Place }) => Place))) {
		report.print(perFault(report.rows().filter((row) => row.Place === place)));
		console.log('');
	}
	report.close();
});
