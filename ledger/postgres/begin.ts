import type { BeginRequest, BeginResult, LedgerRow } from '../Ledger';
import { LedgerError } from '../LedgerError';
import { decideBegin, type AttemptEnd } from '../transitions';
import type { Session } from './Database';
import { expire } from './endAttempt';
import { isKeyAccepted } from './looking';
import { clock, lockRows, readRow } from './rows';

/** A row that was there at the insert may be gone when it is to be locked, but not each time. */
const TRIES = 10;

/** See `Ledger.begin`. */
export async function begin(session: Session, request: BeginRequest): Promise<BeginResult> {
	for (let i = 0; i < TRIES; i++) {
		const issuanceId = await insert(session, request);
		if (issuanceId !== undefined) return { outcome: 'started', issuanceId, attempt: 1 };
		const [id] = await lockRows(
			session,
			'i.scope = $1 AND i.program = $2 AND i.idempotency_key = $3 AND NOT i.retired',
			[request.scope, request.program, request.idempotencyKey],
		);
		const row = id === undefined ? undefined : await readRow(session, id);
		if (row === undefined) continue;
		const result = await decide(session, row, request);
		if (result !== undefined) return result;
	}
	throw new LedgerError('LEDGER_LOCKED', 'the row of this key came and went');
}

/** @returns undefined if the key has become free */
async function decide(
	session: Session,
	row: LedgerRow,
	request: BeginRequest,
): Promise<BeginResult | undefined> {
	const now = await clock(session);
	let found = row;
	const accepted = await isKeyAccepted(session, request.scope, request.keyThumbprint);
	let decision = decideBegin(found, request, now, accepted);
	if (decision.do === 'expire') {
		found = await expired(session, found, decision.end);
		decision = decideBegin(found, request, now, accepted);
	}
	switch (decision.do) {
		case 'start':
			return await start(session, found.id, decision.attempt, request);
		case 'answer':
			return { outcome: 'answered', row: found };
		case 'busy':
			return { outcome: 'busy', row: found, leaseMs: decision.leaseMs };
		case 'unknown':
			return { outcome: 'unknown', row: found };
		case 'unproven':
			return { outcome: 'unproven' };
		case 'conflict':
			return { outcome: 'conflict', row: found, about: decision.about };
		case 'retire-and-insert':
			await session.rows('UPDATE moca_air.issuances SET retired = true WHERE id = $1', [found.id]);
			return undefined;
		case 'insert':
		case 'expire':
			return undefined;
	}
}

async function expired(session: Session, row: LedgerRow, end: AttemptEnd): Promise<LedgerRow> {
	await expire(session, row, end);
	return (await readRow(session, row.id)) ?? row;
}

/** @returns undefined if there is a row with this key */
async function insert({ rows, now }: Session, request: BeginRequest): Promise<number | undefined> {
	const [made] = await rows<{ id: number }>(
		`WITH clock AS MATERIALIZED (SELECT ${now} AS now), made AS (
			INSERT INTO moca_air.issuances (scope, program, idempotency_key, recipient, issuer_did,
				subject_hmac, key_thumbprint, reference, instance, workflow_id, execution_id, node_id,
				state, attempt, state_at, created_at, updated_at, lease_until)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'sending', 1, now, now, now,
				now + $13::bigint
			FROM clock
			ON CONFLICT (scope, program, idempotency_key) WHERE NOT retired DO NOTHING
			RETURNING id, created_at
		)
		INSERT INTO moca_air.attempts (issuance_id, number, started_at, outcome)
		SELECT id, 1, created_at, 'open' FROM made
		RETURNING issuance_id::float8 AS id`,
		[
			request.scope,
			request.program,
			request.idempotencyKey,
			request.recipient,
			request.issuerDid,
			request.subjectHmac,
			request.keyThumbprint,
			request.reference,
			request.instance,
			request.workflowId,
			request.executionId,
			request.nodeId,
			request.leaseMs,
		],
	);
	return made?.id;
}

async function start(
	{ rows, now }: Session,
	id: number,
	attempt: number,
	request: BeginRequest,
): Promise<BeginResult> {
	await rows(
		`WITH clock AS MATERIALIZED (SELECT ${now} AS now), begun AS (
			UPDATE moca_air.issuances SET state = 'sending', reason = NULL, attempt = $2,
				state_at = now, updated_at = now, lease_until = now + $3::bigint, issuer_did = $4,
				subject_hmac = $5, key_thumbprint = $6, reference = $7, instance = $8, workflow_id = $9,
				execution_id = $10, node_id = $11, next_check_at = NULL, claimed_until = NULL
			FROM clock WHERE id = $1
			RETURNING id, updated_at
		)
		INSERT INTO moca_air.attempts (issuance_id, number, started_at, outcome)
		SELECT id, $2, updated_at, 'open' FROM begun`,
		[
			id,
			attempt,
			request.leaseMs,
			request.issuerDid,
			request.subjectHmac,
			request.keyThumbprint,
			request.reference,
			request.instance,
			request.workflowId,
			request.executionId,
			request.nodeId,
		],
	);
	return { outcome: 'started', issuanceId: id, attempt };
}
