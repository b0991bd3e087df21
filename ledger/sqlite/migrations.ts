import { LedgerError } from '../LedgerError';
import type { Connection, Session } from './Connection';

/** "MOCA": tells our file from any other SQLite database, such as n8n's own. */
const APPLICATION_ID = 0x4d4f4341;

/** Version 2: what triggers need (`Feed`). */
const FEED = `
	CREATE TABLE identity (id TEXT NOT NULL) STRICT;
	INSERT INTO identity VALUES (lower(hex(randomblob(6))));

	-- 'watched': issued elsewhere, and only asked about here.
	ALTER TABLE issuances ADD COLUMN origin TEXT NOT NULL DEFAULT 'issued';
	-- Since when an issuance stands that is not confirmed, as far as the ledger knew at that time.
	ALTER TABLE issuances ADD COLUMN pending_since INTEGER;
	-- Since when AIR has known no such hash.
	ALTER TABLE issuances ADD COLUMN missing_since INTEGER;
	-- AIR kept what another row had been given before: since when, and whether the subject was the same.
	ALTER TABLE issuances ADD COLUMN kept_since INTEGER;
	ALTER TABLE issuances ADD COLUMN kept_same INTEGER;
	UPDATE issuances SET pending_since = answered_at;
	-- AIR is asked again about a key that was accepted before acceptance had a time.
	ALTER TABLE accepted_keys ADD COLUMN accepted_at INTEGER NOT NULL DEFAULT 0;
	-- AIR has refused it since, once.
	ALTER TABLE accepted_keys ADD COLUMN refused_at INTEGER;
	CREATE INDEX issuances_pending
		ON issuances (realm, pending_since, id) WHERE state = 'submitted';
	CREATE INDEX issuances_due_by_instance
		ON issuances (realm, instance, due_at, id) WHERE due_at IS NOT NULL;

	CREATE TABLE cursors (
		realm TEXT NOT NULL,
		instance TEXT NOT NULL,
		workflow_id TEXT NOT NULL,
		node_id TEXT NOT NULL,
		delivered INTEGER NOT NULL,
		offered INTEGER NOT NULL,
		-- Up to here somebody was told of what retention took away.
		told INTEGER NOT NULL,
		created_at INTEGER NOT NULL,
		polled_at INTEGER NOT NULL,
		PRIMARY KEY (realm, instance, workflow_id, node_id)
	) STRICT, WITHOUT ROWID;

	-- The newest event that retention took away.
	CREATE TABLE pruned (realm TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;

	-- What has been pending since then, or before, has its event.
	CREATE TABLE delays (
		realm TEXT NOT NULL,
		minutes INTEGER NOT NULL,
		up_to INTEGER NOT NULL,
		PRIMARY KEY (realm, minutes)
	) STRICT, WITHOUT ROWID;
`;

/**
 * What makes version n of the tables out of version n − 1. Never edit one that was released: add one.
 *
 * Times are milliseconds since 1970 by SQLite's clock. AUTOINCREMENT, because SQLite gives the IDs of
 * deleted rows out again without it. What is due is indexed apart, so that it is
 * found without passing what is done.
 */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE issuances (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		realm TEXT NOT NULL,
		program TEXT NOT NULL,
		issuer_did TEXT NOT NULL,
		recipient TEXT NOT NULL,
		idempotency_key TEXT NOT NULL,
		-- No longer found by its key, which may be used anew.
		retired INTEGER NOT NULL DEFAULT 0,
		subject_hmac TEXT NOT NULL,
		key_thumbprint TEXT NOT NULL,
		reference TEXT,
		instance TEXT NOT NULL,
		workflow_id TEXT NOT NULL,
		execution_id TEXT NOT NULL,
		node_id TEXT NOT NULL,
		state TEXT NOT NULL,
		-- When the row came into its state: retention counts from here.
		state_at INTEGER NOT NULL,
		reason TEXT,
		attempt INTEGER NOT NULL,
		lease_until INTEGER,
		core_claim_hash TEXT,
		user_uuid TEXT,
		vc_id TEXT,
		vc_status TEXT,
		next_check_at INTEGER,
		-- Until then somebody is asking AIR about this row.
		claimed_until INTEGER,
		-- Null if either is: max() of SQLite is.
		due_at INTEGER GENERATED ALWAYS AS (
			max(next_check_at, coalesce(claimed_until, next_check_at))
		) VIRTUAL,
		checks INTEGER NOT NULL DEFAULT 0,
		created_at INTEGER NOT NULL,
		answered_at INTEGER,
		confirmed_at INTEGER,
		updated_at INTEGER NOT NULL
	) STRICT;
	CREATE UNIQUE INDEX issuances_by_key
		ON issuances (realm, program, idempotency_key) WHERE retired = 0;
	CREATE INDEX issuances_due ON issuances (realm, due_at, id) WHERE due_at IS NOT NULL;
	CREATE INDEX issuances_by_state ON issuances (state, state_at);
	CREATE INDEX issuances_by_recipient ON issuances (recipient, program, realm, state);

	CREATE TABLE attempts (
		issuance_id INTEGER NOT NULL REFERENCES issuances ON DELETE CASCADE,
		number INTEGER NOT NULL,
		started_at INTEGER NOT NULL,
		ended_at INTEGER,
		outcome TEXT NOT NULL,
		core_claim_hash TEXT,
		user_uuid TEXT,
		PRIMARY KEY (issuance_id, number)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX attempts_by_hash
		ON attempts (core_claim_hash) WHERE core_claim_hash IS NOT NULL;

	CREATE TABLE events (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		issuance_id INTEGER NOT NULL REFERENCES issuances ON DELETE CASCADE,
		type TEXT NOT NULL,
		threshold TEXT NOT NULL,
		at INTEGER NOT NULL,
		UNIQUE (issuance_id, type, threshold)
	) STRICT;

	CREATE TABLE accepted_keys (
		realm TEXT NOT NULL,
		key_thumbprint TEXT NOT NULL,
		PRIMARY KEY (realm, key_thumbprint)
	) STRICT, WITHOUT ROWID;
	`,
	FEED,
];

/**
 * Reads the version of the tables, 0 if there are none. Changes nothing.
 *
 * @throws LedgerError LEDGER_TOO_NEW if a newer version of this package made them, LEDGER_UNAVAILABLE
 *   if another program did
 */
export function version({ all }: Session): number {
	const number = (sql: string) => Object.values(all<Record<string, number>>(sql)[0] ?? {})[0] ?? 0;
	const found = number('PRAGMA user_version');
	const owner = number('PRAGMA application_id');
	if (owner === APPLICATION_ID) {
		if (found <= MIGRATIONS.length) return found;
		const known = MIGRATIONS.length;
		throw new LedgerError(
			'LEDGER_TOO_NEW',
			`tables of version ${found}; this package knows ${known}`,
		);
	}
	if (owner !== 0 || found !== 0 || number('SELECT count(*) FROM sqlite_schema') !== 0) {
		throw new LedgerError('LEDGER_UNAVAILABLE', 'the file is the database of another program');
	}
	return 0;
}

/** Makes the tables, or brings them up to date. Any number of processes may do so at once. */
export async function migrate(connection: Connection): Promise<void> {
	if ((await connection.read(version)) === MIGRATIONS.length) return;
	await connection.write((session) => {
		// Asked again: another process may have done it while this one waited.
		const from = version(session);
		for (const statements of MIGRATIONS.slice(from)) session.script(statements);
		session.script(`PRAGMA application_id = ${APPLICATION_ID}`);
		session.script(`PRAGMA user_version = ${MIGRATIONS.length}`);
	});
}
