import { outcomeOf, type LedgerRow } from '../../ledger/Ledger';

/** Milliseconds since 1970 as ISO 8601, UTC. */
export function isoTime(at: number): string;
export function isoTime(at: number | null): string | null;
export function isoTime(at: number | null): string | null {
	return at === null ? null : new Date(at).toISOString();
}

/** When the row reached its state, if the row tells. */
export function since({ state, answeredAt, confirmedAt, updatedAt }: LedgerRow): string {
	// A submitted row is also updated whenever AIR was asked and had nothing new.
	if (state === 'submitted') return isoTime(answeredAt ?? updatedAt);
	if (state === 'confirmed') return isoTime(confirmedAt ?? updatedAt);
	return isoTime(updatedAt);
}

/** By the clock of this machine: whether a lease has run out is near enough for people, and decides nothing. */
export const outcomeNow = (row: LedgerRow) => outcomeOf(row, Date.now());

/** AIR's identifier of the issuance that stands: a hash or a storage path. */
export const namesAtAir = ({ way, coreClaimHash }: LedgerRow) => ({
	coreClaimHash: way === 'direct' ? null : coreClaimHash,
	storagePath: way === 'direct' ? coreClaimHash : null,
});

/** What was issued: an issuance program, or the type of a direct credential. */
export const typeOf = ({ way, program }: Pick<LedgerRow, 'way' | 'program'>) => ({
	credentialId: way === 'direct' || program === '' ? null : program,
	vct: way === 'direct' ? program : null,
});

/**
 * A row for other programs. The fields are listed one by one, so that nothing is exposed by accident;
 * the HMAC of the subject is left out, since it is useless outside of the ledger.
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

/** The event ID of a row; null if repeats were recognized in another way. */
export const eventIdOf = ({ idempotencyKey }: Pick<LedgerRow, 'idempotencyKey'>) =>
	idempotencyKey.startsWith(EVENT) ? idempotencyKey.slice(EVENT.length) : null;

/** The idempotency key of an event ID. */
export const keyOfEvent = (eventId: string) => `${EVENT}${eventId}`;

/**
 * The fields of a row that a workflow or a report needs, named as in the other nodes.
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

/** The fields of {@link simpleRow}, and everything else that a row holds. */
export const fullRow = (row: LedgerRow) => ({ ...simpleRow(row), ...wholeRow(row) });
