import type { Dialect } from '../sql/Dialect';
import { FINISHED, OPEN, STORED } from './states';

/**
 * The version of the tables. A later release that changes them raises it and upgrades older tables;
 * tables with a higher version are left alone.
 */
export const SCHEMA_VERSION = 1;

/**
 * The tables. Times are milliseconds since 1970 by the store's clock. Indexes are partial, so that rows
 * that are under way or due are found without scanning finished ones, and begin with the realm, so that
 * no query scans the rows of others.
 */
export const schema = ({
	greatest,
	schema: { id, integer, generated, randomId, table, keyed },
}: Dialect): readonly string[] => [
	`CREATE TABLE identity (id text NOT NULL) ${table}`,
	`INSERT INTO identity VALUES (${randomId})`,

	`CREATE TABLE issuances (
		id ${id},
		realm text NOT NULL,
		program text NOT NULL,
		way text NOT NULL DEFAULT 'on-behalf',
		issuer_did text NOT NULL,
		recipient text NOT NULL,
		idempotency_key text NOT NULL,
		-- 1: no longer found by its key, which may be used again.
		retired ${integer} NOT NULL DEFAULT 0,
		-- 'watched': issued elsewhere, and only asked about here.
		origin text NOT NULL DEFAULT 'issued',
		subject_hmac text NOT NULL,
		key_thumbprint text NOT NULL,
		reference text,
		instance text NOT NULL,
		workflow_id text NOT NULL,
		execution_id text NOT NULL,
		node_id text NOT NULL,
		state text NOT NULL,
		-- When the row came into its state: retention counts from here.
		state_at ${integer} NOT NULL,
		reason text,
		attempt ${integer} NOT NULL,
		lease_until ${integer},
		core_claim_hash text,
		user_uuid text,
		vc_id text,
		vc_status text,
		next_check_at ${integer},
		-- Until then somebody is asking AIR about this row.
		claimed_until ${integer},
		due_at ${integer} GENERATED ALWAYS AS (CASE WHEN next_check_at IS NOT NULL
			THEN ${greatest}(next_check_at, coalesce(claimed_until, next_check_at)) END) ${generated},
		checks ${integer} NOT NULL DEFAULT 0,
		created_at ${integer} NOT NULL,
		answered_at ${integer},
		confirmed_at ${integer},
		updated_at ${integer} NOT NULL,
		-- Since when an issuance stands that is not confirmed, as far as the ledger knew at that time.
		pending_since ${integer},
		-- Since when AIR has known no such hash.
		missing_since ${integer},
		-- AIR kept what another row had been given before: since when, and whether (1 or 0) the subject
		-- was the same.
		kept_since ${integer},
		kept_same ${integer},
		-- Of what was sealed last to be issued directly.
		external_id text,
		revocation_number text,
		expires_at ${integer},
		holder_did text,
		-- The row whose credential takes the place of this one, or was to.
		replaced_by ${integer}
	) ${table}`,
	`CREATE UNIQUE INDEX issuances_by_key
		ON issuances (realm, program, idempotency_key) WHERE retired = 0`,
	'CREATE INDEX issuances_due ON issuances (realm, due_at, id) WHERE due_at IS NOT NULL',
	`CREATE INDEX issuances_due_by_instance
		ON issuances (realm, instance, due_at, id) WHERE due_at IS NOT NULL`,
	`CREATE INDEX issuances_pending
		ON issuances (realm, pending_since, id) WHERE state = 'submitted'`,
	// For an address in one spelling or in all: see `ofRecipient`.
	'CREATE INDEX issuances_by_recipient ON issuances (lower(recipient), program, realm, state)',
	`CREATE INDEX issuances_by_reference
		ON issuances (reference, id) WHERE reference IS NOT NULL`,
	`CREATE INDEX issuances_by_external_id
		ON issuances (external_id) WHERE external_id IS NOT NULL`,
	`CREATE INDEX issuances_sending ON issuances (lease_until) WHERE state = 'sending'`,
	`CREATE INDEX issuances_open ON issuances (realm, state_at) WHERE ${OPEN}`,
	`CREATE INDEX issuances_finished ON issuances (realm, state_at) WHERE ${FINISHED}`,
	`CREATE INDEX issuances_stored ON issuances (realm, expires_at) WHERE ${STORED}`,
	`CREATE INDEX issuances_by_number
		ON issuances (revocation_number) WHERE revocation_number IS NOT NULL`,

	`CREATE TABLE attempts (
		issuance_id ${integer} NOT NULL REFERENCES issuances ON DELETE CASCADE,
		number ${integer} NOT NULL,
		started_at ${integer} NOT NULL,
		ended_at ${integer},
		outcome text NOT NULL,
		core_claim_hash text,
		user_uuid text,
		PRIMARY KEY (issuance_id, number)
	) ${keyed}`,
	`CREATE INDEX attempts_by_hash ON attempts (core_claim_hash) WHERE core_claim_hash IS NOT NULL`,

	// How people settled unknown outcomes.
	`CREATE TABLE settlements (
		issuance_id ${integer} NOT NULL REFERENCES issuances ON DELETE CASCADE,
		number ${integer} NOT NULL,
		at ${integer} NOT NULL,
		outcome text NOT NULL,
		-- As it was before.
		state text NOT NULL,
		attempt ${integer} NOT NULL,
		instance text NOT NULL,
		workflow_id text NOT NULL,
		execution_id text NOT NULL,
		note text,
		PRIMARY KEY (issuance_id, number)
	) ${keyed}`,

	`CREATE TABLE events (
		id ${id},
		issuance_id ${integer} NOT NULL REFERENCES issuances ON DELETE CASCADE,
		type text NOT NULL,
		threshold text NOT NULL,
		at ${integer} NOT NULL,
		UNIQUE (issuance_id, type, threshold)
	) ${table}`,

	`CREATE TABLE accepted_keys (
		realm text NOT NULL,
		key_thumbprint text NOT NULL,
		accepted_at ${integer} NOT NULL,
		-- AIR has refused it since, once.
		refused_at ${integer},
		PRIMARY KEY (realm, key_thumbprint)
	) ${keyed}`,

	`CREATE TABLE cursors (
		realm text NOT NULL,
		instance text NOT NULL,
		workflow_id text NOT NULL,
		node_id text NOT NULL,
		delivered ${integer} NOT NULL,
		offered ${integer} NOT NULL,
		-- Up to here somebody was told about what retention took away.
		told ${integer} NOT NULL,
		created_at ${integer} NOT NULL,
		-- Null before the first poll.
		polled_at ${integer},
		PRIMARY KEY (realm, instance, workflow_id, node_id)
	) ${keyed}`,

	// The newest event that retention deleted.
	`CREATE TABLE pruned (realm text PRIMARY KEY NOT NULL, up_to ${integer} NOT NULL) ${keyed}`,

	// Rows pending since this time or earlier have their event; null before the first call.
	`CREATE TABLE delays (
		realm text NOT NULL,
		minutes ${integer} NOT NULL,
		up_to ${integer},
		PRIMARY KEY (realm, minutes)
	) ${keyed}`,

	// Rows that expire this many minutes after this time, or earlier, have their event; null before the
	// first call.
	`CREATE TABLE expiries (
		realm text NOT NULL,
		minutes ${integer} NOT NULL,
		up_to ${integer},
		PRIMARY KEY (realm, minutes)
	) ${keyed}`,

	// What status and renewal need until the credential expires. It does not name the person, so that
	// neither retention nor an erasure deletes it: what was revoked must stay revoked.
	`CREATE TABLE credentials (
		realm text NOT NULL,
		-- 63 random bits, as text: more than a number of JavaScript holds.
		number text NOT NULL,
		-- Its place in a status list, if it has one.
		list text,
		list_index ${integer},
		expires_at ${integer} NOT NULL,
		revoked_at ${integer},
		-- 1: the ledger was restored, and nobody has said whether it was revoked since the backup.
		doubtful ${integer} NOT NULL DEFAULT 0,
		key_thumbprint text NOT NULL,
		PRIMARY KEY (number),
		UNIQUE (realm, list, list_index)
	) ${keyed}`,
	'CREATE INDEX credentials_by_expiry ON credentials (expires_at)',
	`CREATE INDEX credentials_by_key ON credentials (realm, key_thumbprint, expires_at)`,
	`CREATE INDEX credentials_revoked ON credentials (revoked_at) WHERE revoked_at IS NOT NULL`,
	`CREATE INDEX credentials_revoked_in_list
		ON credentials (realm, list, list_index) WHERE revoked_at IS NOT NULL`,

	// Lists in which credentials have their places. A place is never used twice, so nothing of a list is
	// deleted before everything in it has expired.
	`CREATE TABLE status_lists (
		id text NOT NULL,
		realm text NOT NULL,
		-- Which ledger gives out its places: one that was restored has another ID.
		ledger_id text NOT NULL,
		size ${integer} NOT NULL,
		opened_at ${integer} NOT NULL,
		closed_at ${integer},
		doubtful ${integer} NOT NULL DEFAULT 0,
		-- Places that were published as revoked before the ledger was restored: JSON.
		published text,
		PRIMARY KEY (id)
	) ${keyed}`,
	'CREATE UNIQUE INDEX status_lists_open ON status_lists (realm) WHERE closed_at IS NULL',

	// Public keys must stay published while credentials that they signed are valid.
	`CREATE TABLE signing_keys (
		realm text NOT NULL,
		kid text NOT NULL,
		key_thumbprint text NOT NULL,
		public_jwk text NOT NULL,
		last_expires_at ${integer} NOT NULL,
		-- Since when it need not be published, although what it has signed lives: somebody has said so.
		unpublished_at ${integer},
		PRIMARY KEY (realm, kid, key_thumbprint)
	) ${keyed}`,

	// What was sealed for an attempt without an answer, so that the same bytes can be sent again.
	`CREATE TABLE envelopes (
		issuance_id ${integer} PRIMARY KEY NOT NULL REFERENCES issuances ON DELETE CASCADE,
		external_id text NOT NULL,
		body text NOT NULL,
		expires_at ${integer} NOT NULL,
		-- What the credential in it names, and to whose key it is sealed.
		issuer text NOT NULL,
		kid text NOT NULL,
		public_jwk text NOT NULL,
		holder_key text NOT NULL
	) ${keyed}`,
	'CREATE INDEX envelopes_by_expiry ON envelopes (expires_at)',
];
