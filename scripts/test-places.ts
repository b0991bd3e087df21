import { parseArgs } from 'node:util';
import { Checks } from './checks';
import { Report } from './report';

/**
 * Four processes draw places in status lists at once (`--places 100000`), on both stores: no place
 * twice, and none reveals when it was taken (test/unit/ledger/places.test.ts).
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
