import { isOnlyWatched, type LedgerRow, type WatchRequest } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, forDialect, rowsFor, type Operation } from '../sql/Session';
import { locking, lockRows, readAnyRows, selecting } from './rows';

const DAY_MS = 86_400_000;

type Pair = WatchRequest['pairs'][number];

/** The key of a row that is only watched. */
const watchedKey = ({ coreClaimHash, recipient }: Pair) => `watched:${coreClaimHash} ${recipient}`;

const INSERT = forDialect(
	({ records }) => `INSERT INTO issuances (realm, program, issuer_did, recipient, idempotency_key,
		subject_hmac, key_thumbprint, instance, workflow_id, execution_id, node_id, state, attempt,
		core_claim_hash, origin, state_at, next_check_at, created_at, answered_at, updated_at,
		pending_since)
	SELECT $2, '', '', recipient, key, '', '', $3, $4, '', $5, 'submitted', 1, hash, 'watched',
		$6, $6, $6, $6, $6, $6
	FROM ${records('pair', '$1', { key: 'text', hash: 'text', recipient: 'text' })}
	WHERE true ORDER BY key
	ON CONFLICT (realm, program, idempotency_key) WHERE retired = 0 DO NOTHING
	RETURNING id`,
);

const ATTEMPTS = forDialect(
	({ oneOf }) => `INSERT INTO attempts
		(issuance_id, number, started_at, ended_at, outcome, core_claim_hash)
	SELECT id, 1, created_at, created_at, 'accepted', core_claim_hash
	FROM issuances WHERE id ${oneOf('$1', 'bigint')}`,
);

/** A row that a trigger still names is kept; otherwise it would be made again, and its events repeated. */
const LOCK_OLD = locking(
	({ oneOf }) => `i.id ${oneOf('$1', 'bigint')} AND i.state <> 'submitted' AND i.state_at < $2`,
);

const KEEP = forDialect(
	({ oneOf }) => `UPDATE issuances SET state_at = $2 WHERE id ${oneOf('$1', 'bigint')}`,
);

/** `Ledger.watch`. */
export function* watch(dialect: Dialect, request: WatchRequest): Operation<LedgerRow[]> {
	const { realm, instance, workflowId, nodeId, pairs } = request;
	const now = yield* clock(dialect);
	let found = yield* oldest(dialect, request);
	const missing = pairs.filter((_, index) => found[index] === undefined);
	if (missing.length > 0) {
		const records = missing.map((pair) => ({
			key: watchedKey(pair),
			hash: pair.coreClaimHash,
			recipient: pair.recipient,
		}));
		const made = yield* rowsFor<{ id: number }>(
			dialect,
			INSERT,
			records,
			...[realm, instance, workflowId, nodeId, now],
		);
		yield* rowsFor(
			dialect,
			ATTEMPTS,
			made.map(({ id }) => id),
		);
		found = yield* oldest(dialect, request);
	}
	const watched = found.filter((row) => row !== undefined);
	const ids = watched.map(({ id }) => id);
	const old = yield* lockRows(dialect, LOCK_OLD, ids, now - DAY_MS);
	if (old.length > 0) yield* rowsFor(dialect, KEEP, old, now);
	return watched;
}

const WITH_HASHES = selecting(({ oneOf }) => {
	const one = oneOf('$2', 'text');
	return `WHERE i.realm = $1 AND i.core_claim_hash ${one} AND i.id IN (
		SELECT issuance_id FROM attempts WHERE core_claim_hash ${one}) ORDER BY i.id`;
});

/** The row of each pair, if there is one. */
function* oldest(
	dialect: Dialect,
	{ realm, pairs }: WatchRequest,
): Operation<(LedgerRow | undefined)[]> {
	const hashes = pairs.map(({ coreClaimHash }) => coreClaimHash);
	const found = yield* readAnyRows(dialect, WITH_HASHES, realm, hashes);
	return pairs.map(({ coreClaimHash, recipient }) =>
		found.find(
			(row) =>
				row.coreClaimHash === coreClaimHash && (row.recipient === recipient || !isOnlyWatched(row)),
		),
	);
}
