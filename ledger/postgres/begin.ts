import type { BeginRequest, BeginResult, LedgerRow } from '../Ledger';
import { LedgerError } from '../LedgerError';
import { decideBegin, type AttemptEnd, type BeginDecision } from '../transitions';
import type { Session } from './Database';
import { endAttempts, leaseEnd } from './endAttempts';
import { clock, lockRows, readRow } from './rows';

/** A row that was there at the insert may be gone when it is to be locked, but not each time. */
const TRIES = 10;

/** See `Ledger.begin`. */
export async function begin(session: Session, request: BeginRequest): Promise<BeginResult> {
	for (let i = 0; i < TRIES; i++) {
		const [started] = await startNew(session, [request]);
		if (started !== undefined) return started;
		const [id] = await lockRows(
			session,
			'i.realm = $1 AND i.program = $2 AND i.idempotency_key = $3 AND NOT i.retired',
			[request.realm, request.program, request.idempotencyKey],
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
	let decision = decideBegin(found, request, now);
	if (decision.do === 'expire') {
		found = await expired(session, found, decision.end);
		decision = decideBegin(found, request, now);
	}
	if (decision.do === 'start') return await start(session, found.id, decision.attempt, request);
	if (decision.do === 'retire-and-insert') {
		await session.rows('UPDATE moca_air.issuances SET retired = true WHERE id = $1', [found.id]);
	}
	return told(decision, found);
}

/** @returns undefined if there is something to write first */
export function told(decision: BeginDecision, row: LedgerRow): BeginResult | undefined {
	switch (decision.do) {
		case 'answer':
			return { outcome: 'answered', row };
		case 'busy':
			return { outcome: 'busy', row, leaseMs: decision.leaseMs };
		case 'unknown':
			return { outcome: 'unknown', row };
		case 'conflict':
			return { outcome: 'conflict', row, about: decision.about };
		case 'start':
		case 'retire-and-insert':
		case 'insert':
		case 'expire':
			return undefined;
	}
}

async function expired(session: Session, row: LedgerRow, end: AttemptEnd): Promise<LedgerRow> {
	await endAttempts(session, [leaseEnd(row, end)]);
	return (await readRow(session, row.id)) ?? row;
}

/** What a new row takes from its request, by column. */
const ASKED = {
	realm: 'realm',
	program: 'program',
	idempotency_key: 'idempotencyKey',
	recipient: 'recipient',
	issuer_did: 'issuerDid',
	subject_hmac: 'subjectHmac',
	key_thumbprint: 'keyThumbprint',
	reference: 'reference',
	instance: 'instance',
	workflow_id: 'workflowId',
	execution_id: 'executionId',
	node_id: 'nodeId',
} as const satisfies Record<string, keyof BeginRequest>;

const COLUMNS = Object.keys(ASKED).join(', ');
const KEY = 'realm, program, idempotency_key';
const TEXTS = Object.keys(ASKED).map((_, index) => `$${index + 1}::text[]`);
const LEASE = `$${TEXTS.length + 1}::bigint[]`;

/**
 * Starts all requests whose keys nobody has. Of several with one key the first is started.
 *
 * Keys in one order, so that two who start the same ones never wait for each other. What was made is
 * told apart by the texts as PostgreSQL has them, which are not always those that were sent: half of
 * a surrogate pair becomes U+FFFD.
 *
 * @returns in the order of the requests; undefined where there is a row with the key
 */
export async function startNew(
	{ rows, now }: Session,
	requests: readonly BeginRequest[],
): Promise<(BeginResult | undefined)[]> {
	const made = await rows<{ id: number; place: number }>(
		`WITH clock AS MATERIALIZED (SELECT ${now} AS now), asked AS MATERIALIZED (
			SELECT DISTINCT ON (${KEY}) *
			FROM unnest(${TEXTS.join(', ')}, ${LEASE})
				WITH ORDINALITY AS asked (${COLUMNS}, lease_ms, place)
			ORDER BY ${KEY}, place
		), made AS (
			INSERT INTO moca_air.issuances (${COLUMNS}, state, attempt, state_at, created_at,
				updated_at, lease_until)
			SELECT ${COLUMNS}, 'sending', 1, now, now, now, now + lease_ms FROM asked, clock
			ORDER BY ${KEY}
			ON CONFLICT (${KEY}) WHERE NOT retired DO NOTHING
			RETURNING id, ${KEY}, created_at
		), begun AS (
			INSERT INTO moca_air.attempts (issuance_id, number, started_at, outcome)
			SELECT id, 1, created_at, 'open' FROM made
		)
		SELECT id::float8 AS id, place::integer AS place FROM made JOIN asked USING (${KEY})`,
		[
			...Object.values(ASKED).map((field) => requests.map((request) => request[field])),
			requests.map(({ leaseMs }) => leaseMs),
		],
	);
	const ids = new Map(made.map(({ id, place }) => [place, id]));
	return requests.map((_, index) => {
		const issuanceId = ids.get(index + 1);
		return issuanceId === undefined ? undefined : { outcome: 'started', issuanceId, attempt: 1 };
	});
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
