import { outcomeOf, type LedgerRow } from '../../ledger/Ledger';

/** Milliseconds since 1970 as people and machines read them: ISO 8601, UTC. */
export function isoTime(at: number): string;
export function isoTime(at: number | null): string | null;
export function isoTime(at: number | null): string | null {
	return at === null ? null : new Date(at).toISOString();
}

/** When the row came into its state, as far as the row tells. */
export function since({ state, answeredAt, confirmedAt, updatedAt }: LedgerRow): string {
	// A submitted row is also written whenever AIR was asked and had nothing new.
	if (state === 'submitted') return isoTime(answeredAt ?? updatedAt);
	if (state === 'confirmed') return isoTime(confirmedAt ?? updatedAt);
	return isoTime(updatedAt);
}

/** By the clock of this machine: whether a lease has run out is near enough for people, and decides nothing. */
export const outcomeNow = (row: LedgerRow) => outcomeOf(row, Date.now());

/** What AIR calls the issuance that stands: a hash, or where it was stored. */
export const namesAtAir = ({ way, coreClaimHash }: LedgerRow) => ({
	coreClaimHash: way === 'direct' ? null : coreClaimHash,
	storagePath: way === 'direct' ? coreClaimHash : null,
});

/** What was issued: an issuance program, or a type of credential that is issued directly. */
export const typeOf = ({ way, program }: Pick<LedgerRow, 'way' | 'program'>) => ({
	credentialId: way === 'direct' || program === '' ? null : program,
	vct: way === 'direct' ? program : null,
});

/**
 * A row for other programs. Named one by one, so that nothing gets out that was not meant to; the
 * HMAC of the subject is left out, since it says nothing to anybody but the ledger.
 */
export function wholeRow(row: LedgerRow) {
	return {
		id: row.id,
		state: row.state,
		outcome: outcomeNow(row),
		since: since(row),
		recipient: row.recipient,
		realm: row.realm,
		program: row.program,
		way: row.way,
		issuerDid: row.issuerDid,
		reference: row.reference,
		idempotencyKey: row.idempotencyKey,
		...namesAtAir(row),
		externalId: row.externalId,
		revocationNumber: row.revocationNumber,
		expiresAt: isoTime(row.expiresAt),
		holderDid: row.holderDid,
		replacedBy: row.replacedBy,
		userUuid: row.userUuid,
		vcId: row.vcId,
		vcStatus: row.vcStatus,
		reason: row.reason,
		createdAt: isoTime(row.createdAt),
		answeredAt: isoTime(row.answeredAt),
		confirmedAt: isoTime(row.confirmedAt),
		updatedAt: isoTime(row.updatedAt),
		nextCheckAt: isoTime(row.nextCheckAt),
		checks: row.checks,
		leaseUntil: isoTime(row.leaseUntil),
		instance: row.instance,
		workflowId: row.workflowId,
		executionId: row.executionId,
		nodeId: row.nodeId,
		keyThumbprint: row.keyThumbprint,
		attempts: row.attempts.map((attempt) => ({
			number: attempt.number,
			outcome: attempt.outcome,
			startedAt: isoTime(attempt.startedAt),
			endedAt: isoTime(attempt.endedAt),
			coreClaimHash: attempt.coreClaimHash,
			userUuid: attempt.userUuid,
		})),
	};
}

const EVENT = 'event:';

/** The event ID that a row was asked for with; null when it was recognized otherwise. */
export const eventIdOf = ({ idempotencyKey }: Pick<LedgerRow, 'idempotencyKey'>) =>
	idempotencyKey.startsWith(EVENT) ? idempotencyKey.slice(EVENT.length) : null;

/** The idempotency key of an event ID. */
export const keyOfEvent = (eventId: string) => `${EVENT}${eventId}`;

/**
 * What a workflow or a report needs of a row, called as the other nodes call it.
 *
 * @example
 * ```ts
 * simpleRow(row); // { ledgerRow: 1030, state: 'unknown', email: 'ada@example.com', … }
 * ```
 */
export function simpleRow(row: LedgerRow) {
	return {
		ledgerRow: row.id,
		state: row.state,
		outcome: outcomeNow(row),
		way: row.way,
		email: row.recipient,
		...typeOf(row),
		reference: row.reference,
		eventId: eventIdOf(row),
		...namesAtAir(row),
		externalId: row.externalId,
		vcId: row.vcId,
		vcStatus: row.vcStatus,
		reason: row.reason,
		attempt: row.attempt,
		createdAt: isoTime(row.createdAt),
		submittedAt: isoTime(row.keptSince ?? row.answeredAt),
		seenAt: isoTime(row.confirmedAt),
		since: since(row),
		workflowId: row.workflowId,
		executionId: row.executionId,
	};
}

/** What {@link simpleRow} says, and all else that a row holds. */
export const fullRow = (row: LedgerRow) => ({ ...simpleRow(row), ...wholeRow(row) });
