import type { BeginRequest, BeginResult, LedgerRow } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { Dialect } from '../sql/Dialect';
import {
	clock,
	forDialect,
	later,
	rows,
	rowsFor,
	type Operation,
	type RowRecord,
} from '../sql/Session';
import { decideBegin, type BeginDecision } from '../transitions';
import { endAttempts, leaseEnd } from './endAttempts';
import { isKeyAccepted } from './keys';
import { lockIds, readRows, selecting } from './rows';

/** A row that was there at the insert may be gone when it is to be locked, but not each time. */
const TRIES = 10;

/** An insert that waited for longer than this for somebody with the same key is dated anew. */
const WAITED_MS = 200;

const KEY = 'realm, program, idempotency_key';

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
const TEXTS = Object.fromEntries(Object.keys(ASKED).map((column) => [column, 'text' as const]));

const keyOf = ({ realm, program, idempotencyKey }: LedgerRow | BeginRequest) =>
	JSON.stringify([realm, program, idempotencyKey].map((text) => text.toWellFormed()));

/**
 * `Ledger.begin`; several at once. New keys are begun first, in one order, and rows that are to be
 * written are locked after that, in the order of their IDs: two that begin the same never wait for each
 * other in a circle. What is known of a key is only read where nothing has to be written for it.
 *
 * @returns in the order of the requests
 * @throws LedgerError if a key came and went at each try
 */
export function* begin(
	dialect: Dialect,
	requests: readonly BeginRequest[],
): Operation<BeginResult[]> {
	const results = new Map<BeginRequest, BeginResult>();
	for (let i = 0; i < TRIES; i++) {
		const open = () => requests.filter((request) => !results.has(request));
		for (const [request, result] of yield* startNew(dialect, open())) results.set(request, result);
		for (const [request, result] of yield* tellKnown(dialect, open())) results.set(request, result);
		for (const [request, result] of yield* startAgain(dialect, open()))
			results.set(request, result);
		if (open().length === 0) return requests.flatMap((request) => results.get(request) ?? []);
	}
	throw new LedgerError('LEDGER_LOCKED', 'the row of this key came and went');
}

type Results = Iterable<readonly [BeginRequest, BeginResult]>;

const INSERT = forDialect(
	({ records }) => `INSERT INTO issuances (${COLUMNS}, lease_until, state, attempt, state_at,
		created_at, updated_at)
	SELECT ${COLUMNS}, lease_until, 'sending', 1, $2, $2, $2
	FROM ${records('asked', '$1', { ...TEXTS, lease_until: 'bigint', place: 'bigint' })}
	WHERE true ORDER BY ${KEY}, place
	ON CONFLICT (${KEY}) WHERE retired = 0 DO NOTHING
	RETURNING id, realm, program, idempotency_key AS "idempotencyKey"`,
);

const DATE_ANEW = forDialect(
	({ oneOf }) => `UPDATE issuances SET state_at = $2, created_at = $2, updated_at = $2,
		lease_until = lease_until + $3 WHERE id ${oneOf('$1', 'bigint')}`,
);

/** Starts all whose keys nobody has. Of several with one key the first is started. */
function* startNew(dialect: Dialect, requests: readonly BeginRequest[]): Operation<Results> {
	if (requests.length === 0) return [];
	const asked = yield* clock(dialect);
	const records = requests.map((request, place): RowRecord => ({
		...Object.fromEntries(Object.entries(ASKED).map(([column, name]) => [column, request[name]])),
		lease_until: later(asked, request.leaseMs),
		place,
	}));
	const made = yield* rowsFor<LedgerRow>(dialect, INSERT, records, asked);
	if (made.length === 0) return [];
	const ids = made.map(({ id }) => id);
	const now = yield* clock(dialect);
	const waited = now - asked > WAITED_MS ? now - asked : 0;
	if (waited > 0) yield* rowsFor(dialect, DATE_ANEW, ids, now, waited);
	const attempts = ids.map((id) => ({ id, number: 1 }));
	yield* rowsFor(dialect, OPEN_ATTEMPTS, attempts, asked + waited);
	const byKey = new Map(made.map((row) => [keyOf(row), row.id]));
	return requests.flatMap((request) => {
		const key = keyOf(request);
		const issuanceId = byKey.get(key);
		byKey.delete(key);
		if (issuanceId === undefined) return [];
		return [[request, { outcome: 'started', issuanceId, attempt: 1 }] as const];
	});
}

const OPEN_ATTEMPTS = forDialect(
	({ records }) => `INSERT INTO attempts (issuance_id, number, started_at, outcome)
	SELECT id, number, $2, 'open' FROM ${records('t', '$1', { id: 'bigint', number: 'bigint' })}`,
);

const BY_KEY = selecting(
	({ records }) => `JOIN ${records('asked', '$1', {
		realm: 'text',
		program: 'text',
		idempotency_key: 'text',
	})} ON i.realm = asked.realm AND i.program = asked.program
		AND i.idempotency_key = asked.idempotency_key AND i.retired = 0`,
);

