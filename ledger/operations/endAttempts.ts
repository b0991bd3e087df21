import type { AttemptOutcome, KeptIssuance, LedgerRow } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { Dialect } from '../sql/Dialect';
import { ahead, forDialect, rowsFor, type Operation } from '../sql/Session';
import { expireLease, type AttemptEnd } from '../transitions';
import { appendEvents, eventForEach } from './events';

/** How an attempt ended, and when to ask AIR if its row has an issuance now. */
export interface Ended {
	readonly number: number;
	readonly outcome: AttemptOutcome;
	readonly coreClaimHash: string | null;
	readonly userUuid: string | null;
	readonly at: number;
	/** Null if there is nothing to ask. */
	readonly nextCheckAt: number | null;
}

/** The end of an attempt, and what its row becomes. */
export interface RowEnd {
	readonly row: Pick<LedgerRow, 'id' | 'attempts'>;
	readonly end: AttemptEnd;
	readonly ended: Ended;
}

/** The error for an attempt whose row does not exist. */
export const rowErased = () =>
	new LedgerError('LEDGER_NOT_WRITABLE', 'the row of this attempt was erased meanwhile');

/**
 * Ends the attempt of a row whose lease has run out: see `expireLease`. AIR is asked at once about the
 * issuance that stands then.
 *
 * @param now - when this is noticed
 */
export function leaseEnd(row: LedgerRow, end: AttemptEnd, now: number): RowEnd {
	const at = row.leaseUntil ?? row.updatedAt;
	const unanswered = { outcome: 'unknown', coreClaimHash: null, userUuid: null } as const;
	return { row, end, ended: { ...unanswered, number: row.attempt, at, nextCheckAt: now } };
}

/** A row as it is once a lease that has run out is written down: for anyone who only looks. */
export function afterLease(row: LedgerRow, now: number): LedgerRow {
	const end = expireLease(row, now);
	if (end === undefined) return row;
	const ending = leaseEnd(row, end, now);
	const { number, outcome, at: endedAt } = ending.ended;
	return {
		...row,
		state: end.state,
		reason: end.reason,
		leaseUntil: null,
		updatedAt: endedAt,
		attempts: row.attempts.map((one) =>
			one.number === number ? { ...one, outcome, endedAt } : one,
		),
		...(end.standing === null
			? {}
			: {
					coreClaimHash: end.standing.coreClaimHash,
					userUuid: end.standing.userUuid,
					answeredAt: answeredAt(ending),
				}),
	};
}

/** When the issuance that stands from now on was answered. */
function answeredAt({ row, end, ended }: RowEnd): number {
	if (end.standing === null || end.standing.number === ended.number) return ended.at;
	const earlier = row.attempts.find(({ number }) => number === end.standing?.number);
	return earlier?.endedAt ?? ended.at;
}

/** A row, and a hash that AIR gave for it. */
export interface RowHash {
	readonly row: Pick<LedgerRow, 'id'>;
	readonly hash: string;
}

const KNOWN = forDialect(
	({ oneOf }) => `SELECT 1 FROM attempts WHERE core_claim_hash ${oneOf('$1', 'text')} LIMIT 1`,
);

const KEPT = forDialect(
	({ records }) => `SELECT own.id AS id, o.id AS "issuanceId", a.ended_at AS "answeredAt",
		CASE WHEN o.key_thumbprint = own.key_thumbprint
			THEN CASE WHEN o.subject_hmac = own.subject_hmac THEN 1 ELSE 0 END END AS "sameSubject"
	FROM ${records('asked', '$1', { id: 'bigint', hash: 'text' })}
		JOIN issuances own ON own.id = asked.id
		JOIN issuances o ON o.id = (
			SELECT x.id FROM attempts first JOIN issuances x ON x.id = first.issuance_id
			WHERE first.core_claim_hash = asked.hash AND x.id <> own.id AND x.realm = own.realm
			ORDER BY first.ended_at, x.id LIMIT 1)
		JOIN attempts a ON a.issuance_id = o.id AND a.core_claim_hash = asked.hash
	ORDER BY a.ended_at DESC`,
);

/** Sent ahead: gives a row if any attempt has one of the hashes. */
export const anyKnown = (dialect: Dialect, hashes: readonly string[]) =>
	ahead(dialect, KNOWN, hashes);

/** @returns by row, the first answer with this hash that another row has */
export function* keptFor(
	dialect: Dialect,
	given: readonly RowHash[],
): Operation<Map<number, KeptIssuance>> {
	if (given.length === 0) return new Map<number, KeptIssuance>();
	const asked = given.map(({ row: { id }, hash }) => ({ id, hash }));
	const found = yield* rowsFor<{
		id: number;
		issuanceId: number;
		answeredAt: number;
		sameSubject: number | null;
	}>(dialect, KEPT, asked);
	return new Map(
		found.map(({ id, sameSubject, ...kept }) => [
			id,
			{ ...kept, sameSubject: sameSubject === null ? null : sameSubject === 1 },
		]),
	);
}

