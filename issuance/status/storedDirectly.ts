import { AirError } from '../../errors/AirError';
import { isoTime, namesAtAir, typeOf } from '../ledger/rowFields';
import type { LedgerSession } from '../session/LedgerSession';

/**
 * What the ledger knows about a direct issuance: AIR says nothing more about it after it was stored.
 *
 * @param hash - a `storagePath`, or a `coreClaimHash`
 * @returns undefined for an issuance that AIR must be asked about
 * @throws AirError `AIR_STATUS_OF_DIRECT` for a `storagePath` that the ledger does not know
 */
export async function storedDirectly(
	session: LedgerSession | undefined,
	hash: string,
	signal: AbortSignal | undefined,
): Promise<object | undefined> {
	if (!hash.includes('://')) return undefined;
	const row = await session?.find(hash, signal);
	if (row?.way !== 'direct') throw new AirError('AIR_STATUS_OF_DIRECT');
	return {
		email: row.recipient,
		state: row.state,
		onChain: false,
		...typeOf(row),
		...namesAtAir(row),
		externalId: row.externalId,
		revocationNumber: row.revocationNumber,
		expiresAt: isoTime(row.expiresAt),
		submittedAt: isoTime(row.answeredAt),
	};
}
