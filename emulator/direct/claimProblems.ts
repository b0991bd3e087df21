import { isObject, type SdJwt } from './sdJwt';

export interface Expected {
	readonly holderDid: string;
	/** As sent next to the ciphertext. */
	readonly expiresAt: string;
	/** The key that `initialize-user` answered; none if it answered null. */
	readonly signingJwk: Readonly<Record<string, string>> | undefined;
	/** The issuer that the partner registered, if it did. */
	readonly issuer: string | undefined;
	/** The type name that was registered for the schema, if it was. */
	readonly vct: string | undefined;
	/** Seconds. */
	readonly now: number;
}

const MAX_NONCE = 2n ** 63n;

/**
 * The problems that a verifier, or the wallet, finds in header and claims, except the signature and the
 * status list.
 */
export function claimProblems(
	{ header, payload, disclosable }: SdJwt,
	expected: Expected,
): string[] {
	const problems: string[] = [];
	const must = (holds: boolean, problem: string): void => {
		if (!holds) problems.push(problem);
	};
	const { kid, typ } = header;
	const { iss, sub, vct, id, nonce, iat, exp, nbf, cnf } = payload;

	must(typ === 'dc+sd-jwt', 'typ is not dc+sd-jwt');
	must(header.crit === undefined, 'the header has crit, which nobody understands');
	must(
		typeof iss === 'string' && /^(did:web:|https:\/\/)/.test(iss),
		'iss is not a did:web or HTTPS URL',
	);
	must(
		expected.issuer === undefined || iss === expected.issuer,
		'iss is not the registered issuer',
	);
	must(isKidOf(kid, iss), 'kid is a DID URL of another issuer, or none at all');
	must(sub === expected.holderDid, 'sub is not the DID of the holder');
	must(typeof vct === 'string' && vct !== '', 'it has no vct');
	must(expected.vct === undefined || vct === expected.vct, 'vct is not the registered type name');
	must(typeof id === 'string' && /^urn:\S+$/.test(id), 'id is not a URN');
	must(isNonce(nonce), 'nonce is not a decimal number of 63 bits, as text');
	must(Number.isInteger(iat) && Number(iat) <= expected.now, 'iat is missing or in the future');
	must(Number.isInteger(exp), 'exp is missing');
	must(!Number.isInteger(exp) || Number(exp) > expected.now, 'it has expired');
	must(
		!Number.isInteger(exp) || Number(exp) * 1000 === Date.parse(expected.expiresAt),
		'expiresAt is not exp',
	);
	must(nbf === undefined || (Number.isInteger(nbf) && Number(nbf) <= expected.now), 'nbf is ahead');
	must(isBound(cnf, expected.signingJwk), 'cnf is not the signing key of the holder');
	for (const name of ['sub', 'id', 'nonce', 'iat']) {
		must(!disclosable.includes(name), `${name} must not be disclosable`);
	}
	return problems;
}

/** A DID URL of the issuer, or bare: verifiers of AIR take both. */
function isKidOf(kid: unknown, iss: unknown): boolean {
	if (typeof kid !== 'string' || kid === '') return false;
	return !kid.startsWith('did:') || (typeof iss === 'string' && kid.startsWith(`${iss}#`));
}

function isNonce(nonce: unknown): boolean {
	return (
		typeof nonce === 'string' && /^(0|[1-9]\d{0,18})$/.test(nonce) && BigInt(nonce) < MAX_NONCE
	);
}

/** Exactly the members that `initialize-user` answered, and no `cnf` at all if it answered none. */
function isBound(cnf: unknown, jwk: Expected['signingJwk']): boolean {
	if (jwk === undefined) return cnf === undefined;
	if (!isObject(cnf) || Object.keys(cnf).length !== 1 || !isObject(cnf.jwk)) return false;
	const names = Object.keys(jwk);
	const told = cnf.jwk;
	return (
		Object.keys(told).length === names.length && names.every((name) => told[name] === jwk[name])
	);
}
