import { ROW_STATES, type LedgerRow } from './Ledger';
import { LedgerError } from './LedgerError';

/** The last moment that a `Date` can be (ECMA-262, "Time Values and Time Range"). */
const LATEST = 8.64e15;

/** Whether there is such a moment. */
export const isTime = (value: number | null) => value === null || Math.abs(value) <= LATEST;

/** The fields that show whether a row is valid. */
export type Told = Pick<
	LedgerRow,
	| 'id'
	| 'state'
	| 'attempt'
	| 'createdAt'
	| 'answeredAt'
	| 'keptSince'
	| 'confirmedAt'
	| 'updatedAt'
>;

/**
 * Whether a row is valid. The tables do not check that, and another program may have written into them.
 */
export function isWhole(row: Told): boolean {
	const { state, attempt, createdAt, answeredAt, keptSince, confirmedAt, updatedAt } = row;
	return (
		ROW_STATES.includes(state) &&
		Number.isSafeInteger(attempt) &&
		[createdAt, answeredAt, keptSince, confirmedAt, updatedAt].every(isTime)
	);
}

/** The error for a damaged row. */
export const damaged = (id: number) =>
	new LedgerError('LEDGER_UNAVAILABLE', `row ${id} of the ledger is damaged`);

/**
 * Nothing may be issued because of a damaged row.
 *
 * @throws LedgerError LEDGER_UNAVAILABLE
 */
export function assertRow<Row extends Told>(row: Row): Row {
	if (isWhole(row)) return row;
	throw damaged(row.id);
}
