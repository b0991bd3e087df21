import { pool } from '../../../../engine/faults/pool';
import { wordOf } from './books';
import { Cells, firstOf, lastOf, type Cell, type Outcome } from './cells';

const placeOf = ({ fault, always }: Cell) => `${fault.name}${always ? ', each time' : ''}`;

/**
 * Declares a test for each cell; they are played some at a time, as they wait most of the time: for a
 * pause, a repeat or a timeout.
 *
 * @param onOutcome - told how each ended, before it is judged
 */
export function testCells(
	cells: readonly Cell[],
	atOnce: number,
	onOutcome: (cell: Cell, place: string, outcome: Outcome) => void = () => undefined,
): void {
	let all: Cells;
	let outcomes: ReadonlyMap<Cell, Outcome | Error>;

	beforeAll(async () => {
		all = await Cells.start();
		outcomes = await pool(cells, atOnce, async (cell) => {
			return await all
				.run(cell)
				.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
		});
	});
	afterAll(async () => {
		await all.close();
	});

	test.each(
		cells.map((cell) => [`${cell.fault.call}: ${placeOf(cell)}`, cell.setting.name, cell] as const),
	)('%s, %s', (_fault, _setting, cell) => {
		const outcome = outcomes.get(cell);
		if (!(outcome !== undefined && 'endings' in outcome)) throw outcome ?? new Error('not run');
		onOutcome(cell, placeOf(cell), outcome);
		const { endings, imbalances } = outcome;
		expect(imbalances).toEqual([]);
		expect([wordOf(endings[0]), wordOf(endings.at(-1))]).toEqual([firstOf(cell), lastOf(cell)]);
	});
}
