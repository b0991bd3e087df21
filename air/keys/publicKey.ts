import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import { jsonObjects } from './jsonObjects';
import {
	assertJwkType,
	jsonObjectSchema,
	keyFromJwk,
	parseJsonObject,
	privateMembers,
	type JsonObject,
} from './jwk';
import { keyFromDer } from './keyDer';
import {
	decodeBase64,
	PEM_MARKER,
	pemBlocks,
	readKeyText,
	SSH_PUBLIC_KEY,
	type PemBlock,
} from './keyText';
import { pickPublic, type PublicJwk } from './PublicJwk';
import { signingAlgorithm } from './signingAlgorithm';
import { jose } from './jose';

/** A key as it was read, before its type is checked. */
interface Found {
	readonly keyObject: KeyObject;
	readonly kid?: string | undefined;
	readonly alg?: string | undefined;
}

const UNREADABLE = 'AIR_PUBLIC_KEY_UNREADABLE';
const SSH = 'AIR_PUBLIC_KEY_OPENSSH';

function fromDer(der: Buffer | undefined): Found {
	const found = keyFromDer(der);
	if (found === undefined) throw new AirError(UNREADABLE);
	if (found.half !== 'public') throw new AirError('AIR_PUBLIC_KEY_IS_PRIVATE');
	return { keyObject: found.keyObject };
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

function fromJwk(jwk: JsonObject): Found {
	const { kid } = jwk;
	assertJwkType(jwk);
	if (kid !== undefined && typeof kid !== 'string') {
		throw new AirError('AIR_PUBLIC_KEY_KID_INVALID');
	}
	const purpose = purposeSchema.safeParse(jwk);
	if (!purpose.success) throw new AirError('AIR_PUBLIC_KEY_PURPOSE');
	const keyObject = keyFromJwk(createPublicKey, jwk, UNREADABLE);
	return { keyObject, kid, alg: purpose.data.alg };
}

/** The JWKs of a text: one, a JWKS, a list of them, or several below one another. */
function jwks(objects: readonly string[]): JsonObject[] {
	return objects.flatMap((text) => {
		const object = parseJsonObject(text, UNREADABLE);
		if (!('keys' in object)) return [object];
		const keys = z.array(jsonObjectSchema).safeParse(object.keys);
		if (!keys.success) throw new AirError(UNREADABLE);
		return keys.data;
	});
}

/** Private keys first: whatever else is wrong, the person has to know about this. */
function fromJwks(keys: readonly JsonObject[]): Found[] {
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
	// Comments around a PEM are common; a key among them must not get lost.
	if (SSH_PUBLIC_KEY.test(text)) throw new AirError(SSH);
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
	if (!/^[\s,[\]]*$/.test(around)) throw new AirError(UNREADABLE);
	return found;
}

async function publish({ keyObject, kid, alg }: Found): Promise<PublicJwk> {
	const algorithm = signingAlgorithm(keyObject);
	if (alg !== undefined && alg !== algorithm) throw new AirError('AIR_PUBLIC_KEY_PURPOSE');
	const { calculateJwkThumbprint, exportJWK } = await jose();
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
 * `AIR_KEY_…`; its message shows no part of the input
 * @example
 * ```ts
 * const [key] = await importPublicKeys(pem);
 * key; // { kty: 'EC', crv: 'P-256', x: …, y: …, kid: …, alg: 'ES256', use: 'sig' }
 * ```
 */
export async function importPublicKeys(text: string): Promise<PublicJwk[]> {
	const found = readKeyText(text, {
		empty: 'AIR_PUBLIC_KEY_EMPTY',
		tooLong: UNREADABLE,
		sshPublic: SSH,
		// If there is a PEM, JSON is looked for in the text around it.
		isJson: (plain) => /^[[{]/.test(plain) && !PEM_MARKER.test(plain),
		json: fromJson,
		pem: fromMarkedText,
		der: (der) => [fromDer(der)],
	});
	if (found.length === 0) throw new AirError('AIR_PUBLIC_KEY_EMPTY');
	// One after another: when one cannot be used, no other check is still running.
	const keys: PublicJwk[] = [];
	for (const key of found) keys.push(await publish(key));
	return keys;
}
