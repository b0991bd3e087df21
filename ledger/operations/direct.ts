import {
	mayHaveIssued,
	type DirectBegun,
	type DirectLook,
	type DirectRequest,
	type DirectSeal,
	type LedgerRow,
	type Revocable,
	type SealedCredential,
} from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { ahead, clock, forDialect, read, rows, rowsFor, type Operation } from '../sql/Session';
import { decideBegin } from '../transitions';
import { begin, resultOf } from './begin';
import { afterLease } from './endAttempts';
import { find } from './lookups';
import { mayHaveIssuedIn } from './states';
import { replaceFirst, revokeNumbers } from './revoke';
import { ofRecipient, readRows, selecting } from './rows';
import { otherKey } from './signingKeys';

const LOCK_HASHES = ({ lockHashes = '' }: Dialect) => lockHashes;

/**
 * `Ledger.lookDirect`: what is known about the key and the person, without locks. `open` for a row
 * means that `begin` would start it again.
 */
export function* lookDirect(dialect: Dialect, request: DirectRequest): Operation<DirectLook> {
	const { realm, program, idempotencyKey } = request;
	const kept = yield* find(dialect, realm, { program, idempotencyKey });
	const now = yield* clock(dialect);
	const found = kept && afterLease(kept, now);
	const asked = found?.state === 'unknown' ? finishing(request) : request;
	const decision = decideBegin(found, asked, now);
	const known = found === undefined ? undefined : resultOf(decision, found);
	if (known !== undefined) return known;
	// A retired row is another issuance.
	const row = decision.do === 'retire-and-insert' ? undefined : found;
	const other = yield* heldOrUnderWay(dialect, request, row, now);
	if (other !== undefined) return other;
	return {
		outcome: 'open',
		row,
		sealed: row === undefined ? undefined : yield* sealedFor(row),
		mayBeStored: row !== undefined && mayHaveIssued(row),
		corrected:
			row?.keyThumbprint === request.keyThumbprint && row.subjectHmac !== request.subjectHmac,
	};
}

/**
 * Of a person who gets one at a time, what may have been stored is finished first, however long ago it
 * was sent: forgotten, it would stand in the way of the very item that could finish it.
 */
const finishing = (request: DirectRequest): DirectRequest =>
	request.ifHeld === 'another' ? request : { ...request, rememberMs: null };

const ofPerson = (states: string) =>
	selecting(
		`WHERE ${ofRecipient('i.recipient', '$1')} AND i.program = $2 AND i.realm = $3
			AND i.way = 'direct' AND i.id <> $4 AND ${states}
		ORDER BY CASE WHEN i.state = 'stored' THEN 0 ELSE 1 END, i.id DESC LIMIT 1`,
	);

/** What somebody wants sent again may have been stored as well: see `settle`. */
const OPEN = `(i.state IN ('sending', 'unknown') OR i.state = 'rejected' AND ${mayHaveIssuedIn('i')})`;

/** While it is being sent, or if its turn comes first; see {@link heldOrUnderWay}. */
const OPEN_BEFORE = `${OPEN} AND (i.id < $6 OR i.state = 'sending' AND i.lease_until > $5)`;

/** A credential to keep decides before an open row does; one to replace does not count. */
const HELD_OR_OPEN = ofPerson(`(${OPEN_BEFORE} OR (i.state = 'stored' AND i.expires_at > $5))`);
const ONLY_OPEN = ofPerson(OPEN_BEFORE);

/**
 * Another row of the person that decides about this one. If several may have been stored, which began
 * when that was allowed, the oldest is finished first: otherwise each would wait for the others.
 *
 * @param own - its row, if it has one
 */
function* heldOrUnderWay(
	dialect: Dialect,
	{ recipient, program, realm, ifHeld }: DirectRequest,
	own: LedgerRow | undefined,
	now: number,
): Operation<DirectLook | undefined> {
	if (ifHeld === 'another') return undefined;
	const before = own !== undefined && mayHaveIssued(own) ? own.id : Number.MAX_SAFE_INTEGER;
	const values = [recipient, program, realm, own?.id ?? 0, now, before] as const;
	const select = ifHeld === 'keep' ? HELD_OR_OPEN : ONLY_OPEN;
	const [row] = yield* readRows(dialect, select, ...values);
	if (row === undefined) return undefined;
	if (row.state === 'stored') return { outcome: 'held', row };
	const leaseMs = row.state === 'sending' ? (row.leaseUntil ?? now) - now : 0;
	return leaseMs > 0 ? { outcome: 'busy', row, leaseMs } : { outcome: 'unknown', row };
}

