import type {
	FindBy,
	KeyAcceptance,
	LedgerEvent,
	LedgerRow,
	ListFilter,
	RowState,
} from '../Ledger';
import type { Session } from './Database';
import { readRows } from './rows';

/** See `Ledger.find`. */
export async function find(
	session: Session,
	realm: string,
	by: FindBy,
): Promise<LedgerRow | undefined> {
	const rows =
		'coreClaimHash' in by
			? await readRows(
					session,
					`WHERE i.realm = $1 AND i.id IN (
						SELECT issuance_id FROM moca_air.attempts WHERE core_claim_hash = $2)
					ORDER BY i.id DESC LIMIT 1`,
					[realm, by.coreClaimHash],
				)
			: await readRows(
					session,
					'WHERE i.realm = $1 AND i.program = $2 AND i.idempotency_key = $3 AND NOT i.retired',
					[realm, by.program, by.idempotencyKey],
				);
	return rows[0];
}

/** See `Ledger.list`. */
export async function list(
	session: Session,
	{ states, recipient, executionId, unanswered, limit, beforeId }: ListFilter,
): Promise<LedgerRow[]> {
	return await readRows(
		session,
		`WHERE ($1::text[] IS NULL OR i.state = ANY($1)) AND ($2::text IS NULL OR i.recipient = $2)
			AND ($3::bigint IS NULL OR i.id < $3) AND ($5::text IS NULL OR i.execution_id = $5)
			AND (NOT $6::boolean OR i.state = 'unknown'
				OR (i.state = 'sending' AND i.lease_until <= ${session.now}))
		ORDER BY i.id DESC LIMIT $4`,
		[
			states ?? null,
			recipient ?? null,
			beforeId ?? null,
			limit,
			executionId ?? null,
			unanswered ?? false,
		],
	);
}

/** See `Ledger.totals`. */
export async function totals({ rows }: Session): Promise<Partial<Record<RowState, number>>> {
	const counted = await rows<{ state: RowState; count: number }>(
		'SELECT state, count(*)::float8 AS count FROM moca_air.issuances GROUP BY state',
	);
	return Object.fromEntries(counted.map(({ state, count }) => [state, count]));
}

/** See `Ledger.events`. */
export async function events(
	{ rows }: Session,
	after: number,
	limit: number,
): Promise<LedgerEvent[]> {
	return await rows<LedgerEvent>(
		`SELECT id::float8 AS id, issuance_id::float8 AS "issuanceId", type, threshold,
			at::float8 AS at
		FROM moca_air.events WHERE id > $1 ORDER BY id LIMIT $2`,
		[after, limit],
	);
}

/** See `Ledger.keyAcceptance`. */
export async function keyAcceptance(
	{ rows, now }: Session,
	realm: string,
	keyThumbprint: string,
): Promise<KeyAcceptance | undefined> {
	const [found] = await rows<KeyAcceptance>(
		`SELECT (${now} - accepted_at)::float8 AS "ageMs", refused_at IS NOT NULL AS refused
		FROM moca_air.accepted_keys WHERE realm = $1 AND key_thumbprint = $2`,
		[realm, keyThumbprint],
	);
	return found;
}
