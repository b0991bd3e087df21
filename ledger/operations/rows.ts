import { assertRow } from '../assertRow';
import type { Attempt } from '../Attempt';
import type { LedgerRow } from '../LedgerRow';
import type { Dialect } from '../sql/Dialect';
import {
	forDialect,
	read,
	rowsFor,
	textOf,
	type Answer,
	type Operation,
	type TextFor,
	type Value,
} from '../sql/Session';

/** The members of a row, by column. */
const MEMBERS = {
	id: 'id',
	realm: 'realm',
	program: 'program',
	way: 'way',
	issuerDid: 'issuer_did',
	recipient: 'recipient',
	idempotencyKey: 'idempotency_key',
	subjectHmac: 'subject_hmac',
	keyThumbprint: 'key_thumbprint',
	reference: 'reference',
	instance: 'instance',
	workflowId: 'workflow_id',
	executionId: 'execution_id',
	nodeId: 'node_id',
	state: 'state',
	reason: 'reason',
	attempt: 'attempt',
	coreClaimHash: 'core_claim_hash',
	userUuid: 'user_uuid',
	externalId: 'external_id',
	revocationNumber: 'revocation_number',
	expiresAt: 'expires_at',
	holderDid: 'holder_did',
	replacedBy: 'replaced_by',
	vcId: 'vc_id',
	vcStatus: 'vc_status',
	nextCheckAt: 'next_check_at',
	checks: 'checks',
	leaseUntil: 'lease_until',
	createdAt: 'created_at',
	answeredAt: 'answered_at',
	confirmedAt: 'confirmed_at',
	updatedAt: 'updated_at',
	keptSince: 'kept_since',
	keptSame: 'kept_same',
} as const satisfies Record<Exclude<keyof LedgerRow, 'attempts'>, string>;

const ATTEMPT = `'number', a.number, 'startedAt', a.started_at, 'endedAt', a.ended_at,
	'outcome', a.outcome, 'coreClaimHash', a.core_claim_hash, 'userUuid', a.user_uuid`;

/**
 * A row of the table `i` with its attempts, as JSON text, because the drivers return large numbers in
 * different ways, and a damaged row must not stop the others.
 */
const textWith = (names: readonly (keyof typeof MEMBERS)[]) =>
	forDialect(({ jsonObject, jsonList }) => {
		const members = names.map((name) => `'${name}', i.${MEMBERS[name]}`);
		return `CAST(${jsonObject}(${members.join(', ')}, 'attempts', (
			SELECT ${jsonList(`${jsonObject}(${ATTEMPT})`)}
			FROM attempts a WHERE a.issuance_id = i.id)) AS text)`;
	});

/** All of a row, as one text. */
export const ROW = textWith(Object.keys(MEMBERS) as (keyof typeof MEMBERS)[]);

type Stored<Row> = Omit<Row, 'attempts'> & { attempts: Attempt[] };

/** In the order in which they were begun; sorting here is quicker than in SQL. */
function withAttempts<Row>(text: string): Stored<Row> {
	const row = JSON.parse(text) as Stored<Row>;
	row.attempts.sort((a, b) => a.number - b.number);
	return row;
}

/** Reads what {@link ROW} selects. */
export function rowOf(text: string): LedgerRow {
	const row = withAttempts<Omit<LedgerRow, 'keptSame'> & { keptSame: number | null }>(text);
	const keptSame = row.keptSame === null ? null : row.keptSame === 1;
	return Object.assign(row, { keptSame });
}

const SELECT = forDialect((dialect) => `SELECT ${ROW(dialect)} AS row FROM issuances i`);

/** What follows FROM, where the table of rows is called `i`. */
export const selecting = (where: TextFor) =>
	forDialect((dialect) => `${SELECT(dialect)} ${textOf(where, dialect)}`);

/** Reads rows unchecked, damaged ones too: see `assertRow`. @param select - by {@link selecting} */
export function* readAnyRows(
	dialect: Dialect,
	select: (dialect: Dialect) => string,
	...values: readonly Value[]
): Operation<LedgerRow[]> {
	const found = yield* rowsFor<{ row: string }>(dialect, select, ...values);
	return found.map(({ row }) => rowOf(row));
}

