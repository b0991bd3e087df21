import { wholeRow } from '../../issuance/ledger/rowFields';
import type { LedgerRow } from '../../ledger/Ledger';

/** Hashes of further issuances: answers to attempts that later ones had overtaken. */
const furtherHashes = ({ attempts, coreClaimHash }: LedgerRow) =>
	attempts.flatMap((attempt) =>
		attempt.coreClaimHash === null || attempt.coreClaimHash === coreClaimHash
			? []
			: [attempt.coreClaimHash],
	);

/** The same for spreadsheets: attempts become a count, and their further hashes are kept. */
export const CSV_COLUMNS = [
	'id',
	'state',
	'since',
	'recipient',
	'realm',
	'program',
	'way',
	'issuerDid',
	'reference',
	'idempotencyKey',
	'coreClaimHash',
	'storagePath',
	'externalId',
	'revocationNumber',
	'expiresAt',
	'holderDid',
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
	const { attempts, ...rest } = wholeRow(row);
	const cells: Readonly<Record<(typeof CSV_COLUMNS)[number], string | number | null>> = {
		...rest,
		attempts: attempts.length,
		furtherHashes: furtherHashes(row).join(' '),
	};
	return CSV_COLUMNS.map((column) => cells[column]);
}
