import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { inflateSync } from 'node:zlib';

/*
 * Checks a credential's status as a verifier does. Written from the specification (Token Status List),
 * it imports none of our code, so that it cannot share our mistakes. It is stricter than most: it also
 * checks the list's age, address, type and signer.
 */
export interface FetchedList {
	readonly status: number;
	readonly contentType: string;
	readonly text: string;
}

const json = (part = ''): Record<string, unknown> =>
	JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;

/**
 * @param payload - the credential's payload, already verified
 * @param fetchList - fetches the list at an address
 * @param keys - the issuer's keys, by DID URL
 * @param now - seconds since 1970
 * @throws Error if the credential is not valid, or its validity cannot be determined
 */
export async function assertValid(
	payload: Readonly<Record<string, unknown>>,
	fetchList: (uri: string) => Promise<FetchedList>,
	keys: Readonly<Record<string, JsonWebKey>>,
	now: number,
): Promise<void> {
	const { status_list: reference } = payload.status as {
		status_list: { idx: number; uri: string };
	};
	const { status, contentType, text } = await fetchList(reference.uri);
	if (status !== 200) throw new Error(`the list answers ${status}`);
	if (contentType !== 'application/statuslist+jwt') throw new Error(`it is ${contentType}`);
	const [head, body, signature = ''] = text.split('.');
	const header = json(head) as { alg: string; typ: string; kid: string };
	if (header.typ !== 'statuslist+jwt') throw new Error('it is not a status list');
	const jwk = keys[header.kid];
	if (jwk === undefined) throw new Error('nobody has published its key');
	const isGood = verify(
		'sha256',
		Buffer.from(`${head ?? ''}.${body ?? ''}`),
		{ key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
		Buffer.from(signature, 'base64url'),
	);
	if (!isGood) throw new Error('its signature is wrong');
	const list = json(body) as {
		iss?: string;
		sub: string;
		iat: number;
		exp?: number;
		ttl?: number;
		status_list: { bits: number; lst: string };
	};
	if (list.sub !== reference.uri) throw new Error('it is the list of another address');
	if (list.iss !== undefined && list.iss !== payload.iss) throw new Error('another issuer');
	if (list.iat > now) throw new Error('it comes from the future');
	if (list.exp !== undefined && list.exp <= now) throw new Error('it has expired');
	if (list.status_list.bits !== 1) throw new Error('it has another form');
	const bytes = inflateSync(Buffer.from(list.status_list.lst, 'base64url'));
	const byte = bytes[reference.idx >> 3];
	if (byte === undefined) throw new Error('it has no such place');
	if ((byte >> (reference.idx & 7)) & 1) throw new Error('it is revoked');
}
