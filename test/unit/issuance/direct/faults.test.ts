import { fasterPauses } from '../../../support/fasterPauses';
import { airSettings, ORDINARY, type Cell } from './matrix/cells';
import { directFaults } from './matrix/faults';
import { testCells } from './matrix/testCells';

/** What is waited for between attempts passes faster here. */
fasterPauses(100);
jest.mock('../../../../air/pacing/backoff', () =>
	jest.requireActual<object>('../../../support/fasterBackoff'),
);

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

testCells(cells, 12);
