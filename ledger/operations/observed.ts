import type { LedgerRow, Observation } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { ahead, clock, later, rows, type Operation } from '../sql/Session';
import { decideObserved } from '../transitions';
import { appendEvents, type NewEvent } from './events';
import { locking, lockRows, ofRecipient, readRowsById, WITH_HASH } from './rows';

const LOCK_WITH_HASH = locking(WITH_HASH);

/** `Ledger.observed`. */
export function* observed(
	dialect: Dialect,
	realm: string,
	coreClaimHash: string,
	seen: Observation,
): Operation<LedgerRow[]> {
	const ids = yield* lockRows(dialect, LOCK_WITH_HASH, realm, coreClaimHash);
	const found = yield* readRowsById(dialect, ids);
	const at = yield* clock(dialect);
	const events: NewEvent[] = [];
	// All rows are locked before the events: see appendEvents.
	for (const row of found) {
		const asked = seen.recipient === undefined || seen.recipient === row.recipient;
		if (asked && row.coreClaimHash === coreClaimHash)
			events.push(...(yield* observe(dialect, row, seen, at)));
	}
	yield* appendEvents(dialect, events, at);
	return (yield* readRowsById(dialect, ids)).reverse();
}

/** Whether an attempt is under way that may replace this locked row's issuance at AIR. */
function* isReplacing(row: LedgerRow, at: number): Operation<boolean> {
	const underWay = yield* rows(
		`SELECT 1 FROM issuances WHERE ${ofRecipient('recipient', '$1')} AND program = $2 AND realm = $3
			AND state = 'sending' AND lease_until > $4 AND id <> $5 LIMIT 1`,
		row.recipient,
		row.program,
		row.realm,
		at,
		row.id,
	);
	return underWay.length > 0;
}

function* observe(
	dialect: Dialect,
	row: LedgerRow,
	seen: Observation,
	at: number,
): Operation<NewEvent[]> {
	const replacing = seen.state === 'unusable' && (yield* isReplacing(row, at));
	const change = decideObserved(row, seen, replacing);
	const confirmed = change.state === 'confirmed' && row.state !== 'confirmed';
	yield ahead(
		dialect,
		`UPDATE issuances SET state = $2, vc_status = $3, vc_id = $4, next_check_at = $5,
			confirmed_at = $6, updated_at = $7, state_at = CASE WHEN state = $2 THEN state_at ELSE $7 END,
			claimed_until = NULL, missing_since = NULL, checks = checks + 1
		WHERE id = $1`,
		row.id,
		change.state,
		change.vcStatus,
		change.vcId,
		change.nextCheckMs === null ? null : later(at, change.nextCheckMs),
		confirmed ? at : row.confirmedAt,
		at,
	);
	return change.events.map((event) => ({ ...event, issuanceId: row.id }));
}
