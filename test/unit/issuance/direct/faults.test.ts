import { pool } from '../../../engine/faults/pool';
import { fasterPauses } from '../../../support/fasterPauses';
import type * as backoff from '../../../../air/pacing/backoff';
import { wordOf } from './matrix/books';
import {
	airSettings,
	Cells,
	firstOf,
	lastOf,
	ORDINARY,
	type Cell,
	type Outcome,
} from './matrix/cells';
import { directFaults } from './matrix/faults';

/** What is waited for between attempts passes faster here. */
fasterPauses(100);
jest.mock('../../../../air/pacing/backoff', () => {
	const actual = jest.requireActual<typeof backoff>('../../../../air/pacing/backoff');
	return {
		...actual,
		pause: async (ms: number, signal?: AbortSignal) => await actual.pause(ms / 100, signal),
	};
});

/**
 * The small part of the matrix: each fault at each call while AIR behaves as documented, and what AIR
 * may do otherwise after a lost answer. All of it runs in test/faults/direct.test.ts.
 */
const LOST = directFaults.filter(
	({ call, inject, worked }) =>
		call === 'store' && inject.kind === 'reset' && worked && inject.midBody !== true,
);
const cells: Cell[] = [
	...directFaults.map((fault): Cell => ({ fault, setting: ORDINARY, always: false })),
	...LOST.flatMap((fault) =>
		airSettings.flatMap((setting) =>
			[false, true].map((always): Cell => ({ fault, setting, always })),
		),
	),
];

jest.setTimeout(240_000);

let all: Cells;
let outcomes: ReadonlyMap<Cell, Outcome | Error>;

beforeAll(async () => {
	all = await Cells.start();
	outcomes = await pool(cells, 12, async (cell) => {
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
	const { endings, imbalances } = outcome;
	expect(imbalances).toEqual([]);
	expect([wordOf(endings[0]), wordOf(endings.at(-1))]).toEqual([firstOf(cell), lastOf(cell)]);
});
