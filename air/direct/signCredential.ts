import { AirError } from '../../errors/AirError';
import type { PrivateKey } from '../keys/privateKey';
import type { HiddenClaims } from './hideClaims';
import type { BindingJwk } from './holderKeys';
import type { WebIssuer } from './webIssuer';
import { jose } from '../keys/jose';

export interface CredentialInput {
	readonly issuer: WebIssuer;
	/** Whether `iss` is the DID or the https URL. Verifiers built on Credo take the DID only. */
	readonly issuerAs?: 'did' | 'url' | undefined;
	readonly kid: string;
	/** The partner's own key. */
	readonly key: PrivateKey;
	/** DID of the person. */
	readonly holderDid: string;
	/** Name of the type, as it is registered in the AIR dashboard. */
	readonly vct: string;
	/** From `credentialId`. */
	readonly id: string;
	/** From `revocationNumber`. */
	readonly nonce: string;
	/** In seconds since 1970. */
	readonly expiresAt: number;
	/** Unbound credentials can be shown by anybody who has them. */
	readonly binding: BindingJwk | 'unbound';
	/** Its place in a status list. */
	readonly status?: { readonly idx: number; readonly uri: string } | undefined;
	readonly claims: HiddenClaims;
}

/** Verifiers refuse a credential from their future outright, and clocks differ. */
const DATED_BACK_SECONDS = 60;

/** The end of the year 9999, the last that ISO 8601 writes with four digits; milliseconds lie beyond. */
const LATEST_SECONDS = 253_402_300_799;

/**
 * Refuses an expiry that is not in the future, or not in seconds.
 *
 * @param expiresAt - seconds since 1970
 * @param now - milliseconds since 1970
 * @throws AirError `AIR_DIRECT_EXPIRY_INVALID`
 */
export function assertExpiry(expiresAt: number, now: number): void {
	const refuse = (detail: string) => new AirError('AIR_DIRECT_EXPIRY_INVALID', { detail });
	if (!Number.isInteger(expiresAt)) throw refuse('it is not a whole number of seconds');
	if (expiresAt * 1000 <= now) throw refuse('it is in the past');
	if (expiresAt > LATEST_SECONDS) throw refuse('it is after the year 9999');
}

/**
 * Signs an SD-JWT VC: header `alg`, `typ` (`dc+sd-jwt`) and `kid`, which is the DID URL of the key.
 * `iat` is a minute before now.
 *
 * @param now - milliseconds since 1970
 * @returns the compact form, `JWT~disclosure~…~`; it is the person's own, and must not be logged or
 * kept in a ledger
 * @throws AirError `AIR_DIRECT_EXPIRY_INVALID`, `AIR_DIRECT_KID_INVALID`
 * @example
 * ```ts
 * const credential = await signCredential({ issuer, kid, key, holderDid, vct, id, nonce, expiresAt,
 *   binding: account.binding, claims: hideClaims({ tier: 'Gold' }, { disclosable: 'all' }, random) }, Date.now());
 * ```
 */
export async function signCredential(input: CredentialInput, now: number): Promise<string> {
	const { issuer, key, expiresAt, binding, status, claims } = input;
	assertExpiry(expiresAt, now);
	const header = { alg: key.algorithm, typ: 'dc+sd-jwt', kid: issuer.keyId(input.kid) };
	const payload = {
		...claims.visible,
		iss: input.issuerAs === 'url' ? issuer.url : issuer.did,
		sub: input.holderDid,
		vct: input.vct,
		id: input.id,
		nonce: input.nonce,
		iat: Math.floor(now / 1000) - DATED_BACK_SECONDS,
		exp: expiresAt,
		...(binding === 'unbound' ? {} : { cnf: { jwk: binding } }),
		...(status === undefined ? {} : { status: { status_list: status } }),
		_sd_alg: 'sha-256',
	};
	const { CompactSign } = await jose();
	const jwt = await new CompactSign(Buffer.from(JSON.stringify(payload)))
		.setProtectedHeader(header)
		.sign(key.keyObject);
	return [jwt, ...claims.disclosures, ''].join('~');
}
