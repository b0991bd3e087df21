import { isOnlyWatched, watchedKey, type WatchRequest } from '../Feed';
import type { LedgerRow } from '../Ledger';
import type { Session } from './Database';
import { readAnyRows } from './rows';

/** See `Feed.watch`. */
export async function watch(session: Session, request: WatchRequest): Promise<LedgerRow[]> {
	const { rows, now } = session;
	const { realm, instance, workflowId, nodeId, pairs } = request;
	const found = await oldest(session, request);
	for (const [index, { coreClaimHash, recipient }] of pairs.entries()) {
		if (found[index] !== undefined) continue;
		await rows(
			`WITH clock AS MATERIALIZED (SELECT ${now} AS now), made AS (
				INSERT INTO moca_air.issuances (realm, program, issuer_did, recipient, idempotency_key,
					subject_hmac, key_thumbprint, instance, workflow_id, execution_id, node_id, state,
					attempt, core_claim_hash, origin, state_at, next_check_at, created_at, answered_at,
					updated_at, pending_since)
				SELECT $1, '', '', $2, $3, '', '', $4, $5, '', $6, 'submitted', 1, $7, 'watched',
					now, now, now, now, now, now FROM clock
				ON CONFLICT (realm, program, idempotency_key) WHERE NOT retired DO NOTHING
				RETURNING id, created_at
			)
			INSERT INTO moca_air.attempts
				(issuance_id, number, started_at, ended_at, outcome, core_claim_hash)
			SELECT id, 1, created_at, created_at, 'accepted', $7 FROM made`,
			[
				realm,
				recipient,
				watchedKey(coreClaimHash, recipient),
				instance,
				workflowId,
				nodeId,
				coreClaimHash,
			],
		);
	}
	const watched = (await oldest(session, request)).filter((row) => row !== undefined);
	// What somebody still names does not go; else it would be made again, and told once more.
	await rows(
		`UPDATE moca_air.issuances SET state_at = ${now}
		WHERE id = ANY($1::bigint[]) AND state <> 'submitted'
			AND state_at < (SELECT ${now} - 86400000)`,
		[watched.map(({ id }) => id)],
	);
	return watched;
}

/** The row of each pair, as far as there are any. */
async function oldest(
	session: Session,
	{ realm, pairs }: WatchRequest,
): Promise<(LedgerRow | undefined)[]> {
	const hashes = pairs.map(({ coreClaimHash }) => coreClaimHash);
	const rows = await readAnyRows(
		session,
		`WHERE i.realm = $1 AND i.core_claim_hash = ANY($2::text[]) AND i.id IN (
			SELECT issuance_id FROM moca_air.attempts WHERE core_claim_hash = ANY($2::text[]))
		ORDER BY i.id`,
		[realm, hashes],
	);
	return pairs.map(({ coreClaimHash, recipient }) =>
		rows.find(
			(row) =>
				row.coreClaimHash === coreClaimHash && (row.recipient === recipient || !isOnlyWatched(row)),
		),
	);
}
