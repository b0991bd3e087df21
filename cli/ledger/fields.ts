import type { LedgerRow } from '../../ledger/Ledger';
import { isoTime } from '../text';

/** When the row came into its state, as far as the row tells. */
export function since({ state, answeredAt, confirmedAt, updatedAt }: LedgerRow): string {
	// A submitted row is also written whenever AIR was asked and had nothing new.
	if (state === 'submitted') return isoTime(answeredAt ?? updatedAt);
	if (state === 'confirmed') return isoTime(confirmedAt ?? updatedAt);
	return isoTime(updatedAt);
}

/** Hashes of issuances beside the one that stands: answers to attempts that others had overtaken. */
const furtherHashes = ({ attempts, coreClaimHash }: LedgerRow) =>
	attempts.flatMap((attempt) =>
		attempt.coreClaimHash === null || attempt.coreClaimHash === coreClaimHash
			? []
			: [attempt.coreClaimHash],
	);

/**
 * A row for other programs. Named one by one, so that nothing gets out that was not meant to; the
 * HMAC of the subject is left out, since it says nothing to anybody but the ledger.
 */
export function rowAsJson(row: LedgerRow) {
	return {
		id: row.id,
		state: row.state,
		since: since(row),
		recipient: row.recipient,
		realm: row.realm,
		program: row.program,
		issuerDid: row.issuerDid,
		reference: row.reference,
		idempotencyKey: row.idempotencyKey,
		coreClaimHash: row.coreClaimHash,
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

/** The same for spreadsheets: attempts are counted, and what they have beyond the row is kept. */
export const CSV_COLUMNS = [
	'id',
	'state',
	'since',
	'recipient',
	'realm',
	'program',
	'issuerDid',
	'reference',
	'idempotencyKey',
	'coreClaimHash',
	'userUuid',
	'vcId',
	'vcStatus',
	'reason',
	'createdAt',
	'answeredAt',
	'confirmedAt',
	'updatedAt',
	'nextCheckAt',
	'checks',
	'leaseUntil',
	'instance',
	'workflowId',
	'executionId',
	'nodeId',
	'keyThumbprint',
	'attempts',
	'furtherHashes',
] as const;

/** A row's cells, in the order of {@link CSV_COLUMNS}. */
export function rowAsCells(row: LedgerRow): (string | number | null)[] {
	const { attempts, ...rest } = rowAsJson(row);
	const cells: Readonly<Record<(typeof CSV_COLUMNS)[number], string | number | null>> = {
		...rest,
		attempts: attempts.length,
		furtherHashes: furtherHashes(row).join(' '),
	};
	return CSV_COLUMNS.map((column) => cells[column]);
}
