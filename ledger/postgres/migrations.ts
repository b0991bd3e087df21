import { LedgerError } from '../LedgerError';
import type { Database, Patience, Session } from './Database';

/** The first half of our advisory locks, which are the whole database's; the letters "moca". */
export const LOCK_CLASS = 0x6d6f6361;
/** The same for locks on hashes, whose second half may be any number. */
export const HASH_LOCK_CLASS = LOCK_CLASS + 1;
const MIGRATION_LOCK = 1;

/** Another process may be building an index on a large table at this moment. */
const PATIENCE: Patience = { statementMs: 120_000, lockMs: 60_000 };

/** Version 2: what triggers need (`Feed`). */
const FEED = `
	CREATE TABLE moca_air.identity (id text NOT NULL);
	INSERT INTO moca_air.identity
		VALUES (substr(md5(random()::text || clock_timestamp()::text || random()::text), 1, 12));

	-- 'watched': issued elsewhere, and only asked about here.
	ALTER TABLE moca_air.issuances ADD COLUMN origin text NOT NULL DEFAULT 'issued';
	-- Since when an issuance stands that is not confirmed, as far as the ledger knew at that time.
	ALTER TABLE moca_air.issuances ADD COLUMN pending_since bigint;
	-- Since when AIR has known no such hash.
	ALTER TABLE moca_air.issuances ADD COLUMN missing_since bigint;
	-- AIR kept what another row had been given before: since when, and whether the subject was the same.
	ALTER TABLE moca_air.issuances ADD COLUMN kept_since bigint;
	ALTER TABLE moca_air.issuances ADD COLUMN kept_same boolean;
	UPDATE moca_air.issuances SET pending_since = answered_at;
	-- AIR is asked again about a key that was accepted before acceptance had a time.
	ALTER TABLE moca_air.accepted_keys ADD COLUMN accepted_at bigint NOT NULL DEFAULT 0;
	-- AIR has refused it since, once.
	ALTER TABLE moca_air.accepted_keys ADD COLUMN refused_at bigint;
	CREATE INDEX issuances_pending
		ON moca_air.issuances (realm, pending_since, id) WHERE state = 'submitted';
	CREATE INDEX issuances_due_by_instance
		ON moca_air.issuances (realm, instance, due_at, id) WHERE due_at IS NOT NULL;

	CREATE TABLE moca_air.cursors (
		realm text NOT NULL,
		instance text NOT NULL,
		workflow_id text NOT NULL,
		node_id text NOT NULL,
		delivered bigint NOT NULL,
		offered bigint NOT NULL,
		-- Up to here somebody was told of what retention took away.
		told bigint NOT NULL,
		created_at bigint NOT NULL,
		polled_at bigint NOT NULL,
		PRIMARY KEY (realm, instance, workflow_id, node_id)
	);

	-- The newest event that retention took away.
	CREATE TABLE moca_air.pruned (realm text PRIMARY KEY, up_to bigint NOT NULL);

	-- What has been pending since then, or before, has its event.
	CREATE TABLE moca_air.delays (
		realm text NOT NULL,
		minutes integer NOT NULL,
		up_to bigint NOT NULL,
		PRIMARY KEY (realm, minutes)
	);
`;

