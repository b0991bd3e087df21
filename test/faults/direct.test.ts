import { fasterPauses } from '../support/fasterPauses';
import { reportRow } from '../support/report';
import { wordOf } from '../unit/issuance/direct/matrix/books';
import { airSettings, type Cell } from '../unit/issuance/direct/matrix/cells';
import { directFaults } from '../unit/issuance/direct/matrix/faults';
import { testCells } from '../unit/issuance/direct/matrix/testCells';

/** What is waited for between attempts passes faster here. */
fasterPauses(100);
jest.mock('../../air/pacing/backoff', () => jest.requireActual<object>('../support/fasterBackoff'));

/**
 * Fault × what AIR may do otherwise, at both calls of direct issuance: the fault meets one request of the
 * first execution, or all of them; then the same event comes again until it is known. At the end the
 * books balance: AIR, the ledger and the items say the same, of one credential.
 */
const EACH_TIME: ReadonlySet<string> = new Set([
	'as documented',
	'a repeat is 409',
	'a repeat is stored again',
	'Reissue',
]);
const cells: Cell[] = directFaults.flatMap((fault) =>
	airSettings.flatMap((setting) =>
		(EACH_TIME.has(setting.name) ? [false, true] : [false]).map((always): Cell => ({
			fault,
			setting,
			always,
		})),
	),
);
const AT_ONCE = 16;

jest.setTimeout(3_600_000);

testCells(cells, AT_ONCE, (cell, place, { endings, lying }) => {
	reportRow({
		Place: `direct issuance: ${cell.fault.call}`,
		Fault: place,
		Setting: cell.setting.name,
		First: wordOf(endings[0]),
		Again: wordOf(endings.at(-1)),
		Accepted: lying,
	});
});
