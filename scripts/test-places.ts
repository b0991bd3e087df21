import { parseArgs } from 'node:util';
import { Checks } from './checks';
import { Report } from './report';

/**
 * Places in status lists, `--places 100000` of them drawn by four processes at once, on both stores: none
 * twice, and none tells when it was taken (test/unit/ledger/places.test.ts).
 */
const { values } = parseArgs({ options: { places: { type: 'string', default: '100000' } } });
const places = Number(values.places);
if (!Number.isInteger(places) || places < 4000 || places % 4 !== 0) {
	throw new Error('--places wants a number from 4000 that can be divided by 4');
}
const report = new Report();

void Checks.of(async (checks) => {
	await checks.jest(['unit'], ['test/unit/ledger/places', '--runInBand'], {
		withinMs: 60 * 60 * 1000,
		env: { ...process.env, MOCA_AIR_PLACES: String(places) },
	});
	report.print(report.rows());
	report.close();
});
