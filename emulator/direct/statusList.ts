import { inflateSync } from 'node:zlib';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { importPublic } from '../jwks';
import { issuerKey, type FetchDocument } from './issuerKeys';

const referenceSchema = z.object({
	status_list: z.object({ idx: z.int().min(0), uri: z.url({ protocol: /^https$/ }) }),
});

const listSchema = z.object({
	sub: z.string(),
	iat: z.int(),
	exp: z.int().optional(),
	ttl: z.int().positive().optional(),
	status_list: z.object({ bits: z.literal([1, 2, 4, 8]), lst: z.string() }),
});

const MAX_LIST_BYTES = 16_777_216;
const WORDS = ['valid', 'revoked', 'suspended'];

/**
 * The credential's status in the Token Status List that it names: fetched over HTTPS, signed by the issuer
 * of the credential, for this address, and not expired.
 *
 * @param now seconds
 * @throws Error if the credential is not valid, or the list cannot be read
 */
export async function checkStatus(
	status: unknown,
	iss: string,
	now: number,
	fetched: FetchDocument,
): Promise<void> {
	const reference = referenceSchema.safeParse(status);
	if (!reference.success) throw new Error('status is not a reference to a status list');
	const { idx, uri } = reference.data.status_list;
	const token = (await fetched(uri, ['application/statuslist+jwt'])).trim();
	const { sub, iat, exp, status_list: list } = await read(token, iss, fetched);
	if (sub !== uri) throw new Error('the sub of the status list is another address');
	if (iat > now) throw new Error('the iat of the status list is in the future');
	if (exp !== undefined && exp <= now) throw new Error('the status list has expired');
	const value = valueAt(idx, list.bits, list.lst);
	if (value !== 0) throw new Error(`it is ${WORDS[value] ?? `of status ${value}`}`);
}

async function read(
	token: string,
	iss: string,
	fetched: FetchDocument,
): Promise<z.output<typeof listSchema>> {
	const { alg, kid, typ } = headerOf(token);
	if (typ !== 'statuslist+jwt') throw new Error('the typ of the status list is not statuslist+jwt');
	if (alg !== 'RS256' && alg !== 'ES256') throw new Error('the alg of the status list is another');
	if (typeof kid !== 'string') throw new Error('the status list has no kid');
	const key = await importPublic(await issuerKey(iss, kid, fetched), alg);
	const { payload } = await compactVerify(token, key, { algorithms: [alg] });
	const parsed = listSchema.safeParse(JSON.parse(new TextDecoder().decode(payload)));
	if (parsed.success) return parsed.data;
	const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
	throw new Error(`the status list has not the specified form: ${where}`);
}

function headerOf(token: string): { alg?: unknown; kid?: unknown; typ?: unknown } {
	try {
		return decodeProtectedHeader(token);
	} catch {
		throw new Error('the status list is not a JWT');
	}
}

/** The lowest bits of a byte come first. */
function valueAt(idx: number, bits: number, lst: string): number {
	const bytes = inflateSync(Buffer.from(lst, 'base64url'), { maxOutputLength: MAX_LIST_BYTES });
	const perByte = 8 / bits;
	const byte = bytes[Math.floor(idx / perByte)];
	if (byte === undefined) throw new Error('the status list ends before this index');
	return (byte >> ((idx % perByte) * bits)) & (2 ** bits - 1);
}