/**
 * Reads rows.
 *
 * @param select - by {@link selecting}
 * @throws LedgerError if one of them is damaged
 */
export function* readRows(
	dialect: Dialect,
	select: (dialect: Dialect) => string,
	...values: readonly Value[]
): Operation<LedgerRow[]> {
	return (yield* readAnyRows(dialect, select, ...values)).map(assertRow);
}

/** Of the rows with the IDs in the list `$1`. */
const WITH_IDS: TextFor = ({ oneOf }) => `i.id ${oneOf('$1', 'bigint')}`;

/** Reads the rows with the IDs in the list `$1`, in the order of those. */
export const BY_ID = selecting((dialect) => `WHERE ${textOf(WITH_IDS, dialect)} ORDER BY i.id`);

/** Reads rows by their IDs, in the order of those. */
export function* readRowsById(dialect: Dialect, ids: readonly number[]): Operation<LedgerRow[]> {
	return ids.length === 0 ? [] : yield* readRows(dialect, BY_ID, ids);
}

/** The columns that decide what an answer changes, and whether the row is valid. */
const ANSWERING = [
	...(['id', 'realm', 'program', 'way', 'recipient', 'state', 'reason', 'attempt'] as const),
	...(['coreClaimHash', 'createdAt', 'answeredAt', 'keptSince', 'confirmedAt'] as const),
	'updatedAt',
] as const satisfies (keyof LedgerRow)[];

export type AnsweringRow = Pick<LedgerRow, (typeof ANSWERING)[number] | 'attempts'>;

/** Reads {@link AnsweringRow}s with the IDs in the list `$1`; see {@link answeringRows}. */
export const ANSWERING_BY_ID = forDialect(
	(dialect) =>
		`SELECT ${textWith(ANSWERING)(dialect)} AS row FROM issuances i WHERE ${textOf(WITH_IDS, dialect)}`,
);

/** @throws LedgerError if one of them is damaged */
export const answeringRows = (answer: Answer): AnsweringRow[] =>
	read<{ row: string }>(answer).map(({ row }) => assertRow(withAttempts<AnsweringRow>(row)));

/** A statement that locks rows. @param where - the condition, where the table of rows is called `i` */
export const locking = (where: TextFor) =>
	forDialect(
		(dialect) => `SELECT i.id FROM issuances i WHERE ${textOf(where, dialect)}
		ORDER BY i.id ${dialect.rowLock}`,
	);

/**
 * Locks rows in the order of their IDs, so that there is no deadlock. Read the rows afterwards, in
 * another statement: this one does not see what was committed while it waited.
 *
 * @param lock - by {@link locking}
 * @returns their IDs
 */
export function* lockRows(
	dialect: Dialect,
	lock: (dialect: Dialect) => string,
	...values: readonly Value[]
): Operation<number[]> {
	const locked = yield* rowsFor<{ id: number }>(dialect, lock, ...values);
	return locked.map(({ id }) => id);
}

/** Locks the rows with the IDs in the list `$1`. */
export const LOCK_IDS = locking(WITH_IDS);

/** Locks rows by their IDs, see {@link lockRows}. @returns those that may still exist */
export function* lockIds(dialect: Dialect, ids: readonly number[]): Operation<readonly number[]> {
	return dialect.rowLock === '' ? ids : yield* lockRows(dialect, LOCK_IDS, ids);
}

/**
 * The condition that a row has the recipient in exactly this spelling. It uses the index for all
 * spellings, since every further index makes writes slower.
 *
 * @param column - of the row
 * @param recipient - an expression
 */
export const ofRecipient = (column: string, recipient: string) =>
	`lower(${column}) = lower(${recipient}) AND ${column} = ${recipient}`;

/** The condition that row `i` of the realm `$1` has the hash `$2` in any of its attempts. */
export const WITH_HASH = `i.realm = $1
	AND i.id IN (SELECT issuance_id FROM attempts WHERE core_claim_hash = $2)`;

/** Locks the rows whose standing issuance has this hash. */
export const LOCK_STANDING = locking(`${WITH_HASH} AND i.core_claim_hash = $2`);
