import type { BeginRequest, BeginResult, LedgerRow } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { Dialect } from '../sql/Dialect';
import { ahead, clock, forDialect, later, rows, rowsFor, type Operation } from '../sql/Session';
import { decideBegin, type BeginDecision } from '../transitions';
import { endAttempts, leaseEnd } from './endAttempts';
import { appendUnknown } from './events';
import { lockIds, readRows, selecting } from './rows';

/** A row that existed at the insert may be gone when it is locked, but not at every try. */
const TRIES = 10;

/** An insert that waited for longer than this for another with the same key gets a new date. */
const WAITED_MS = 200;

const KEY = 'realm, program, idempotency_key';

/** What a new row copies from its request, by column. */
const recordOf = (request: BeginRequest, leaseUntil: number, place: number) => ({
	realm: request.realm,
	program: request.program,
	idempotency_key: request.idempotencyKey,
	recipient: request.recipient,
	issuer_did: request.issuerDid,
	subject_hmac: request.subjectHmac,
	key_thumbprint: request.keyThumbprint,
	reference: request.reference,
	instance: request.instance,
	workflow_id: request.workflowId,
	execution_id: request.executionId,
	node_id: request.nodeId,
	lease_until: leaseUntil,
	place,
});

const KEY_COLUMNS = { realm: 'text', program: 'text', idempotency_key: 'text' } as const;

const ASKED = {
	...KEY_COLUMNS,
	recipient: 'text',
	issuer_did: 'text',
	subject_hmac: 'text',
	key_thumbprint: 'text',
	reference: 'text',
	instance: 'text',
	workflow_id: 'text',
	execution_id: 'text',
	node_id: 'text',
	lease_until: 'bigint',
} as const;

/** What a new row holds, by column. */
const NEW = {
	...Object.fromEntries(Object.keys(ASKED).map((column) => [column, `t.${column}`])),
	...{ state: "'sending'", attempt: '1', state_at: '$2', created_at: '$2', updated_at: '$2' },
};

const keyOf = ({ realm, program, idempotencyKey }: LedgerRow | BeginRequest) =>
	JSON.stringify([realm, program, idempotencyKey].map((text) => text.toWellFormed()));

/** A request, and its result once that is known. Two entries may be the same object. */
interface Asked {
	readonly request: BeginRequest;
	result: BeginResult | undefined;
}

/**
 * `Ledger.begin` for several at once. New keys are inserted first, in one order, and then the rows to
 * be written are locked in the order of their IDs, so that two transactions with the same keys never
 * deadlock. If nothing has to be written for a key, its row is only read.
 *
 * @returns in the order of the requests
 * @throws LedgerError if a key appeared and disappeared at each try
 */
export function* begin(
	dialect: Dialect,
	requests: readonly BeginRequest[],
): Operation<BeginResult[]> {
	const all = requests.map((request): Asked => ({ request, result: undefined }));
	/** Rows whose lease has run out, and that are not sent again now. */
	const unknown: number[] = [];
	for (let i = 0; i < TRIES; i++) {
		for (const step of [startNew, tellKnown, startAgain]) {
			yield* step(
				dialect,
				all.filter(({ result }) => result === undefined),
				unknown,
			);
			const told = all.flatMap(({ result }) => result ?? []);
			if (told.length < all.length) continue;
			if (unknown.length > 0) yield* appendUnknown(dialect, unknown, yield* clock(dialect));
			return told;
		}
	}
	throw new LedgerError('LEDGER_LOCKED', 'the row of this key came and went');
}

const INSERT = forDialect(
	({
		insert,
		now,
		inserted,
	}) => `${insert('issuances', NEW, { ...ASKED, place: 'bigint' }, `${KEY}, place`)}
	ON CONFLICT (${KEY}) WHERE retired = 0 DO NOTHING
	${
		inserted === undefined
			? `RETURNING id, realm, program, idempotency_key AS "idempotencyKey", ${now} AS now`
			: ''
	}`,
);

const DATE_ANEW = forDialect(
	({ oneOf }) => `UPDATE issuances SET state_at = $2, created_at = $2, updated_at = $2,
		lease_until = lease_until + $3 WHERE id ${oneOf('$1', 'bigint')}`,
);

/** A row that was inserted, and when, if that may be later than it was begun. */
type Made = LedgerRow & { readonly now?: number };

