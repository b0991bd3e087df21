import { json, MESSAGES, Refusal, type Answer } from './answers';
import type { Partner, State } from './state';

/**
 * `GET /credentials/status?coreClaimHash=` (docs.moca.network, "Get Credential Status" and its
 * openapi). All nine fields of the schema are sent; the docs' example shows only five of them. The
 * e-mail in the Partner JWT is not compared with the holder: no source says that AIR does.
 */
export function getStatus(state: State, partner: Partner, coreClaimHash: string | null): Answer {
	if (coreClaimHash === null || coreClaimHash === '') {
		throw new Refusal(400, 'Missing required field: coreClaimHash');
	}
	const issuance = state.issuances.get(coreClaimHash);
	if (issuance === undefined) throw new Refusal(404, MESSAGES.unknownHash);
	if (issuance.partnerId !== partner.partnerId) {
		throw new Refusal(404, MESSAGES.unknownHash, 'hash of another partner');
	}
	if (!state.isVisible(issuance)) {
		throw new Refusal(404, MESSAGES.unknownHash, 'not visible yet');
	}
	return json(200, {
		coreClaimHash,
		issuanceDate: airDate(issuance.issuedAt),
		expirationDate: airDate(issuance.expiresAt),
		issuerDid: issuance.issuerDid,
		issuerId: state.issuerIdOf(issuance.issuerDid),
		schemeId: issuance.schemaId,
		vcId: issuance.vcId,
		vcDstorageId: issuance.vcDstorageId,
		vcStatus: state.vcStatus(issuance),
	});
}

/** `2026-01-19 07:18:45` in the openapi example: no `T` and no zone, taken to be UTC. */
function airDate(ms: number): string {
	return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
