import {
	createPrivateKey,
	createPublicKey,
	sign,
	verify,
	X509Certificate,
	type KeyObject,
} from 'node:crypto';
import type { JWK } from 'jose';
import { z } from 'zod';
import { AirError } from './AirError';
import type { AirErrorCode } from './errorCatalogue';

/** The signature algorithms that AIR takes (air-api §2.2). */
export type SigningAlgorithm = 'RS256' | 'ES256';

/** A private key that AIR's algorithms can use, checked. */
export interface PrivateKey {
	readonly algorithm: SigningAlgorithm;
	readonly keyObject: KeyObject;
	/** Public members only: `kty` with `n, e` or `crv, x, y`. */
	readonly publicJwk: JWK;
	/** RFC 7638, SHA-256, base64url: tells keys apart without showing anything of them. */
	readonly thumbprint: string;
}

/** An RSA key of 16384 bits has 13 kB as PEM; base64 of that stays below. */
const LONGEST_KEY_TEXT = 64 * 1024;
const SHORTEST_RSA_BITS = 2048;

/** Labels lie: templates wrap bare DER of any form as PRIVATE KEY. So every form is tried. */
function fromDer(der: Buffer): KeyObject | undefined {
	for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
		try {
			return createPrivateKey({ key: der, format: 'der', type });
		} catch {
			// Node's message may describe the input; which forms fail is all that matters here.
		}
	}
	return undefined;
}

function isPublicDer(der: Buffer): boolean {
	for (const type of ['spki', 'pkcs1'] as const) {
		try {
			createPublicKey({ key: der, format: 'der', type });
			return true;
		} catch {
			// Not a public key of this form.
		}
	}
	try {
		return new X509Certificate(der).publicKey.type === 'public';
	} catch {
		return false;
	}
}

/** OID prefixes of the password-based encryption schemes (PKCS#5 and PKCS#12), as DER bytes. */
const ENCRYPTION_OIDS = [
	Buffer.from('06092a864886f70d0105', 'hex'),
	Buffer.from('060a2a864886f70d010c01', 'hex'),
];

const isEncryptedDer = (der: Buffer) =>
	ENCRYPTION_OIDS.some((oid) => der.subarray(0, 32).includes(oid));

/** Base64 or base64url, with whatever white space copying left in it; undefined if it is neither. */
function decodeBase64(text: string): Buffer | undefined {
	const body = text.replace(/\s+/g, '');
	if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(body)) return undefined;
	const decoded = Buffer.from(body, 'base64');
	return decoded.length > 0 ? decoded : undefined;
}

function keyFromDer(der: Buffer | undefined): KeyObject {
	const key = der === undefined ? undefined : fromDer(der);
	if (key !== undefined) return key;
	if (der === undefined) throw new AirError('AIR_KEY_UNREADABLE');
	if (isEncryptedDer(der)) throw new AirError('AIR_KEY_ENCRYPTED');
	throw new AirError(isPublicDer(der) ? 'AIR_KEY_PUBLIC' : 'AIR_KEY_UNREADABLE');
}

const PEM_LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

function pemProblem(label: string): AirErrorCode | undefined {
	if (label === 'ENCRYPTED PRIVATE KEY') return 'AIR_KEY_ENCRYPTED';
	if (label === 'OPENSSH PRIVATE KEY') return 'AIR_KEY_OPENSSH';
	if (label.endsWith('PUBLIC KEY') || label.includes('CERTIFICATE')) return 'AIR_KEY_PUBLIC';
	return PEM_LABELS.includes(label) ? undefined : 'AIR_KEY_TYPE';
}

interface PemBlock {
	readonly label: string;
	readonly body: string;
}

/** In one pass over the markers: a pattern across whole blocks takes seconds on hostile text. */
function pemBlocks(text: string): PemBlock[] {
	const blocks: PemBlock[] = [];
	let open: { readonly label: string; readonly from: number } | undefined;
	for (const marker of text.matchAll(/-----(BEGIN|END) ([A-Z0-9 ]*)-----/g)) {
		const [line, kind, name = ''] = marker;
		const label = name.trim();
		if (kind === 'BEGIN') {
			open = { label, from: marker.index + line.length };
		} else if (open?.label === label) {
			blocks.push({ label, body: text.slice(open.from, marker.index) });
			open = undefined;
		}
	}
	return blocks;
}

function fromPem(text: string): KeyObject {
	const blocks = pemBlocks(text);
	// `openssl ecparam -genkey` writes parameters first, and bundles hold certificates too.
	const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY')) ?? blocks[0];
	if (block === undefined) throw new AirError('AIR_KEY_INCOMPLETE');
	const problem = pemProblem(block.label);
	if (problem !== undefined) throw new AirError(problem);
	if (/Proc-Type:\s*4\s*,\s*ENCRYPTED/i.test(block.body)) throw new AirError('AIR_KEY_ENCRYPTED');
	return keyFromDer(decodeBase64(block.body));
}

