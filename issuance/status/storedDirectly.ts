import { AirError } from '../../errors/AirError';
import { isoTime, namesAtAir, typeOf } from '../ledger/rowFields';
import type { LedgerSession } from '../session/LedgerSession';

/**
 * What the ledger knows of what was issued directly: what AIR tells about it is over when it has stored it.
 *
 * @param hash - a `storagePath`, or a `coreClaimHash`
 * @returns undefined for what is asked of AIR
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