/**
 * What makes version n of the tables out of version n − 1. Never edit one that was released: add one.
 *
 * Times are milliseconds since 1970 by the server's `clock_timestamp()`. Indexes are partial, so that
 * what is under way or due is found without passing what is done.
 */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE moca_air.issuances (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		realm text NOT NULL,
		program text NOT NULL,
		issuer_did text NOT NULL,
		recipient text NOT NULL,
		idempotency_key text NOT NULL,
		-- No longer found by its key, which may be used anew.
		retired boolean NOT NULL DEFAULT false,
		subject_hmac text NOT NULL,
		key_thumbprint text NOT NULL,
		reference text,
		instance text NOT NULL,
		workflow_id text NOT NULL,
		execution_id text NOT NULL,
		node_id text NOT NULL,
		state text NOT NULL,
		-- When the row came into its state: retention counts from here.
		state_at bigint NOT NULL,
		reason text,
		attempt integer NOT NULL,
		lease_until bigint,
		core_claim_hash text,
		user_uuid text,
		vc_id text,
		vc_status text,
		next_check_at bigint,
		-- Until then somebody is asking AIR about this row.
		claimed_until bigint,
		due_at bigint GENERATED ALWAYS AS (
			CASE WHEN next_check_at IS NULL THEN NULL
			ELSE greatest(next_check_at, coalesce(claimed_until, next_check_at)) END
		) STORED,
		checks integer NOT NULL DEFAULT 0,
		created_at bigint NOT NULL,
		answered_at bigint,
		confirmed_at bigint,
		updated_at bigint NOT NULL
	);
	CREATE UNIQUE INDEX issuances_by_key
		ON moca_air.issuances (realm, program, idempotency_key) WHERE NOT retired;
	CREATE INDEX issuances_due ON moca_air.issuances (realm, due_at, id) WHERE due_at IS NOT NULL;
	CREATE INDEX issuances_by_recipient ON moca_air.issuances (recipient);
	CREATE INDEX issuances_sending ON moca_air.issuances (lease_until) WHERE state = 'sending';
	CREATE INDEX issuances_open
		ON moca_air.issuances (state_at) WHERE state IN ('submitted', 'unknown');
	CREATE INDEX issuances_finished
		ON moca_air.issuances (state_at) WHERE state NOT IN ('sending', 'submitted', 'unknown');

	CREATE TABLE moca_air.attempts (
		issuance_id bigint NOT NULL REFERENCES moca_air.issuances ON DELETE CASCADE,
		number integer NOT NULL,
		started_at bigint NOT NULL,
		ended_at bigint,
		outcome text NOT NULL,
		core_claim_hash text,
		user_uuid text,
		PRIMARY KEY (issuance_id, number)
	);
	CREATE INDEX attempts_by_hash
		ON moca_air.attempts (core_claim_hash) WHERE core_claim_hash IS NOT NULL;

	CREATE TABLE moca_air.events (
		id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		issuance_id bigint NOT NULL REFERENCES moca_air.issuances ON DELETE CASCADE,
		type text NOT NULL,
		threshold text NOT NULL,
		at bigint NOT NULL,
		UNIQUE (issuance_id, type, threshold)
	);

	CREATE TABLE moca_air.accepted_keys (
		realm text NOT NULL,
		key_thumbprint text NOT NULL,
		PRIMARY KEY (realm, key_thumbprint)
	);
	`,
	FEED,
];

/**
 * Makes the tables, or brings them up to date. Any number of processes may do so at once.
 *
 * The schema is made only if it is not there: for that the role has to be allowed to create schemas;
 * a role that owns `moca_air`, or may create tables in it, need not be. Where the tables are up to
 * date already, the right to use them is enough.
 *
 * @throws LedgerError LEDGER_TOO_NEW if a newer version of this package made them
 */
export async function migrate(database: Database): Promise<void> {
	if ((await database.transaction(version)) === MIGRATIONS.length) return;
	await database.transaction(async (session) => {
		await session.rows('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, MIGRATION_LOCK]);
		// Asked again: another process may have done it while this one waited.
		const from = await version(session);
		if (from === 0) await prepare(session);
		for (const [index, statements] of MIGRATIONS.entries()) {
			if (index < from) continue;
			await session.rows(statements);
			await session.rows('INSERT INTO moca_air.versions VALUES ($1)', [index + 1]);
		}
	}, PATIENCE);
}

async function version({ rows }: Session): Promise<number> {
	const [table] = await rows<{ there: boolean }>(
		`SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n
			ON n.oid = c.relnamespace WHERE n.nspname = 'moca_air' AND c.relname = 'versions') AS there`,
	);
	if (table?.there !== true) return 0;
	const [newest] = await rows<{ version: number }>(
		'SELECT coalesce(max(version), 0) AS version FROM moca_air.versions',
	);
	const found = newest?.version ?? 0;
	if (found > MIGRATIONS.length) {
		throw new LedgerError(
			'LEDGER_TOO_NEW',
			`tables of version ${found}; this package knows ${MIGRATIONS.length}`,
		);
	}
	return found;
}

async function prepare({ rows }: Session): Promise<void> {
	// CREATE SCHEMA IF NOT EXISTS would demand the right to create one even where it exists.
	const found = await rows("SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'moca_air'");
	if (found.length === 0) await rows('CREATE SCHEMA moca_air');
	await rows(
		`CREATE TABLE IF NOT EXISTS moca_air.versions (
			version integer PRIMARY KEY,
			applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
		)`,
	);
}
