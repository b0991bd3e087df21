import type { AcceptedAnswer, AttemptRef, RecordedAnswer } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import {
	ahead,
	clock,
	forDialect,
	later,
	read,
	rowsFor,
	type Operation,
	type RowRecord,
	type Statement,
} from '../sql/Session';
import { decideAnswered, isReplaced } from '../transitions';
import { endAttempts, anyKnown, keptFor, type RowEnd } from './endAttempts';
import { appendEvents, eventForEach } from './events';
import { revokeNumbers } from './revoke';
import {
	ANSWERING_BY_ID,
	answeringRows,
	LOCK_IDS,
	locking,
	ofRecipient,
	type AnsweringRow,
} from './rows';

/** An attempt that AIR accepted. */
export interface Answered {
	readonly attempt: AttemptRef;
	readonly answer: AcceptedAnswer;
}

/** In these states a person holds what was issued; of what was given up, only what was answered. */
const HELD = "('submitted', 'confirmed', 'stored', 'abandoned')";

/** Rows that may be replaced by those with the IDs `$2`. */
const OTHERS = forDialect(
	({ oneOf }) => `SELECT other.id FROM issuances own
		JOIN issuances other ON ${ofRecipient('other.recipient', 'own.recipient')} AND other.program = own.program
			AND other.realm = own.realm AND other.way = own.way AND other.state IN ${HELD}
	WHERE own.id ${oneOf('$2', 'bigint')}`,
);

/**
 * The attempts' own rows and, where needed, those that their issuances replace; state and time are
 * checked again once the rows are locked. It is one list, so that all rows are locked in one order.
 */
export const LOCK_OWN_AND_OTHERS = locking(
	(dialect) => `i.id IN (
		SELECT id FROM issuances WHERE id ${dialect.oneOf('$1', 'bigint')} UNION ${OTHERS(dialect)})`,
);

const LOCK_HASHES = ({ lockHashes = '' }: Dialect) => lockHashes;

/** @returns undefined if a transaction locks the whole database and nothing is replaced */
function lockFor(
	dialect: Dialect,
	ids: readonly number[],
	superseding: readonly number[],
): Statement | undefined {
	const locks = dialect.rowLock !== '';
	if (superseding.length > 0)
		return ahead(dialect, locks ? LOCK_OWN_AND_OTHERS : OTHERS, ids, superseding);
	return locks ? ahead(dialect, LOCK_IDS, ids) : undefined;
}

const personOf = ({ realm, program, recipient }: AnsweringRow) =>
	JSON.stringify([realm, program, recipient]);

/**
 * `Ledger.answered` for several at once, but only the first for each hash and for each person (per
 * program and realm): one answer changes the rows that the next one reads.
 *
 * @returns in their order; undefined if the row is gone, or the person or the hash came before
 */