/** The rows of some keys. */
function* rowsOf(
	dialect: Dialect,
	requests: readonly BeginRequest[],
): Operation<Map<string, LedgerRow>> {
	const keys = new Map(
		requests.map((request) => {
			const { realm, program, idempotencyKey } = request;
			return [keyOf(request), { realm, program, idempotency_key: idempotencyKey }];
		}),
	);
	const found = yield* readRows(dialect, BY_KEY, [...keys.values()]);
	return new Map(found.map((row) => [keyOf(row), row]));
}

/** What is decided for a request, by the row that has its key. */
function* decide(
	dialect: Dialect,
	row: LedgerRow,
	request: BeginRequest,
): Operation<BeginDecision> {
	const { realm, keyThumbprint } = request;
	// Asked only where it matters.
	const accepted =
		row.keyThumbprint === keyThumbprint || (yield* isKeyAccepted(realm, keyThumbprint));
	return decideBegin(row, request, yield* clock(dialect), accepted);
}

/** @returns undefined if there is something to write first */
function resultOf(decision: BeginDecision, row: LedgerRow): BeginResult | undefined {
	switch (decision.do) {
		case 'answer':
			return { outcome: 'answered', row };
		case 'busy':
			return { outcome: 'busy', row, leaseMs: decision.leaseMs };
		case 'unknown':
			return { outcome: 'unknown', row };
		case 'unproven':
			return { outcome: 'unproven' };
		case 'conflict':
			return { outcome: 'conflict', row, about: decision.about };
		case 'start':
		case 'retire-and-insert':
		case 'insert':
		case 'expire':
			return undefined;
	}
}

/** What is known of the keys, as it is when it is read: nothing is held for it. */
function* tellKnown(dialect: Dialect, requests: readonly BeginRequest[]): Operation<Results> {
	if (requests.length === 0) return [];
	const found = yield* rowsOf(dialect, requests);
	const told: [BeginRequest, BeginResult][] = [];
	for (const request of requests) {
		const row = found.get(keyOf(request));
		if (row === undefined) continue;
		const result = resultOf(yield* decide(dialect, row, request), row);
		if (result !== undefined) told.push([request, result]);
	}
	return told;
}

/** Decides again on the rows that are to be written, and writes them, now that they are locked. */
function* startAgain(dialect: Dialect, requests: readonly BeginRequest[]): Operation<Results> {
	if (requests.length === 0) return [];
	const ids = [...(yield* rowsOf(dialect, requests)).values()].map(({ id }) => id);
	yield* lockIds(dialect, ids);
	const done: [BeginRequest, BeginResult][] = [];
	for (const request of requests) {
		const result = yield* startOne(dialect, request, ids);
		if (result !== undefined) done.push([request, result]);
	}
	return done;
}

/** @returns undefined if the key has become free, or another row has it, which is not locked */
function* startOne(
	dialect: Dialect,
	request: BeginRequest,
	locked: readonly number[],
): Operation<BeginResult | undefined> {
	let row = (yield* rowsOf(dialect, [request])).get(keyOf(request));
	if (row === undefined || !locked.includes(row.id)) return undefined;
	let decision = yield* decide(dialect, row, request);
	if (decision.do === 'expire') {
		yield* endAttempts(dialect, [leaseEnd(row, decision.end, yield* clock(dialect))]);
		row = (yield* rowsOf(dialect, [request])).get(keyOf(request)) ?? row;
		decision = yield* decide(dialect, row, request);
	}
	if (decision.do === 'start') return yield* start(dialect, row.id, decision.attempt, request);
	if (decision.do === 'retire-and-insert') {
		yield* rows('UPDATE issuances SET retired = 1 WHERE id = $1', row.id);
		for (const [, result] of yield* startNew(dialect, [request])) return result;
	}
	return resultOf(decision, row);
}

/** What is asked for now counts from now on; the recipient is the same (`decideBegin`). */
function* start(
	dialect: Dialect,
	id: number,
	attempt: number,
	request: BeginRequest,
): Operation<BeginResult> {
	const now = yield* clock(dialect);
	yield* rows(
		`UPDATE issuances SET state = 'sending', reason = NULL, attempt = $2, state_at = $3,
			updated_at = $3, lease_until = $4, issuer_did = $5, subject_hmac = $6, key_thumbprint = $7,
			reference = $8, instance = $9, workflow_id = $10, execution_id = $11, node_id = $12,
			next_check_at = NULL, claimed_until = NULL
		WHERE id = $1`,
		id,
		attempt,
		now,
		later(now, request.leaseMs),
		request.issuerDid,
		request.subjectHmac,
		request.keyThumbprint,
		request.reference,
		request.instance,
		request.workflowId,
		request.executionId,
		request.nodeId,
	);
	yield* rowsFor(dialect, OPEN_ATTEMPTS, [{ id, number: attempt }], now);
	return { outcome: 'started', issuanceId: id, attempt };
}
