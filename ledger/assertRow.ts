import { ROW_STATES, type LedgerRow } from './Ledger';
import { LedgerError } from './LedgerError';

/** The last moment that a `Date` can be (ECMA-262, "Time Values and Time Range"). */
const LATEST = 8.64e15;

const isTime = (value: number | null) => value === null || Math.abs(value) <= LATEST;

/**
 * Checks what the tables themselves do not: somebody else may have written into them, and nothing may
 * be issued on the strength of a row that means nothing.
 *
 * @throws LedgerError LEDGER_UNAVAILABLE
 */
export function assertRow(row: LedgerRow): LedgerRow {
	const { id, state, attempt, createdAt, answeredAt, keptSince, confirmedAt, updatedAt } = row;
	const whole =
		ROW_STATES.includes(state) &&
		Number.isSafeInteger(attempt) &&
		[createdAt, answeredAt, keptSince, confirmedAt, updatedAt].every(isTime);
	if (whole) return row;
	throw new LedgerError('LEDGER_UNAVAILABLE', `row ${id} of the ledger is damaged`);
}
