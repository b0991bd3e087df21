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

/** What is sent again has to be of use for this long. */
const LEAVES_MS = 60 * 60 * 1000;

/** What to send. */
export interface ToSend {
	readonly sealed: SealedCredential;
	/** The person has no signing key; undefined of what was sealed before. */
	readonly unbound: boolean | undefined;
	/** What counts for what is sealed now. */
	readonly revocable: Revocable;
}

/** Finds a place in a status list. */
export type FindPlace = () => Promise<Place>;

/**
 * What to send to a person: what was sealed for this issuance before, if AIR may have stored that, and
 * else a credential that is signed and sealed now. One ID stands for one byte string, so that AIR can
 * tell a repeat; so what was sealed is given up only where it would be of no use to the person, or where
 * somebody wants it sent again with other claims.
 *
 * @param open - what the ledger knows of the issuance
 * @param now - milliseconds since 1970
 * @param findPlace - asked only for what is signed now, and revocable by a list
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

/** Whether the person could open, show and be believed what was sealed before. */
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
