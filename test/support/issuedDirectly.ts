import type { AttemptRef, Ledger, Revocable, SealedCredential } from '../../ledger/Ledger';
import { answer, DAY, request } from '../unit/ledger/contract/requests';

export const VCT = 'https://example.com/types/member';

/**
 * Puts a credential into a ledger as Issue Directly does: AIR has stored it, and it is valid for a day.
 *
 * @param number - its revocation number; its external ID and Event ID end in it, too
 */
export async function issuedDirectly(
	ledger: Ledger,
	number: number,
	revocable: Revocable,
	changes: Parameters<typeof request>[0] &
		Partial<Pick<SealedCredential, 'kid' | 'publicJwk'>> = {},
): Promise<AttemptRef> {
	const { kid = 'k1', publicJwk = '{}', ...requested } = changes;
	const asked = request({ program: VCT, idempotencyKey: `event:${number}`, ...requested });
	const sealed = {
		externalId: `urn:uuid:${number}`,
		body: '{}',
		revocationNumber: String(number),
		expiresAt: Date.now() + DAY,
		issuer: 'did:web:example.com',
		kid,
		publicJwk,
		holderDid: 'did:air:id:test:ada',
		holderKey: '302a',
	};
	const begun = await ledger.beginDirect(
		{ ...asked, ifHeld: 'another' },
		{ sealed, outlives: true, revocable, instead: null },
	);
	if (begun.outcome !== 'started') throw new Error(begun.outcome);
	await ledger.answered(begun, answer(`dstorage://vc/${number}`, { nextCheckMs: null }));
	return begun;
}
