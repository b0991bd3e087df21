import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { PrivateKey } from '../keys/privateKey';
import type { PublicJwk } from '../keys/PublicJwk';
import type { WebIssuer } from './webIssuer';
import { jose } from '../keys/jose';

/** Exactly this, in lower case: a verifier that gets another type refuses every credential of the list. */
export const STATUS_LIST_TYPE = 'application/statuslist+jwt';

/** How long a verifier may keep a list that a program serves. */
export const LIVE_TTL_SECONDS = 3_600;
/** After this time it refuses every credential of a list that it cannot fetch again. */
export const LIVE_LIFETIME_SECONDS = 24 * 3_600;

/** Verifiers refuse a list from their future, and clocks differ. */
const DATED_BACK_SECONDS = 60;

/** The size of a list with 2^27 places, in bytes; the limit for unpacking. */
const MOST_BYTES = 16_777_216;

export interface StatusListInput {
	readonly issuer: WebIssuer;
	/** How its credentials name the issuer. */
	readonly issuerAs: 'did' | 'url';
	readonly kid: string;
	readonly key: PrivateKey;
	/** The address of the list, as credentials name it. */
	readonly uri: string;
	/** How many places it has: a multiple of 8. */
	readonly size: number;
	/** The places of what is revoked, from 0. */
	readonly revoked: readonly number[];
	/** How long verifiers may keep it, in seconds; AIR's documents show a list without this member. */
	readonly ttlSeconds?: number | undefined;
	/** After how long it expires, in seconds; undefined for never. */
	readonly lifetimeSeconds?: number | undefined;
}

/**
 * The bits of a list, in the order of the specification: the first place is the lowest bit of the first
 * byte.
 *
 * @throws AirError `AIR_STATUS_LIST_INVALID` for a place that the list does not have
 */
export function statusBits(size: number, revoked: readonly number[]): Buffer {
	const bits = Buffer.alloc(size / 8);
	for (const place of revoked) {
		if (!Number.isInteger(place) || place < 0 || place >= size) {
			throw new AirError('AIR_STATUS_LIST_INVALID', {
				detail: `it has ${size} places, and no place ${place}`,
			});
		}
		bits.writeUInt8(bits.readUInt8(place >> 3) | (1 << (place & 7)), place >> 3);
	}
	return bits;
}

/** The bits as a token holds them: zlib, base64url. */
export const encodeBits = (bits: Buffer): string =>
	deflateSync(bits, { level: 9 }).toString('base64url');

/**
 * The content of a list before it is signed; the same for the same input.
 *
 * `partnerId` is not in it: the key also signs Partner JWTs, and the list is public.
 *
 * @param at - milliseconds since 1970; it is dated a minute back
 */
export function statusListPayload(
	{
		issuer,
		issuerAs,
		uri,
		size,
		revoked,
		ttlSeconds,
		lifetimeSeconds,
	}: Omit<StatusListInput, 'key' | 'kid'>,
	at: number,
): Readonly<Record<string, unknown>> {
	const iat = Math.floor(at / 1000) - DATED_BACK_SECONDS;
	return {
		iss: issuerAs === 'url' ? issuer.url : issuer.did,
		sub: uri,
		iat,
		...(lifetimeSeconds === undefined ? {} : { exp: iat + lifetimeSeconds }),
		...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }),
		status_list: { bits: 1, lst: encodeBits(statusBits(size, revoked)) },
	};
}

/**
 * Signs a status list: header `alg`, `typ` (`statuslist+jwt`) and `kid`, which is the DID URL of the key.
 *
 * @param at - milliseconds since 1970
 * @returns the token, as it is served with {@link STATUS_LIST_TYPE}
 * @throws AirError `AIR_STATUS_LIST_INVALID`, `AIR_DIRECT_KID_INVALID`
 * @example
 * ```ts
 * const token = await signStatusList({ issuer, issuerAs: 'did', kid, key, uri, size: 131_072, revoked: [7],
 *   ttlSeconds: LIVE_TTL_SECONDS, lifetimeSeconds: LIVE_LIFETIME_SECONDS }, Date.now());
 * ```
 */
export async function signStatusList(input: StatusListInput, at: number): Promise<string> {
	const { issuer, kid, key } = input;
	const header = { alg: key.algorithm, typ: 'statuslist+jwt', kid: issuer.keyId(kid) };
	const { CompactSign } = await jose();
	return await new CompactSign(Buffer.from(JSON.stringify(statusListPayload(input, at))))
		.setProtectedHeader(header)
		.sign(key.keyObject);
}

