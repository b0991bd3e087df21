-- The tables as version 1 of the ledger made them: never to be changed.
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