function* sealedFor(row: LedgerRow): Operation<SealedCredential | undefined> {
	const { revocationNumber, holderDid } = row;
	if (revocationNumber === null || holderDid === null) return undefined;
	const [found] = yield* rows<Omit<SealedCredential, 'revocationNumber' | 'holderDid'>>(
		`SELECT external_id AS "externalId", body, expires_at AS "expiresAt", issuer, kid,
			public_jwk AS "publicJwk", holder_key AS "holderKey" FROM envelopes WHERE issuance_id = $1`,
		row.id,
	);
	return found && { ...found, revocationNumber, holderDid };
}

/**
 * `Ledger.beginDirect`. Others that begin for the person, or with the key, wait meanwhile, so that what
 * was read stays true.
 */
export function* beginDirect(
	dialect: Dialect,
	request: DirectRequest,
	{ sealed, outlives, revocable, instead }: DirectSeal,
): Operation<DirectBegun> {
	const { realm, program, recipient, idempotencyKey } = request;
	if (dialect.lockHashes !== undefined) {
		const locks = [
			['person', realm, program, recipient.toLowerCase()],
			['key', realm, program, idempotencyKey],
		].map((parts) => JSON.stringify(parts).toWellFormed());
		yield ahead(dialect, LOCK_HASHES, locks);
	}
	const keptKey = yield ahead(dialect, KEPT_KEY, ...keyOf(request, sealed));
	const seen = yield* lookDirect(dialect, request);
	if (seen.outcome !== 'open') return seen;
	if ((seen.sealed?.externalId ?? null) !== instead) return { outcome: 'changed' };
	const isNew = sealed.externalId !== instead;
	// Comes first, because the Key ID or the place may be taken: then nothing is begun.
	if (isNew && outlives) {
		const isKept = read(keptKey).length > 0;
		if (!isKept && !(yield* keepKey(dialect, request, sealed))) return { outcome: 'changed' };
		if (revocable !== 'off' && !(yield* keepNumber(request, sealed, revocable))) {
			return { outcome: 'changed' };
		}
	}
	const { row } = seen;
	const [begun] = yield* begin(dialect, [asSealed(request, row, isNew)]);
	if (begun?.outcome !== 'started') return begun ?? { outcome: 'changed' };
	const replacedFirst = yield* replace(dialect, request, begun.issuanceId);
	const before = isNew ? (row?.revocationNumber ?? null) : null;
	const started = { ...begun, replacedFirst, revoked: replacedFirst > 0 || before !== null };
	if (!isNew && begun.issuanceId === row?.id) return started;
	if (before !== null) yield* revokeNumbers(dialect, [before], yield* clock(dialect));
	if (isNew && row !== undefined) yield ahead(dialect, REPLACE, row.id, begun.attempt);
	yield* keep(dialect, begun.issuanceId, sealed);
	return started;
}

/**
 * A row that was found open is not forgotten while it is begun. And the row of bytes that are sent again
 * keeps the claims and the key with which they were sealed.
 */
function asSealed(
	request: DirectRequest,
	row: LedgerRow | undefined,
	isNew: boolean,
): DirectRequest {
	if (row === undefined) return request;
	const { issuerDid, subjectHmac, keyThumbprint } = isNew ? request : row;
	return { ...request, rememberMs: null, issuerDid, subjectHmac, keyThumbprint };
}

/** The row no longer represents what they have sent. */
const REPLACE = `UPDATE attempts SET outcome = 'replaced'
	WHERE issuance_id = $1 AND number < $2 AND core_claim_hash IS NULL`;

const KEEP_ENVELOPE = `INSERT INTO envelopes (issuance_id, external_id, body, expires_at, issuer, kid,
		public_jwk, holder_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (issuance_id) DO UPDATE SET external_id = excluded.external_id, body = excluded.body,
		expires_at = excluded.expires_at, issuer = excluded.issuer, kid = excluded.kid,
		public_jwk = excluded.public_jwk, holder_key = excluded.holder_key`;

const DAY_MS = 86_400_000;

const KEPT_KEY = `SELECT 1 AS one FROM signing_keys WHERE realm = $1 AND kid = $2
	AND key_thumbprint = $3 AND last_expires_at >= $4 AND unpublished_at IS NULL`;

