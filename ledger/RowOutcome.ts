import type { LedgerRow } from './LedgerRow';
import { mayHaveIssuedIn } from './operations/states';

/**
 * The outcome of a row, for people:
 * - `issued`: AIR accepted it, whatever became of the credential since
 * - `kept`: AIR kept what the person already held; the claims of this row were not issued
 * - `notIssued`: AIR refused it, nothing was sent, or a person settled it as not issued
 * - `unknown`: AIR may or may not have issued it, also if a person wants it sent again
 * - `underWay`: an attempt may still be answered
 */
export const ROW_OUTCOMES = ['issued', 'kept', 'notIssued', 'unknown', 'underWay'] as const;

export type RowOutcome = (typeof ROW_OUTCOMES)[number];

type Decisive = Pick<LedgerRow, 'state' | 'leaseUntil' | 'keptSince' | 'answeredAt' | 'attempts'>;

/** Whether AIR may have issued by an attempt of which nobody has said how it ended. */
export const mayHaveIssued = ({ attempts }: Pick<LedgerRow, 'attempts'>): boolean =>
	attempts.some(({ outcome }) => outcome === 'unknown' || outcome === 'open');

/**
 * @param now - milliseconds since 1970: an attempt whose lease has run out has an unknown outcome
 * @example
 * ```ts
 * outcomeOf(row, Date.now()); // 'unknown'
 * ```
 */
export function outcomeOf(row: Decisive, now: number): RowOutcome {
	if (row.state === 'sending' && (row.leaseUntil ?? 0) > now) return 'underWay';
	if (row.keptSince !== null) return 'kept';
	if (row.answeredAt !== null) return 'issued';
	return row.state === 'rejected' && !mayHaveIssued(row) ? 'notIssued' : 'unknown';
}

/** The same in SQL, of the row `i`. @param now - an expression */
export const outcomeInSql = (now: string) => `CASE
	WHEN i.state = 'sending' AND i.lease_until > ${now} THEN 'underWay'
	WHEN i.kept_since IS NOT NULL THEN 'kept'
	WHEN i.answered_at IS NOT NULL THEN 'issued'
	WHEN i.state = 'rejected' AND NOT ${mayHaveIssuedIn('i')} THEN 'notIssued'
	ELSE 'unknown' END`;
