import type { Ledger } from '../../ledger/Ledger';

/** A filled ledger, to be measured. */
export interface FilledLedger {
	readonly ledger: Ledger;
	/** Closes the ledger and removes what was made for it. */
	destroy(): Promise<void>;
}

/**
 * A kind of store that can be measured. Each fills itself with its own SQL, and not through the ledger,
 * because that has to be fast. The content is the same for all:
 *
 * - `rows` rows in REALM, spread over 90 days up to now, all with another key and recipient, one
 *   accepted attempt each, confirmed, with two events (`status ONCHAIN` and `confirmed`)
 * - but of 1000 rows, 5 are unknown, 5 rejected, and 10 submitted, whose next check is in a year
 *
 * Rows that are due are added by the benchmark.
 */
export type OpenFilled = (rows: number) => Promise<FilledLedger>;

export const REALM = 'https://air.example partner-1';
export const PROGRAM = 'c21hc00g0ab12001w4b7i';
