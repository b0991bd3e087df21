import {
	HASH_MISSING,
	LATE_COMMIT_MS,
	watchedKey,
	type DelayedQuery,
	type Missing,
	type Postponed,
	type WatchRequest,
} from '../Feed';
import type { LedgerRow } from '../Ledger';
import { decideMissing } from '../transitions';
import type { Session } from './Connection';
import { appendEvent, hasEvent, readAnyRows, readRow, readRowsWithHash } from './rows';

const MINUTE_MS = 60_000;

/** `Feed.appendDelayed`, inside a transaction. */
export function appendDelayed(session: Session, query: DelayedQuery): number {
	const { all, run, now } = session;
	const { realm, minutes, start, limit } = query;
	const due = now - minutes * MINUTE_MS;
	const threshold = String(minutes);
	const [found] = all<{ upTo: number }>(
		'SELECT up_to AS upTo FROM delays WHERE realm = ? AND minutes = ?',
		realm,
		minutes,
	);
	// A clock that was set back must not hide what comes due until it has caught up.
	const from = Math.min(found?.upTo ?? (start === 'now' ? due : 0), due);
	// Nothing was late for a threshold that nobody has asked for before.
	const since = found === undefined ? from : from - LATE_COMMIT_MS;
	const rows = all<{ id: number; pendingSince: number }>(
		`SELECT i.id, i.pending_since AS pendingSince FROM issuances i
		WHERE i.realm = $realm AND i.state = 'submitted' AND i.pending_since > $since
			AND i.pending_since <= $due AND NOT ${hasEvent("'delayed'", '$threshold')}
		ORDER BY i.pending_since, i.id LIMIT $limit`,
		{ realm, since, due, threshold, limit },
	);
	for (const { id } of rows) appendEvent(session, id, 'delayed', threshold);
	const upTo = rows.length < limit ? due : (rows.at(-1)?.pendingSince ?? due);
	run(
		`INSERT INTO delays VALUES (?, ?, ?)
		ON CONFLICT (realm, minutes) DO UPDATE SET up_to = excluded.up_to`,
		realm,
		minutes,
		upTo,
	);
	return rows.length;
}

/** The row of a pair, if there is one. */
function watchedRow(
	session: Session,
	realm: string,
	{ coreClaimHash, recipient }: WatchRequest['pairs'][number],
): LedgerRow | undefined {
	return readAnyRows(
		session,
		`WHERE i.id IN (SELECT issuance_id FROM attempts WHERE core_claim_hash = ?) AND i.realm = ?
			AND i.core_claim_hash = ? AND (i.origin = 'issued' OR i.recipient = ?) ORDER BY i.id LIMIT 1`,
		coreClaimHash,
		realm,
		coreClaimHash,
		recipient,
	)[0];
}

/** `Feed.watch`, inside a transaction. */
export function watch(session: Session, request: WatchRequest): LedgerRow[] {
	const { realm } = request;
	const rows = request.pairs.flatMap((pair) => {
		const found = watchedRow(session, realm, pair);
		if (found === undefined) insertWatched(session, request, pair);
		return found ?? watchedRow(session, realm, pair) ?? [];
	});
	// What somebody still names does not go; else it would be made again, and told once more.
	for (const { id } of rows) {
		session.run(
			`UPDATE issuances SET state_at = $now
			WHERE id = $id AND state <> 'submitted' AND state_at < $now - 86400000`,
			{ id, now: session.now },
		);
	}
	return rows;
}

function insertWatched(
	session: Session,
	{ realm, instance, workflowId, nodeId }: WatchRequest,
	{ coreClaimHash, recipient }: WatchRequest['pairs'][number],
): void {
	const { id } = session.run(
		`INSERT INTO issuances (realm, program, issuer_did, recipient, idempotency_key, subject_hmac,
			key_thumbprint, instance, workflow_id, execution_id, node_id, state, state_at, attempt,
			core_claim_hash, next_check_at, created_at, answered_at, updated_at, pending_since, origin)
		VALUES ($realm, '', '', $recipient, $key, '', '', $instance, $workflowId, '', $nodeId,
			'submitted', $now, 1, $coreClaimHash, $now, $now, $now, $now, $now, 'watched')`,
		{
			realm,
			recipient,
			key: watchedKey(coreClaimHash, recipient),
			instance,
			workflowId,
			nodeId,
			coreClaimHash,
			now: session.now,
		},
	);
	session.run(
		`INSERT INTO attempts (issuance_id, number, started_at, ended_at, outcome, core_claim_hash)
		VALUES (?, 1, ?, ?, 'accepted', ?)`,
		id,
		session.now,
		session.now,
		coreClaimHash,
	);
}

/** `Feed.missing`, inside a transaction. */
export function missing(
	session: Session,
	realm: string,
	coreClaimHash: string,
	{ nextCheckMs, condemnAfterMs, recipient }: Missing,
): void {
	const { all, run, now } = session;
	for (const { id } of readRowsWithHash(session, realm, coreClaimHash).reverse()) {
		const row = readRow(session, id);
		if (row?.coreClaimHash !== coreClaimHash) continue;
		if (recipient !== undefined && row.recipient !== recipient) continue;
		const [since] = all<{ at: number | null }>(
			'SELECT missing_since AS at FROM issuances WHERE id = ?',
			id,
		);
		const missingSince = since?.at ?? now;
		const condemned = decideMissing(row, now - missingSince, condemnAfterMs);
		run(
			`UPDATE issuances SET missing_since = $missingSince, checks = checks + 1,
				claimed_until = NULL, updated_at = $now,
				next_check_at = CASE WHEN next_check_at IS NULL OR $condemned THEN NULL ELSE $next END,
				state = CASE WHEN $condemned THEN 'unusable' ELSE state END,
				state_at = CASE WHEN $condemned THEN $now ELSE state_at END,
				reason = CASE WHEN $condemned THEN $reason ELSE reason END
			WHERE id = $id`,
			{
				id,
				missingSince,
				now,
				next: now + nextCheckMs,
				condemned: condemned ? 1 : 0,
				reason: HASH_MISSING,
			},
		);
		if (condemned) appendEvent(session, id, 'unusable', '');
	}
}

/** `Feed.postpone`, inside a transaction. */
export function postpone({ run, now }: Session, rows: readonly Postponed[]): void {
	for (const { id, nextCheckMs } of rows) {
		run(
			`UPDATE issuances SET claimed_until = NULL, checks = checks + 1,
				next_check_at = CASE WHEN next_check_at IS NULL THEN NULL ELSE ? END
			WHERE id = ?`,
			now + nextCheckMs,
			id,
		);
	}
}

/** `Feed.hold`, inside a transaction. */
export function hold(session: Session, realm: string, hash: string, leaseMs: number): void {
	for (const { id } of readRowsWithHash(session, realm, hash)) {
		session.run(
			'UPDATE issuances SET claimed_until = max(coalesce(claimed_until, 0), ?) WHERE id = ?',
			session.now + leaseMs,
			id,
		);
	}
}
