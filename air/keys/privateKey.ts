import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';
import { assertJwkType, keyFromJwk, parseJsonObject } from './jwk';
import { keyFromDer } from './keyDer';
import { decodeBase64, pemBlocks, readKeyText } from './keyText';
import { signingAlgorithm, type SigningAlgorithm } from './signingAlgorithm';
import { jose } from './jose';

/** A private key that AIR's algorithms can use, checked. */
export interface PrivateKey {
	readonly algorithm: SigningAlgorithm;
	readonly keyObject: KeyObject;
	/** Public members only: `kty` with `n, e` or `crv, x, y`. */
	readonly publicJwk: JWK;
	/** RFC 7638, SHA-256, base64url: distinguishes keys without revealing anything about them. */
	readonly thumbprint: string;
}

const UNREADABLE = 'AIR_KEY_UNREADABLE';

function fromDer(der: Buffer | undefined): KeyObject {
	const found = keyFromDer(der);
	if (found?.half === 'private') return found.keyObject;
	if (found?.half === 'encrypted') throw new AirError('AIR_KEY_ENCRYPTED');
	throw new AirError(found === undefined ? UNREADABLE : 'AIR_KEY_PUBLIC');
}

/** How the forms of a private key are told apart. */
const FORMS = {
	empty: 'AIR_KEY_EMPTY',
	tooLong: UNREADABLE,
	sshPublic: 'AIR_KEY_PUBLIC',
	isJson: (plain: string) => plain.startsWith('{'),
} as const;

const PEM_LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

function pemProblem(label: string): AirErrorCode | undefined {
	if (label === 'ENCRYPTED PRIVATE KEY') return 'AIR_KEY_ENCRYPTED';
	if (label === 'OPENSSH PRIVATE KEY') return 'AIR_KEY_OPENSSH';
	if (label.endsWith('PUBLIC KEY') || label.includes('CERTIFICATE')) return 'AIR_KEY_PUBLIC';
	return PEM_LABELS.includes(label) ? undefined : 'AIR_KEY_TYPE';
}

function fromPem(text: string): KeyObject {
	const blocks = pemBlocks(text);
	// `openssl ecparam -genkey` writes parameters first, and bundles hold certificates too.
	const own = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'));
	if (own.length > 1) throw new AirError('AIR_KEY_SET');
	const block = own[0] ?? blocks[0];
	if (block === undefined) throw new AirError('AIR_KEY_INCOMPLETE');
	const problem = pemProblem(block.label);
	if (problem !== undefined) throw new AirError(problem);
	if (/Proc-Type:\s*4\s*,\s*ENCRYPTED/i.test(block.body)) throw new AirError('AIR_KEY_ENCRYPTED');
	return fromDer(decodeBase64(block.body));
}

function fromJwk(text: string): KeyObject {
	const jwk = parseJsonObject(text, UNREADABLE);
	if ('keys' in jwk) throw new AirError('AIR_KEY_SET');
	const { kty, d } = jwk;
	if ((kty === 'RSA' || kty === 'EC' || kty === 'OKP') && d === undefined) {
		throw new AirError('AIR_KEY_PUBLIC');
	}
	assertJwkType(jwk);
	return keyFromJwk(createPrivateKey, jwk, UNREADABLE);
}

const kidSchema = z.object({ kid: z.string() });

/** The `kid` of a private JWK in any form that {@link importPrivateKey} reads; undefined without one. */
export function kidOfPrivateJwk(text: string): string | undefined {
	return readKeyText(text, {
		...FORMS,
		json: (jwk) => kidSchema.safeParse(parseJsonObject(jwk, UNREADABLE)).data?.kid,
		pem: () => undefined,
		der: () => undefined,
	});
}

/** A JWK has its own public members, and nothing else would notice if they belong to another key. */
function assertHalvesBelongTogether(privateKey: KeyObject, publicKey: KeyObject): void {
	const probe = Buffer.from('n8n-nodes-moca-air');
	let belongs = false;
	try {
		belongs = verify('sha256', probe, publicKey, sign('sha256', probe, privateKey));
	} catch {
		// A key that cannot sign is as unusable as one whose signature does not verify.
	}
	if (!belongs) throw new AirError('AIR_KEY_HALVES_DIFFER');
}

/**
 * Reads a private key in every form seen in the wild: PKCS#8, PKCS#1 and SEC1 PEM,
 * with newlines escaped, turned into spaces or lost; bare base64 DER; base64 of a PEM; a JWK as JSON
 * or base64.
 *
 * @param text - what the user pasted
 * @throws AirError with a code `AIR_KEY_…`; its message shows no part of the input
 * @example
 * ```ts
 * const key = await importPrivateKey(pem);
 * key.algorithm; // 'ES256'
 * ```
 */
export async function importPrivateKey(text: string): Promise<PrivateKey> {
	const keyObject = readKeyText(text, { ...FORMS, json: fromJwk, pem: fromPem, der: fromDer });
	const algorithm = signingAlgorithm(keyObject);
	const publicKey = createPublicKey(keyObject);
	assertHalvesBelongTogether(keyObject, publicKey);
	const { calculateJwkThumbprint, exportJWK } = await jose();
	const publicJwk = await exportJWK(publicKey);
	return { algorithm, keyObject, publicJwk, thumbprint: await calculateJwkThumbprint(publicJwk) };
}
