import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import { jsonObjects } from './jsonObjects';
import { privateMembers } from './jwkMembers';
import { isEncryptedDer, privateKeyFromDer, publicKeyFromDer } from './keyDer';
import {
	decodeBase64,
	LONGEST_KEY_TEXT,
	PEM_MARKER,
	pemBlocks,
	unescapeJson,
	unescapeNewlines,
	unquote,
	type PemBlock,
} from './keyText';
import { pickPublic, type PublicJwk } from './PublicJwk';
import { signingAlgorithm } from './signingAlgorithm';

/** A key as it was found, before anything was asked of its type. */
interface Found {
	readonly keyObject: KeyObject;
	readonly kid?: string | undefined;
	readonly alg?: string | undefined;
}

function fromDer(der: Buffer | undefined): Found {
	if (der === undefined) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	if (isEncryptedDer(der) || privateKeyFromDer(der) !== undefined) {
		throw new AirError('AIR_PUBLIC_KEY_IS_PRIVATE');
	}
	const keyObject = publicKeyFromDer(der);
	if (keyObject === undefined) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	return { keyObject };
}

const isCertificate = ({ label }: PemBlock) => label.includes('CERTIFICATE');

function fromPemBlocks(blocks: readonly PemBlock[]): Found[] {
	if (blocks.filter(isCertificate).length > 1) throw new AirError('AIR_PUBLIC_KEY_CERTIFICATES');
	return blocks.map((block) => {
		if (!block.label.endsWith('PUBLIC KEY') && !isCertificate(block)) {
			throw new AirError('AIR_KEY_TYPE');
		}
		return fromDer(decodeBase64(block.body));
	});
}

const purposeSchema = z.object({
	alg: z.string().optional(),
	use: z.literal('sig').optional(),
});

function fromJwk(jwk: Readonly<Record<string, unknown>>): Found {
	const { kty, crv, kid } = jwk;
	if (kty === 'oct') throw new AirError('AIR_KEY_TYPE');
	if (kty === 'OKP') {
		throw new AirError(crv === 'Ed25519' || crv === 'Ed448' ? 'AIR_KEY_EDDSA' : 'AIR_KEY_TYPE');
	}
	if (kid !== undefined && typeof kid !== 'string') {
		throw new AirError('AIR_PUBLIC_KEY_KID_INVALID');
	}
	const purpose = purposeSchema.safeParse(jwk);
	if (!purpose.success) throw new AirError('AIR_PUBLIC_KEY_PURPOSE');
	let keyObject: KeyObject;
	try {
		keyObject = createPublicKey({ key: jwk, format: 'jwk' });
	} catch {
		// Node's message may describe the input.
		throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	}
	return { keyObject, kid, alg: purpose.data.alg };
}

const objectSchema = z.record(z.string(), z.unknown());

function parseObject(text: string): Record<string, unknown> {
	try {
		return objectSchema.parse(JSON.parse(text));
	} catch {
		throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	}
}

/** The JWKs of a text: one, a JWKS, a list of them, or several below one another. */
function jwks(objects: readonly string[]): Record<string, unknown>[] {
	return objects.map(parseObject).flatMap((object) => {
		if (!('keys' in object)) return [object];
		const keys = z.array(objectSchema).safeParse(object.keys);
		if (!keys.success) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
		return keys.data;
	});
}

/** The private ones first: whatever else is wrong, that is what the person has to know. */
function fromJwks(keys: readonly Record<string, unknown>[]): Found[] {
	if (keys.some((key) => privateMembers(key).length > 0)) {
		throw new AirError('AIR_PUBLIC_KEY_IS_PRIVATE');
	}
	return keys.map(fromJwk);
}

function fromMarkedText(text: string): Found[] {
	const labels = [...text.matchAll(/-----(?:BEGIN|END) ([A-Z0-9 ]*)/g)].map(
		([, label = '']) => label,
	);
	if (labels.some((label) => label.includes('PRIVATE'))) {
		throw new AirError('AIR_PUBLIC_KEY_IS_PRIVATE');
	}
	const blocks = pemBlocks(text);
	const markers = text.match(/-----(BEGIN|END)/g) ?? [];
	if (markers.length !== 2 * blocks.length) throw new AirError('AIR_PUBLIC_KEY_INCOMPLETE');
	// Comments around a PEM are usual; a JWK among them is a key that must not get lost.
	const json = jsonObjects(text);
	if (json.cut) throw new AirError('AIR_PUBLIC_KEY_INCOMPLETE');
	const found = fromJwks(jwks(json.objects));
	return [...fromPemBlocks(blocks), ...found];
}

function fromJson(text: string): Found[] {
	const { objects, around, cut } = jsonObjects(text);
	const keys = jwks(objects);
	const found = fromJwks(keys);
	if (cut) throw new AirError('AIR_PUBLIC_KEY_INCOMPLETE');
	if (!/^[\s,[\]]*$/.test(around)) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	return found;
}

/** Undefined if it is neither PEM nor JSON. */
function readPlain(text: string): Found[] | undefined {
	if (PEM_MARKER.test(text)) return fromMarkedText(unescapeNewlines(text));
	return /^[[{]/.test(text) ? fromJson(unescapeJson(text)) : undefined;
}

function read(text: string): Found[] {
	const plain = readPlain(text);
	if (plain !== undefined) return plain;
	const der = decodeBase64(unescapeNewlines(text));
	return readPlain(unquote(der?.toString('utf8') ?? '')) ?? [fromDer(der)];
}

async function publish({ keyObject, kid, alg }: Found): Promise<PublicJwk> {
	const algorithm = signingAlgorithm(keyObject);
	if (alg !== undefined && alg !== algorithm) throw new AirError('AIR_PUBLIC_KEY_PURPOSE');
	const { calculateJwkThumbprint, exportJWK } = await import('jose');
	const jwk = await exportJWK(keyObject);
	return pickPublic(jwk, algorithm, kid ?? (await calculateJwkThumbprint(jwk)));
}

/**
 * Reads one or several public keys, for a JWKS: SPKI and PKCS#1 PEM and one X.509 certificate, with
 * newlines escaped, turned into spaces or lost; JWK, JWKS, a list of JWKs; any of these below one
 * another; base64 of any of it, or of DER. A private key anywhere in the text is refused.
 *
 * @param text - what the user pasted
 * @returns public members only, by whitelist, PEMs before JWKs; `kid` as given, else the thumbprint
 * (RFC 7638)
 * @throws AirError with a code `AIR_PUBLIC_KEY_…` or, for a key that AIR's algorithms cannot use,
 * `AIR_KEY_…`; its words show nothing of the input
 * @example
 * ```ts
 * const [key] = await importPublicKeys(pem);
 * key; // { kty: 'EC', crv: 'P-256', x: …, y: …, kid: …, alg: 'ES256', use: 'sig' }
 * ```
 */
export async function importPublicKeys(text: string): Promise<PublicJwk[]> {
	const input = unquote(text);
	if (input === '') throw new AirError('AIR_PUBLIC_KEY_EMPTY');
	if (input.length > LONGEST_KEY_TEXT) throw new AirError('AIR_PUBLIC_KEY_UNREADABLE');
	const found = read(input);
	if (found.length === 0) throw new AirError('AIR_PUBLIC_KEY_EMPTY');
	// One after another: where one cannot be used, nothing is left under way.
	const keys: PublicJwk[] = [];
	for (const key of found) keys.push(await publish(key));
	return keys;
}
