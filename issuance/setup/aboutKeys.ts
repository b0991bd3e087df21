import { AirError } from '../../errors/AirError';
import { privateMembers } from '../../air/keys/jwk';
import type { PublishedKey } from '../../air/jwks';
import { isSamePublicKey, isSpeltAsUsual, publicKeyOf } from '../../air/keys/samePublicKey';
import type { SigningAlgorithm } from '../../air/keys/signingAlgorithm';
import { quoted } from './aboutCredential';
import { fail, pass, warn, type Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

const kidInWords = ({ kid }: PublishedKey) =>
	kid === undefined ? 'one without a kid' : quoted(kid);

const MOST_NAMES = 5;
const listed = (keys: readonly PublishedKey[]) =>
	[
		...keys.slice(0, MOST_NAMES).map(kidInWords),
		...(keys.length > MOST_NAMES ? [`${keys.length - MOST_NAMES} more`] : []),
	].join(', ');

/** The entries with the key ID; all entries if no key ID is given. */
function own({ jwks, kid }: SetupFacts): readonly PublishedKey[] {
	const keys = jwks?.keys?.value ?? [];
	return kid === undefined ? keys : keys.filter((key) => key.kid === kid);
}

export function noPrivateMembers({ jwks }: SetupFacts): Verdict | undefined {
	const keys = jwks?.keys?.value;
	if (keys === undefined) return undefined;
	const leaking = keys.filter((key) => privateMembers(key).length > 0);
	if (leaking.length === 0) return pass('The JWKS publishes nothing private');
	const members = [...new Set(leaking.flatMap(privateMembers))].join(', ');
	return fail(
		new AirError('AIR_JWKS_LEAKS', { detail: `${listed(leaking)} with the members ${members}` }),
	);
}

export function kidOnce(facts: SetupFacts): Verdict | undefined {
	const keys = facts.jwks?.keys?.value;
	const { kid } = facts;
	if (keys === undefined || kid === undefined) return undefined;
	const { length } = own(facts);
	if (length === 1) return pass(`The JWKS has one key under ${quoted(kid)}`);
	if (length > 1) return fail(new AirError('AIR_JWKS_KID_TWICE', { detail: quoted(kid) }));
	const others = keys.length === 0 ? 'it is empty' : `it has ${listed(keys)}`;
	return fail(new AirError('AIR_JWKS_KID_MISSING', { detail: `kid ${quoted(kid)}; ${others}` }));
}

export function sameKey(facts: SetupFacts): Verdict | undefined {
	const { key, kid } = facts;
	const published = own(facts);
	if (key?.value === undefined || kid === undefined || published.length === 0) return undefined;
	const { publicJwk } = key.value;
	const detail = `kid ${quoted(kid)}`;
	const same = published.filter((candidate) => isSamePublicKey(publicJwk, candidate));
	if (same.length > 0) {
		return same.every(isSpeltAsUsual)
			? pass('The published key belongs to the private key')
			: warn(new AirError('AIR_JWKS_SPELLING', { detail }));
	}
	// Keys of other types are reported by the check of the key's purpose.
	const comparable = published.filter((candidate) => algorithmOf(candidate) !== undefined);
	if (comparable.length === 0) return undefined;
	return comparable.every((candidate) => publicKeyOf(candidate) === undefined)
		? fail(new AirError('AIR_JWKS_KEY_UNREADABLE', { detail }))
		: fail(new AirError('AIR_JWKS_OTHER_KEY', { detail }));
}

export function noUnknownKey({ jwks, key, kid, furtherKeys }: SetupFacts): Verdict | undefined {
	const keys = jwks?.keys?.value;
	const further = furtherKeys?.value;
	if (keys === undefined || key?.value === undefined || further === undefined) return undefined;
	const known = [key.value.publicJwk, ...further];
	// Problems under the key's own ID are reported by the checks for it.
	const unknown = keys.filter(
		(candidate) =>
			candidate.kid !== kid && !known.some((knownKey) => isSamePublicKey(knownKey, candidate)),
	);
	return unknown.length === 0
		? pass('The credential knows every key of the JWKS')
		: warn(new AirError('AIR_JWKS_UNKNOWN_KEY', { detail: listed(unknown) }));
}

function algorithmOf({ kty, crv }: PublishedKey): SigningAlgorithm | undefined {
	if (kty === 'RSA') return 'RS256';
	return kty === 'EC' && crv === 'P-256' ? 'ES256' : undefined;
}

/** Which member of an entry does not fit; undefined if all do. */
function misfit(key: PublishedKey): string | undefined {
	const { alg, use, key_ops: operations } = key;
	const wanted = algorithmOf(key);
	if (wanted === undefined) return `${kidInWords(key)} is neither RSA nor EC on the curve P-256`;
	if (alg !== undefined && alg !== wanted) return `${kidInWords(key)} says "alg": ${quoted(alg)}`;
	if (use !== undefined && use !== 'sig') return `${kidInWords(key)} says "use": ${quoted(use)}`;
	return operations === undefined || operations.includes('verify')
		? undefined
		: `${kidInWords(key)} has "key_ops" without verify`;
}

export function purpose(facts: SetupFacts): Verdict | undefined {
	const keys = own(facts);
	if (keys.length === 0) return undefined;
	const [detail] = keys.flatMap((key) => misfit(key) ?? []);
	if (detail !== undefined) return fail(new AirError('AIR_JWKS_PURPOSE', { detail }));
	const silent = keys.filter(({ alg, use }) => alg === undefined || use === undefined);
	return silent.length === 0
		? pass('The JWKS says that the key is for signatures, and with which algorithm')
		: warn(new AirError('AIR_JWKS_PURPOSE_MISSING', { detail: listed(silent) }));
}
