import { bindingOf, type AirAccount } from '../../air/direct/account';
import type { HiddenClaims } from '../../air/direct/hideClaims';
import { credentialId, revocationNumber, systemRandomness } from '../../air/direct/randomness';
import { seal } from '../../air/direct/seal';
import { signCredential } from '../../air/direct/signCredential';
import { storeBody } from '../../air/direct/store';
import { publicJwkOf } from '../../air/keys/PublicJwk';
import { AirError } from '../../errors/AirError';
import type { DirectLook, Place, Revocable, SealedCredential } from '../../ledger/Ledger';
import type { DirectIssuer, DirectIssueRequest } from './DirectIssuing';
import { statusOf } from './placeInList';

/** What is sent again must stay valid for at least this long. */
const LEAVES_MS = 60 * 60 * 1000;

/** What to send. */
export interface ToSend {
	readonly sealed: SealedCredential;
	/** Whether the person has no signing key; undefined for what was sealed before. */
	readonly unbound: boolean | undefined;
	/** The parameters of what is sealed now. */
	readonly revocable: Revocable;
}

/** Finds a place in a status list. */
export type FindPlace = () => Promise<Place>;

/**
 * What to send to a person: what was sealed for this issuance before, if AIR may have stored it;
 * otherwise a credential that is signed and sealed now. Each ID stands for one byte string, so that AIR
 * can recognize a repeat; so the earlier one is given up only if it would be useless to the person, or if
 * a person wants it sent again with other claims.
 *
 * @param open - what the ledger knows about the issuance
 * @param now - milliseconds since 1970
 * @param findPlace - called only if it is signed now and revocable by a list
 * @throws AirError `AIR_DIRECT_OTHER_ACCOUNT`, `AIR_HOLDER_…`, `AIR_DIRECT_…`
 */
export async function sealFor(
	account: AirAccount,
	open: Extract<DirectLook, { outcome: 'open' }>,
	issuer: DirectIssuer,
	request: DirectIssueRequest,
	claims: HiddenClaims,
	now: number,
	findPlace: FindPlace,
): Promise<ToSend> {
	const { sealed, row, mayBeStored, corrected } = open;
	if (mayBeStored && row?.holderDid != null && row.holderDid !== account.did) {
		throw new AirError('AIR_DIRECT_OTHER_ACCOUNT');
	}
	const isAsked = mayBeStored && !corrected;
	if (isAsked && sealed !== undefined && isOfUse(sealed, account, issuer, now)) {
		return { sealed, unbound: undefined, revocable: 'off' };
	}
	return await sealNow(account, issuer, request, claims, now, findPlace);
}

/** Whether the person could open and show what was sealed before, and whether verifiers would accept it. */
function isOfUse(
	{ expiresAt, publicJwk, issuer: named, holderKey }: SealedCredential,
	account: AirAccount,
	issuer: DirectIssuer,
	now: number,
): boolean {
	return (
		expiresAt - now >= LEAVES_MS &&
		issuer.published.some((key) => JSON.stringify(key) === publicJwk) &&
		named === nameOf(issuer) &&
		holderKey === account.holderKey.hex
	);
}

const nameOf = ({ issuer, issuerAs }: DirectIssuer) =>
	issuerAs === 'url' ? issuer.url : issuer.did;

async function sealNow(
	account: AirAccount,
	issuer: DirectIssuer,
	{ vct, schemaId, expiresAt, unboundAllowed, revocable }: DirectIssueRequest,
	claims: HiddenClaims,
	now: number,
	findPlace: FindPlace,
): Promise<ToSend> {
	const { kid, key } = issuer.client.identity;
	const binding = bindingOf(account, unboundAllowed);
	const place = revocable === 'list' ? await findPlace() : undefined;
	const id = credentialId(systemRandomness);
	const nonce = revocationNumber(systemRandomness);
	const credential = await signCredential(
		{
			issuer: issuer.issuer,
			issuerAs: issuer.issuerAs,
			kid,
			key,
			holderDid: account.did,
			vct,
			id,
			nonce,
			expiresAt,
			binding,
			status: place && statusOf(issuer.statusListUrl, place),
			claims,
		},
		now,
	);
	const envelope = seal(credential, account.holderKey, systemRandomness);
	const body = storeBody({ holderDid: account.did, schemaId, expiresAt, id, envelope });
	return {
		sealed: {
			externalId: id,
			body,
			revocationNumber: nonce,
			expiresAt: expiresAt * 1000,
			issuer: nameOf(issuer),
			kid,
			publicJwk: JSON.stringify(publicJwkOf(key, kid)),
			holderDid: account.did,
			holderKey: account.holderKey.hex,
		},
		unbound: binding === 'unbound',
		revocable: place ?? (revocable === 'off' ? 'off' : 'number'),
	};
}
