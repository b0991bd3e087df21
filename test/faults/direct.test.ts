import { pool } from '../engine/faults/pool';
import { fasterPauses } from '../support/fasterPauses';
import type * as backoff from '../../air/pacing/backoff';
import { reportRow } from '../support/report';
import { wordOf } from '../unit/issuance/direct/matrix/books';
import {
	airSettings,
	Cells,
	firstOf,
	lastOf,
	type Cell,
	type Outcome,
} from '../unit/issuance/direct/matrix/cells';
import { directFaults } from '../unit/issuance/direct/matrix/faults';

/** What is waited for between attempts passes faster here. */
fasterPauses(100);
jest.mock('../../air/pacing/backoff', () => {
	const actual = jest.requireActual<typeof backoff>('../../air/pacing/backoff');
	return {
		...actual,
		pause: async (ms: number, signal?: AbortSignal) => await actual.pause(ms / 100, signal),
	};
});

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
/** They wait most of the time: for a pause, a repeat or a timeout. */
const AT_ONCE = 16;

jest.setTimeout(3_600_000);

let all: Cells;
let outcomes: ReadonlyMap<Cell, Outcome | Error>;

beforeAll(async () => {
	all = await Cells.start();
	outcomes = await pool(cells, AT_ONCE, async (cell) => {
		return await all
			.run(cell)
			.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
	});
});
afterAll(async () => {
	await all.close();
});

test.each(
	cells.map(
		(cell) =>
			[
				`${cell.fault.call}: ${cell.fault.name}${cell.always ? ', each time' : ''}`,
				cell.setting.name,
				cell,
			] as const,
	),
)('%s, %s', (_fault, _setting, cell) => {
	const outcome = outcomes.get(cell);
	if (!(outcome !== undefined && 'endings' in outcome)) throw outcome ?? new Error('not run');
	const { endings, imbalances, lying } = outcome;
	reportRow({
		Place: `direct issuance: ${cell.fault.call}`,
		Fault: `${cell.fault.name}${cell.always ? ', each time' : ''}`,
		Setting: cell.setting.name,
		First: wordOf(endings[0]),
		Again: wordOf(endings.at(-1)),
		Accepted: lying,
	});
	expect(imbalances).toEqual([]);
	expect([wordOf(endings[0]), wordOf(endings.at(-1))]).toEqual([firstOf(cell), lastOf(cell)]);
});
