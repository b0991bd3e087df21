import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';
import { isKid } from '../../air/keys/PublicJwk';
import { redact } from '../../errors/redact';
import { assertTargetAllowed, targetPolicy } from '../../air/http/targetGuard';
import { parseIssuerDid } from '../inputs/inputs';
import { fail, pass, warn, type Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

/** A key that can be read, but fits none of AIR's algorithms. */
const WRONG_ALGORITHM: readonly AirErrorCode[] = [
	'AIR_KEY_RSA_PSS',
	'AIR_KEY_SECP256K1',
	'AIR_KEY_CURVE',
	'AIR_KEY_EDDSA',
	'AIR_KEY_TYPE',
];

/** A name from outside, fit to be shown. */
export const quoted = (name: string) => `“${redact(name, 80)}”`;

export function settings({ settings: read }: SetupFacts): Verdict | undefined {
	if (read === undefined) return undefined;
	return read.error === undefined
		? pass('Partner ID and settings are filled in')
		: fail(read.error);
}

export function privateKey({ key }: SetupFacts): Verdict | undefined {
	if (key === undefined) return undefined;
	if (key.error !== undefined) {
		return WRONG_ALGORITHM.includes(key.error.code)
			? pass('The private key can be read')
			: fail(key.error);
	}
	const { modulusLength } = key.value.keyObject.asymmetricKeyDetails ?? {};
	const kind = modulusLength === undefined ? 'EC on the curve P-256' : `RSA, ${modulusLength} bits`;
	return pass(`The private key can be read, and is strong enough: ${kind}`);
}

export function algorithm({ key }: SetupFacts): Verdict | undefined {
	if (key?.value !== undefined) return pass(`The key signs with ${key.value.algorithm}`);
	const error = key?.error;
	return error !== undefined && WRONG_ALGORITHM.includes(error.code) ? fail(error) : undefined;
}

/** The field holds something that is not a key ID. */
const NOT_A_KID = /^(\{|\[|-----|https?:\/\/)/;

export function keyId({ kid }: SetupFacts): Verdict | undefined {
	if (kid === undefined) return undefined;
	return isKid(kid) && !NOT_A_KID.test(kid)
		? pass(`The key ID is ${quoted(kid)}`)
		: fail(new AirError('AIR_KID_INVALID'));
}

export function furtherKeys({ furtherKeys: read }: SetupFacts): Verdict | undefined {
	if (read === undefined) return undefined;
	if (read.error !== undefined) return fail(read.error);
	const { length } = read.value;
	return length === 0
		? undefined
		: pass(`Further Public Keys holds ${length === 1 ? 'one key' : `${length} keys`}`);
}

/** Partners who only issue directly have none. */
export function issuerDid({ issuerDid: did, direct, jwksUrl }: SetupFacts): Verdict | undefined {
	if (did === undefined || (did.trim() === '' && direct !== undefined)) return undefined;
	try {
		return pass(`The issuer DID is ${quoted(parseIssuerDid('', did))}`);
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		if (did.trim() !== '') return fail(error);
		// A new credential is saved before n8n can serve the documents that give the issuer its address.
		return (jwksUrl === '' ? warn : fail)(new AirError('AIR_ISSUER_DID_MISSING'));
	}
}

/**
 * AIR hosts that serve something else, or that were the API in older documents of AIR. An unknown host
 * may be a new API.
 */
const OTHER_APIS = [
	/^developers\./,
	/^static\./,
	/^(air|vp|proof)\.api\./,
	/^credential([-.]|$)/,
	/^api\.mocachain\.org$/,
	/^docs\./,
];
const AIRS_DOMAIN = /(^|\.)(air3\.com|mocachain\.org|moca\.network)$/;

export function baseUrl({ baseUrl: read }: SetupFacts): Verdict | undefined {
	if (read === undefined) return undefined;
	if (read.error !== undefined) return fail(read.error);
	const url = new URL(read.value);
	try {
		assertTargetAllowed(url, targetPolicy(process.env));
	} catch (error) {
		if (error instanceof AirError) return fail(error);
		throw error;
	}
	const { hostname } = url;
	return AIRS_DOMAIN.test(hostname) && OTHER_APIS.some((other) => other.test(hostname))
		? fail(new AirError('AIR_BASE_URL_OTHER_API', { detail: hostname }))
		: pass(`AIR is asked at ${url.origin}`);
}