/** A key that was given up is needed again. */
const KEEP_KEY = forDialect(
	({ greatest }) => `INSERT INTO signing_keys AS k (realm, kid, key_thumbprint, last_expires_at,
		public_jwk) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (realm, kid, key_thumbprint) DO UPDATE
		SET last_expires_at = ${greatest}(k.last_expires_at, excluded.last_expires_at),
			unpublished_at = NULL`,
);

function* keep(dialect: Dialect, issuanceId: number, sealed: SealedCredential): Operation<void> {
	const { externalId, body, revocationNumber, expiresAt, holderDid } = sealed;
	yield ahead(
		dialect,
		`UPDATE issuances SET way = 'direct', external_id = $2, revocation_number = $3,
			expires_at = $4, holder_did = $5 WHERE id = $1`,
		issuanceId,
		externalId,
		revocationNumber,
		expiresAt,
		holderDid,
	);
	const { issuer, kid, publicJwk, holderKey } = sealed;
	const values = [externalId, body, expiresAt, issuer, kid, publicJwk, holderKey];
	yield ahead(dialect, KEEP_ENVELOPE, issuanceId, ...values);
}

/**
 * What is kept for the status, without the person.
 *
 * @returns false if another credential has the place
 */
function* keepNumber(
	{ realm, keyThumbprint }: DirectRequest,
	{ revocationNumber, expiresAt }: SealedCredential,
	revocable: Exclude<Revocable, 'off'>,
): Operation<boolean> {
	const { list, index } = revocable === 'number' ? { list: null, index: null } : revocable;
	const kept = yield* rows(
		`INSERT INTO credentials (realm, number, list, list_index, expires_at, key_thumbprint)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING 1 AS one`,
		realm,
		revocationNumber,
		list,
		index,
		expiresAt,
		keyThumbprint,
	);
	return kept.length > 0;
}

/**
 * The key, and until when it stays published. That is rounded to whole days, and written only if it
 * changes: otherwise all who issue with one key would wait for each other's commit.
 */
const keyOf = ({ realm, keyThumbprint }: DirectRequest, { kid, expiresAt }: SealedCredential) =>
	[realm, kid, keyThumbprint, Math.ceil(expiresAt / DAY_MS) * DAY_MS] as const;

/** @returns false if another process has begun with another key under this Key ID meanwhile */
function* keepKey(
	dialect: Dialect,
	request: DirectRequest,
	sealed: SealedCredential,
): Operation<boolean> {
	const { realm, keyThumbprint } = request;
	const { kid, publicJwk } = sealed;
	if (dialect.lockHashes !== undefined) {
		yield ahead(dialect, LOCK_HASHES, [JSON.stringify(['kid', realm, kid]).toWellFormed()]);
	}
	if ((yield* otherKey(dialect, { realm, kid, keyThumbprint })) !== undefined) return false;
	yield ahead(dialect, KEEP_KEY, ...keyOf(request, sealed), publicJwk);
	return true;
}

const HELD = `SELECT i.id AS id FROM issuances i
	WHERE ${ofRecipient('i.recipient', '$1')} AND i.program = $2 AND i.realm = $3
		AND i.way = 'direct' AND i.state = 'stored' AND i.id <> $4`;

const REPLACED_BEFORE = `SELECT count(*) AS count FROM issuances i
	WHERE ${ofRecipient('i.recipient', '$1')} AND i.program = $2 AND i.realm = $3
		AND i.state = 'superseded' AND i.replaced_by = $4`;

const BEING_REPLACED = forDialect(
	({ oneOf }) => `UPDATE issuances SET replaced_by = $2
	WHERE id ${oneOf('$1', 'bigint')} AND state = 'stored'`,
);

/**
 * For a reissue: marks what the person holds, or revokes it at once.
 *
 * @returns how many were revoked before the new one is sent, by this attempt or by one before it
 */
function* replace(
	dialect: Dialect,
	{ recipient, program, realm, ifHeld, revokeFirst }: DirectRequest,
	by: number,
): Operation<number> {
	if (ifHeld !== 'reissue') return 0;
	const person = [recipient, program, realm, by] as const;
	const found = yield* rows<{ id: number }>(HELD, ...person);
	const held = found.map(({ id }) => id);
	if (revokeFirst !== true) {
		if (held.length > 0) yield* rowsFor(dialect, BEING_REPLACED, held, by);
		return 0;
	}
	yield* replaceFirst(dialect, held, by, yield* clock(dialect));
	const [before] = yield* rows<{ count: number }>(REPLACED_BEFORE, ...person);
	return before?.count ?? 0;
}
