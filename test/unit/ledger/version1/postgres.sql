-- The tables as version 1 of the ledger made them: never to be changed.
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
