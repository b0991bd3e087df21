import type { AttemptFailure, AttemptRef, LedgerRow } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, type Operation } from '../sql/Session';
import { decideFailed, isOpenAttempt } from '../transitions';
import { endAttempts, rowErased } from './endAttempts';
import { appendUnknown } from './events';
import { lockIds, readRowsById } from './rows';

/** `Ledger.failed`. What is certain about an attempt stays. */
export function* failed(
	dialect: Dialect,
	{ issuanceId, attempt: number }: AttemptRef,
	failure: AttemptFailure,
): Operation<LedgerRow> {
	yield* lockIds(dialect, [issuanceId]);
	const [row] = yield* readRowsById(dialect, [issuanceId]);
	const attempt = row?.attempts.find((one) => one.number === number);
	if (row === undefined || attempt === undefined) throw rowErased();
	if (!isOpenAttempt(row, attempt, failure)) return row;
	const at = yield* clock(dialect);
	const ended = { number, outcome: failure.outcome, coreClaimHash: null, userUuid: null };
	const end = decideFailed(row, number, failure);
	yield* endAttempts(dialect, [{ row, end, ended: { ...ended, at, nextCheckAt: at } }], at);
	if (end.state === 'unknown') yield* appendUnknown(dialect, [issuanceId], at);
	const [written] = yield* readRowsById(dialect, [issuanceId]);
	return written ?? row;
}