/** The issuance that stands from now on, if it differs from the one before. */
function standingOf({ row, end }: RowEnd): RowHash[] {
	const hash = end.submitted ? end.standing?.coreClaimHash : undefined;
	return hash == null ? [] : [{ row, hash }];
}

const END_ATTEMPTS = forDialect(({ update }) =>
	update(
		'attempts AS a',
		'outcome = t.outcome, core_claim_hash = t.hash, user_uuid = t.uuid, ended_at = t.at',
		'a.issuance_id = t.id AND a.number = t.number',
		{
			...{ id: 'bigint', number: 'bigint', at: 'bigint' },
			...{ outcome: 'text', hash: 'text', uuid: 'text' },
		},
	),
);

const STATE = `state = t.state, reason = t.reason, updated_at = t.at,
	state_at = CASE WHEN i.state = t.state THEN i.state_at ELSE t.at END,
	lease_until = CASE WHEN t.state = 'sending' THEN i.lease_until END`;

const STATE_COLUMNS = { id: 'bigint', at: 'bigint', state: 'text', reason: 'text' } as const;

const WRITE_STATES = forDialect(({ update }) =>
	update('issuances AS i', STATE, 'i.id = t.id', STATE_COLUMNS),
);

const WRITE_STANDING = forDialect(({ update }) =>
	update(
		'issuances AS i',
		`${STATE}, core_claim_hash = t.standing_hash, user_uuid = t.standing_uuid,
		answered_at = t.answered_at, next_check_at = t.next_check_at, claimed_until = NULL, checks = 0,
		vc_id = NULL, vc_status = NULL, confirmed_at = NULL,
		pending_since = CASE WHEN t.standing_hash IS NOT NULL THEN CAST($2 AS bigint) END, missing_since = NULL,
		kept_since = t.kept_since, kept_same = t.kept_same`,
		'i.id = t.id',
		{
			...STATE_COLUMNS,
			...{ standing_hash: 'text', standing_uuid: 'text', answered_at: 'bigint' },
			...{ next_check_at: 'bigint', kept_since: 'bigint', kept_same: 'bigint' },
		},
	),
);

/** It has arrived, so it is never sent again. */
const DELETE_ENVELOPES = forDialect(
	({ oneOf }) => `DELETE FROM envelopes WHERE issuance_id ${oneOf('$1', 'bigint')}`,
);

/**
 * Writes how attempts ended, and what their locked rows become; each row once.
 *
 * @param now - by the store's clock
 * @param known - what AIR kept for each, by row, if it was looked up already
 */
export function* endAttempts(
	dialect: Dialect,
	ends: readonly RowEnd[],
	now: number,
	known?: ReadonlyMap<number, KeptIssuance>,
): Operation<void> {
	if (ends.length === 0) return;
	const kept = known ?? (yield* keptFor(dialect, ends.flatMap(standingOf)));
	const attempts = ends.map(({ row, ended }) => ({
		id: row.id,
		number: ended.number,
		outcome: ended.outcome,
		hash: ended.coreClaimHash,
		uuid: ended.userUuid,
		at: ended.at,
	}));
	yield ahead(dialect, END_ATTEMPTS, attempts);
	const stands = ({ end }: RowEnd) => end.submitted && end.standing !== null;
	const common = ({ row: { id }, end: { state, reason }, ended: { at } }: RowEnd) => {
		return { id, at, state, reason };
	};
	const others = ends.filter((one) => !stands(one)).map(common);
	if (others.length > 0) yield ahead(dialect, WRITE_STATES, others);
	const standing = ends.filter(stands).map((one) => {
		const first = kept.get(one.row.id);
		return {
			...common(one),
			standing_hash: one.end.standing?.coreClaimHash ?? null,
			standing_uuid: one.end.standing?.userUuid ?? null,
			answered_at: answeredAt(one),
			next_check_at: one.ended.nextCheckAt,
			kept_since: first?.answeredAt ?? null,
			kept_same: first?.sameSubject == null ? null : Number(first.sameSubject),
		};
	});
	if (standing.length > 0) yield ahead(dialect, WRITE_STANDING, standing, now);
	const stored = ends.filter(({ end }) => end.submitted && end.state === 'stored');
	if (stored.length === 0) return;
	const ids = stored.map(({ row: { id } }) => id);
	yield ahead(dialect, DELETE_ENVELOPES, ids);
	yield* appendEvents(dialect, eventForEach(ids, 'stored'), now);
}