/** Starts all requests with new keys. Among several with one key, the first is started. */
function* startNew(dialect: Dialect, open: readonly Asked[]): Operation<void> {
	const began = yield* clock(dialect);
	const records = open.map(({ request }, place) =>
		recordOf(request, later(began, request.leaseMs), place),
	);
	const returned = yield* rowsFor<Made>(dialect, INSERT, records, began);
	const inserted = open.length === 1 ? dialect.single?.inserted : undefined;
	const made = inserted === undefined ? returned : yield* rows<Made>(inserted);
	if (made.length === 0) return;
	// Read when the rows were made, and so after any wait for another with the same key.
	const now = Math.max(began, ...made.map((row) => (row.now ?? 0) + dialect.clockOffsetMs()));
	const waited = now - began > WAITED_MS ? now - began : 0;
	const ids = made.map(({ id }) => id);
	if (waited > 0) yield ahead(dialect, DATE_ANEW, ids, now, waited);
	const attempts = ids.map((id) => ({ id, number: 1 }));
	yield ahead(dialect, OPEN_ATTEMPTS, attempts, began + waited);
	const byKey = new Map(made.map((row) => [open.length === 1 ? '' : keyOf(row), row.id]));
	for (const one of open) {
		const key = open.length === 1 ? '' : keyOf(one.request);
		const issuanceId = byKey.get(key);
		byKey.delete(key);
		if (issuanceId !== undefined) one.result = { outcome: 'started', issuanceId, attempt: 1 };
	}
}

const OPEN_ATTEMPTS = forDialect(({ insert }) =>
	insert(
		'attempts',
		{ issuance_id: 't.id', number: 't.number', started_at: '$2', outcome: "'open'" },
		{ id: 'bigint', number: 'bigint' },
		'id',
	),
);

const BY_KEY = selecting(
	({
		records,
	}) => `JOIN ${records('asked', '$1', KEY_COLUMNS)} ON i.realm = asked.realm AND i.program = asked.program
		AND i.idempotency_key = asked.idempotency_key AND i.retired = 0`,
);

/** The rows with the keys of some requests. */
function* rowsOf(dialect: Dialect, asked: readonly Asked[]): Operation<Map<string, LedgerRow>> {
	const keys = new Map(
		asked.map(({ request }) => {
			const { realm, program, idempotencyKey } = request;
			return [keyOf(request), { realm, program, idempotency_key: idempotencyKey }];
		}),
	);
	const found = yield* readRows(dialect, BY_KEY, [...keys.values()]);
	return new Map(found.map((row) => [keyOf(row), row]));
}

/** The decision for a request, by the row that has its key. */
function* decide(
	dialect: Dialect,
	row: LedgerRow,
	request: BeginRequest,
): Operation<BeginDecision> {
	return decideBegin(row, request, yield* clock(dialect));
}

/** @returns undefined if there is something to write first */
export function resultOf(
	decision: BeginDecision,
	row: LedgerRow,
): Exclude<BeginResult, { outcome: 'started' }> | undefined {
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

/** Reads the rows of the keys, without locks. */
function* tellKnown(dialect: Dialect, open: readonly Asked[]): Operation<void> {
	const found = yield* rowsOf(dialect, open);
	for (const one of open) {
		const row = found.get(keyOf(one.request));
		if (row !== undefined) one.result = resultOf(yield* decide(dialect, row, one.request), row);
	}
}

/** Decides again for the rows to be written, now that they are locked, and writes them. */
function* startAgain(dialect: Dialect, open: readonly Asked[], unknown: number[]): Operation<void> {
	const ids = [...(yield* rowsOf(dialect, open)).values()].map(({ id }) => id);
	yield* lockIds(dialect, ids);
	for (const one of open) yield* startOne(dialect, one, ids, unknown);
}

/** Gives no result if the key has become free, or if another row, which is not locked, has it. */
function* startOne(
	dialect: Dialect,
	one: Asked,
	locked: readonly number[],
	unknown: number[],
): Operation<void> {
	const { request } = one;
	const read = function* () {
		return (yield* rowsOf(dialect, [one])).get(keyOf(request));
	};
	let row = yield* read();
	if (row === undefined || !locked.includes(row.id)) return;
	let decision = yield* decide(dialect, row, request);
	if (decision.do === 'expire') {
		const at = yield* clock(dialect);
		yield* endAttempts(dialect, [leaseEnd(row, decision.end, at)], at);
		row = (yield* read()) ?? row;
		decision = yield* decide(dialect, row, request);
		if (row.state === 'unknown' && decision.do !== 'start') unknown.push(row.id);
	}
	if (decision.do === 'start') {
		one.result = yield* start(dialect, row.id, decision.attempt, request);
	} else if (decision.do === 'retire-and-insert') {
		yield ahead(dialect, 'UPDATE issuances SET retired = 1 WHERE id = $1', row.id);
		yield* startNew(dialect, [one]);
	} else one.result = resultOf(decision, row);
}

/** The new request's values replace the old ones; the recipient is the same (`decideBegin`). */
function* start(
	dialect: Dialect,
	id: number,
	attempt: number,
	request: BeginRequest,
): Operation<BeginResult> {
	const now = yield* clock(dialect);
	yield ahead(
		dialect,
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
	yield ahead(dialect, OPEN_ATTEMPTS, [{ id, number: attempt }], now);
	return { outcome: 'started', issuanceId: id, attempt };
}