const payloadSchema = z.looseObject({
	sub: z.string(),
	iat: z.int(),
	exp: z.int().optional(),
	ttl: z.int().positive().optional(),
	status_list: z.looseObject({ bits: z.literal(1), lst: z.string() }),
});

/** A list as somebody has published it. */
export interface ReadStatusList {
	readonly uri: string;
	/** Seconds since 1970. */
	readonly issuedAt: number;
	/** Seconds since 1970; undefined if it never expires. */
	readonly expiresAt: number | undefined;
	readonly ttlSeconds: number | undefined;
	/** How many places it has. */
	readonly size: number;
	/** The places of what is revoked, in order. */
	readonly revoked: readonly number[];
	/** The DID URL of the key that, by its header, signed it. */
	readonly keyId: string;
}

const invalid = (detail: string) => new AirError('AIR_STATUS_LIST_INVALID', { detail });

function unpack(lst: string): Buffer {
	try {
		return inflateSync(Buffer.from(lst, 'base64url'), { maxOutputLength: MOST_BYTES });
	} catch {
		throw invalid('its bits cannot be unpacked');
	}
}

function placesOf(bits: Buffer): number[] {
	const places: number[] = [];
	for (const [byte, value] of bits.entries()) {
		for (let bit = 0; value >> bit > 0; bit++) if ((value >> bit) & 1) places.push(byte * 8 + bit);
	}
	return places;
}

/**
 * Reads a status list, and checks its signature.
 *
 * @param token - as it was published
 * @param keys - of the issuer; the one that the header names has to be among them
 * @throws AirError `AIR_STATUS_LIST_INVALID`
 * @example
 * ```ts
 * const { revoked, size } = await readStatusList(text, issuer, [publicJwkOf(key, kid)]);
 * ```
 */
export async function readStatusList(
	token: string,
	issuer: WebIssuer,
	keys: readonly PublicJwk[],
): Promise<ReadStatusList> {
	const { compactVerify, decodeProtectedHeader, importJWK } = await jose();
	const text = token.trim();
	let header: { readonly typ?: unknown; readonly kid?: unknown };
	try {
		header = decodeProtectedHeader(text);
	} catch {
		throw invalid(text === '' ? 'it is empty' : 'it is not a JWT');
	}
	if (header.typ !== 'statuslist+jwt') throw invalid('its typ is not statuslist+jwt');
	const jwk = keys.find(({ kid }) => `${issuer.did}#${kid}` === header.kid);
	if (jwk === undefined) throw invalid('the issuer does not have the key that signed it');
	let payload: unknown;
	try {
		const verified = await compactVerify(text, await importJWK({ ...jwk }), {
			algorithms: [jwk.alg],
		});
		payload = JSON.parse(new TextDecoder().decode(verified.payload));
	} catch {
		throw invalid('its signature is not that of the key that it names');
	}
	const parsed = payloadSchema.safeParse(payload);
	if (!parsed.success) throw invalid('it has another form than AIR’s, with one bit for a place');
	const { sub, iat, exp, ttl, status_list: list } = parsed.data;
	const bits = unpack(list.lst);
	return {
		uri: sub,
		issuedAt: iat,
		expiresAt: exp,
		ttlSeconds: ttl,
		size: bits.length * 8,
		revoked: placesOf(bits),
		keyId: `${issuer.did}#${jwk.kid}`,
	};
}

/**
 * The content of a list that our own ledger published: the signature is not checked.
 *
 * @throws AirError `AIR_STATUS_LIST_INVALID`
 */
export function readRevokedPlaces(token: string): Pick<ReadStatusList, 'uri' | 'revoked'> {
	const [, body = ''] = token.trim().split('.');
	let payload: unknown;
	try {
		payload = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
	} catch {
		throw invalid('it is not a JWT');
	}
	const parsed = payloadSchema.safeParse(payload);
	if (!parsed.success) throw invalid('it has another form than AIR’s, with one bit for a place');
	const { sub, status_list: list } = parsed.data;
	return { uri: sub, revoked: placesOf(unpack(list.lst)) };
}

/**
 * The address of a list.
 *
 * @param base - where all lists are: a folder, or an address that ends in `=`
 * @param id - of the list
 * @example
 * ```ts
 * statusListUri('https://issuer.example.com/status-lists', 'k3v'); // 'https://issuer.example.com/status-lists/k3v'
 * statusListUri('https://n8n.example.com/webhook/air/status-list?id=', 'k3v'); // '…/status-list?id=k3v'
 * ```
 */
export const statusListUri = (base: string, id: string): string =>
	/[/=]$/.test(base) ? `${base}${id}` : `${base}/${id}`;
