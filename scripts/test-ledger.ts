import { parseArgs } from 'node:util';
import { Checks } from './checks';
import { Report } from './report';

/**
 * The operations on the ledger with `--rows 1000000` in it, on both stores or on one of them with
 * `--store sqlite|postgres` (test/engine/ledgerSize.test.ts; docs/internals/ledger.md).
 */
const { values } = parseArgs({
	options: { rows: { type: 'string', default: '1000000' }, store: { type: 'string' } },
});
const rows = Number(values.rows);
if (!Number.isInteger(rows) || rows < 1000) throw new Error('--rows wants a number from 1000');
const report = new Report();
void Checks.of(async (checks) => {
	await checks.jest(['engine'], ['test/engine/ledgerSize', '--runInBand'], {
		withinMs: 60 * 60 * 1000,
		env: {
			MOCA_AIR_LEDGER_ROWS: String(rows),
			...(values.store === undefined ? {} : { MOCA_AIR_LEDGER_STORE: values.store }),
		},
	});
	report.print(report.rows());
	report.close();
});