export function* answered(
	dialect: Dialect,
	told: readonly Answered[],
): Operation<(RecordedAnswer | undefined)[]> {
	const ids = told.map(({ attempt }) => attempt.issuanceId);
	const superseding = ids.filter((_, index) => told[index]?.answer.supersedes);
	const hashes = told.map(({ answer }) => answer.coreClaimHash.toWellFormed());
	const lock = lockFor(dialect, ids, superseding);
	const owned = lock && (yield lock);
	const reading = yield ahead(dialect, ANSWERING_BY_ID, ids);
	// If two answers with one hash come at once, the second must see the first. This lock is taken after
	// the rows and before the events, so that there is no deadlock.
	if (dialect.lockHashes !== undefined) yield ahead(dialect, LOCK_HASHES, hashes);
	const known = yield anyKnown(dialect, hashes);
	const at = yield* clock(dialect);
	const locked = owned === undefined ? ids : read<{ id: number }>(owned).map(({ id }) => id);
	const found = new Map(answeringRows(reading).map((row) => [row.id, row]));

	const taken = new Set<string>();
	const ends: RowEnd[] = [];
	const replacing: Replacing[] = [];
	const recorded = told.map(({ attempt: { issuanceId, attempt: number }, answer }) => {
		const row = found.get(issuanceId);
		const attempt = row?.attempts.find((one) => one.number === number);
		if (row === undefined || attempt === undefined) return undefined;
		const { coreClaimHash, userUuid, nextCheckMs, supersedes } = answer;
		const shared = told.length === 1 ? [] : [personOf(row), coreClaimHash];
		if (shared.some((one) => taken.has(one))) return undefined;
		for (const one of shared) taken.add(one);
		const hash = attempt.coreClaimHash ?? coreClaimHash;
		const answeredAt = attempt.endedAt ?? at;
		const replaced = isReplaced(row, number);
		if (attempt.coreClaimHash !== null) return { row, hash, answeredAt, replaced };
		const end = decideAnswered(row, number, answer);
		const nextCheckAt = nextCheckMs === null ? null : later(at, nextCheckMs);
		const ended = {
			number,
			outcome: replaced ? 'replaced' : 'accepted',
			coreClaimHash,
			userUuid,
			at,
			nextCheckAt,
		} as const;
		ends.push({ row, end, ended });
		if (supersedes && !replaced)
			replacing.push({ id: row.id, started_at: attempt.startedAt, hash });
		return { row, hash, answeredAt: at, replaced };
	});
	const given = recorded.filter((one) => one !== undefined);
	// Usually AIR has given none of them before, and this is a quick check for that.
	const looked = read(known).length > 0 || given.length > ends.length ? given : [];
	const kept = yield* keptFor(dialect, looked);
	yield* endAttempts(dialect, ends, at, kept);
	const own = new Set(ends.map(({ row }) => row.id));
	const others = locked.some((id) => !own.has(id));
	const superseded = others ? yield* supersede(dialect, locked, replacing, at) : [];
	return recorded.map(
		(one) =>
			one && {
				answeredAt: one.answeredAt,
				replaced: one.replaced,
				kept: kept.get(one.row.id) ?? null,
				superseded: superseded.filter((id) => id === one.row.id).length,
			},
	);
}

/** An issuance that replaces others. */
interface Replacing extends RowRecord {
	/** The row whose issuance replaces others. */
	readonly id: number;
	readonly started_at: number;
	readonly hash: string;
}

/**
 * Answered before the attempt started, by the clock, which may have been set back since; or marked. What
 * was answered later than now was answered before the clock was set back, and an attempt of a later row
 * most likely started after that. Direct issuance does not rely on that: there a replaced credential is
 * revoked, and the marks say which one it is.
 */
const REPLACED = forDialect(
	({ records, oneOf }) => `SELECT i.id AS id, own.id AS by, i.revocation_number AS number
	FROM ${records('replacing', '$1', { id: 'bigint', started_at: 'bigint', hash: 'text' })}
		JOIN issuances own ON own.id = replacing.id
		JOIN issuances i ON ${ofRecipient('i.recipient', 'own.recipient')} AND i.program = own.program
			AND i.realm = own.realm AND i.way = own.way AND i.state IN ${HELD} AND i.id <> own.id
	WHERE i.id ${oneOf('$2', 'bigint')}
		AND (i.answered_at <= replacing.started_at
			OR (i.answered_at > $3 AND replacing.started_at <= $3 AND i.id < own.id AND own.way <> 'direct')
			OR i.replaced_by = own.id)
		AND coalesce(i.core_claim_hash, '') <> replacing.hash`,
);

const SUPERSEDE = forDialect(({ update }) =>
	update(
		'issuances AS i',
		`state = 'superseded', state_at = $2, updated_at = $2, next_check_at = NULL,
		claimed_until = NULL, replaced_by = t.new_id`,
		'i.id = t.id',
		{ id: 'bigint', new_id: 'bigint' },
	),
);

/**
 * Replaces those of the locked rows that were answered before the attempt started; see `Ledger.answered`.
 *
 * @returns for each replaced row, the row that replaces it
 */
export function* supersede(
	dialect: Dialect,
	locked: readonly number[],
	replacing: readonly Replacing[],
	at: number,
): Operation<number[]> {
	if (replacing.length === 0) return [];
	const replaced = yield* rowsFor<{ id: number; by: number; number: string | null }>(
		dialect,
		REPLACED,
		replacing,
		locked,
		at,
	);
	if (replaced.length === 0) return [];
	const ids = replaced.map(({ id }) => id).sort((a, b) => a - b);
	const told = replaced.map(({ id, by }) => ({ id, new_id: by }));
	yield ahead(dialect, SUPERSEDE, told, at);
	yield* revokeNumbers(
		dialect,
		replaced.flatMap(({ number }) => number ?? []),
		at,
	);
	yield* appendEvents(dialect, eventForEach(ids, 'superseded'), at);
	return replaced.map(({ by }) => by);
}