function fromJwk(text: string): KeyObject {
	let jwk: Record<string, unknown>;
	try {
		jwk = z.record(z.string(), z.unknown()).parse(JSON.parse(unescapeJson(text)));
	} catch {
		throw new AirError('AIR_KEY_UNREADABLE');
	}
	if ('keys' in jwk) throw new AirError('AIR_KEY_SET');
	const { kty, crv, d } = jwk;
	if (kty === 'oct') throw new AirError('AIR_KEY_TYPE');
	if (kty === 'OKP' && d !== undefined) {
		throw new AirError(crv === 'Ed25519' || crv === 'Ed448' ? 'AIR_KEY_EDDSA' : 'AIR_KEY_TYPE');
	}
	if ((kty === 'RSA' || kty === 'EC' || kty === 'OKP') && d === undefined) {
		throw new AirError('AIR_KEY_PUBLIC');
	}
	try {
		return createPrivateKey({ key: jwk, format: 'jwk' });
	} catch {
		throw new AirError('AIR_KEY_UNREADABLE');
	}
}

function fromBareBase64(text: string): KeyObject {
	const der = decodeBase64(text);
	if (der === undefined) throw new AirError('AIR_KEY_UNREADABLE');
	const inner = der.toString('utf8').trim();
	if (inner.startsWith('{')) return fromJwk(inner);
	if (PEM_MARKER.test(inner)) return fromPem(unescapeNewlines(inner));
	return keyFromDer(der);
}

/** Either end, so that a key cut at its beginning is still told from a password. */
const PEM_MARKER = /-----(BEGIN|END)/;

/**
 * JSON and .env files keep newlines as backslash-n, sometimes escaped twice. The look-behind keeps
 * a long run of backslashes from being tried from each of its members.
 */
const unescapeNewlines = (text: string) =>
	text.replace(/(?<!\\)\\+r/g, '').replace(/(?<!\\)\\+n/g, '\n');

/** A JWK that was itself stored as a JSON string. */
const unescapeJson = (text: string) =>
	text.startsWith('{\\') ? unescapeNewlines(text).replaceAll('\\"', '"') : text;

/** Text copied out of JSON or a shell brings its quotes along. */
const unquote = (text: string) =>
	text
		.replace(/^﻿/, '')
		.trim()
		.replace(/^(["'`])([\s\S]*)\1$/, '$2')
		.trim();

function algorithmOf(key: KeyObject): SigningAlgorithm {
	const details = key.asymmetricKeyDetails;
	switch (key.asymmetricKeyType) {
		case 'rsa':
			if ((details?.modulusLength ?? 0) < SHORTEST_RSA_BITS) {
				throw new AirError('AIR_KEY_RSA_SHORT', {
					detail: `${details?.modulusLength ?? 0} bits`,
				});
			}
			return 'RS256';
		case 'rsa-pss':
			throw new AirError('AIR_KEY_RSA_PSS');
		case 'ec':
			if (details?.namedCurve === 'prime256v1') return 'ES256';
			if (details?.namedCurve === 'secp256k1') throw new AirError('AIR_KEY_SECP256K1');
			throw new AirError('AIR_KEY_CURVE');
		case 'ed25519':
		case 'ed448':
			throw new AirError('AIR_KEY_EDDSA');
		default:
			throw new AirError('AIR_KEY_TYPE');
	}
}

/** A JWK names its public members itself, and nothing else notices when they belong to another key. */
function assertHalvesBelongTogether(privateKey: KeyObject, publicKey: KeyObject): void {
	const probe = Buffer.from('n8n-nodes-moca-air');
	let belongs = false;
	try {
		belongs = verify('sha256', probe, publicKey, sign('sha256', probe, privateKey));
	} catch {
		// A key that cannot sign at all is as unusable as one whose signature does not verify.
	}
	if (!belongs) throw new AirError('AIR_KEY_HALVES_DIFFER');
}

/**
 * Reads a private key in every form seen in the wild (air-api §2.6): PKCS#8, PKCS#1 and SEC1 PEM,
 * with newlines escaped, turned into spaces or lost; bare base64 DER; base64 of a PEM; a JWK as JSON
 * or base64.
 *
 * @param text - what the user pasted
 * @throws AirError with a code `AIR_KEY_…`; its words show nothing of the input
 * @example
 * ```ts
 * const key = await importPrivateKey(pem);
 * key.algorithm; // 'ES256'
 * ```
 */
export async function importPrivateKey(text: string): Promise<PrivateKey> {
	const input = unquote(text);
	if (input === '') throw new AirError('AIR_KEY_EMPTY');
	if (input.length > LONGEST_KEY_TEXT) throw new AirError('AIR_KEY_UNREADABLE');
	const keyObject = input.startsWith('{')
		? fromJwk(input)
		: PEM_MARKER.test(input)
			? fromPem(unescapeNewlines(input))
			: fromBareBase64(unescapeNewlines(input));
	const algorithm = algorithmOf(keyObject);
	const publicKey = createPublicKey(keyObject);
	assertHalvesBelongTogether(keyObject, publicKey);
	const { calculateJwkThumbprint, exportJWK } = await import('jose');
	const publicJwk = await exportJWK(publicKey);
	return { algorithm, keyObject, publicJwk, thumbprint: await calculateJwkThumbprint(publicJwk) };
}
