import { createDecipheriv, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { diffieHellman, hkdfSync, verify, type JsonWebKey } from 'node:crypto';
import { text } from 'node:stream/consumers';

/*
 * A person's wallet: opens sealed credentials and reads them. A separate process, written from the
 * specification, that imports none of our code, so that it cannot share our mistakes.
 * Its standard input is {privateKey, keys: {kid: JWK}, envelopes}; its output has one answer for each envelope:
 * {credential, header, payload, claims, hidden}, or {refused}.
 */
interface Envelope {
	readonly data: string;
	readonly iv: string;
	readonly authTag: string;
	readonly encryptedKey: string;
}
interface Question {
	/** PKCS#8 (DER) in Base64. */
	readonly privateKey: string;
	readonly keys: Readonly<Record<string, JsonWebKey>>;
	readonly envelopes: readonly Envelope[];
}
/** The first bytes of the DER of an X25519 public key (RFC 8410). */
const X25519 = '302a300506032b656e032100';

type Members = Record<string, unknown>;

const bytes = (base64: string) => Buffer.from(base64, 'base64');
const json = (base64url: string) =>
	JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8')) as unknown;

function decrypt(privateKey: string, { data, iv, authTag, encryptedKey }: Envelope): string {
	// Node is lenient about the bytes before the 32 bytes of the point.
	if (!bytes(encryptedKey).toString('hex').startsWith(X25519)) throw new Error('no X25519 key');
	const secret = diffieHellman({
		privateKey: createPrivateKey({ key: bytes(privateKey), format: 'der', type: 'pkcs8' }),
		publicKey: createPublicKey({ key: bytes(encryptedKey), format: 'der', type: 'spki' }),
	});
	const key = hkdfSync('sha256', secret, '', 'data-enc-aes-256-gcm', 32);
	const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), bytes(iv), {
		authTagLength: 16,
	});
	decipher.setAuthTag(bytes(authTag));
	const plaintext = Buffer.concat([decipher.update(bytes(data)), decipher.final()]);
	return JSON.parse(plaintext.toString('utf8')) as string;
}

/** The claims with everything disclosed, and the names of those that were hidden. */
function disclosed(payload: Members, disclosures: readonly string[]): [Members, string[]] {
	const byDigest = new Map(
		disclosures.map((one) => [createHash('sha256').update(one).digest('base64url'), one]),
	);
	const hidden: string[] = [];
	const read = (value: unknown, path: string): unknown => {
		if (typeof value !== 'object' || value === null) return value;
		if (Array.isArray(value)) return value.map((entry) => read(entry, `${path}[]`));
		const { _sd: digests = [], ...plain } = value as Members & { _sd?: string[] };
		if (digests.join() !== [...digests].sort().join()) throw new Error('_sd is not sorted');
		const members: [string, unknown][] = Object.entries(plain);
		for (const digest of digests) {
			const disclosure = byDigest.get(digest);
			if (disclosure === undefined) continue;
			byDigest.delete(digest);
			const [salt, name, hiddenValue] = json(disclosure) as [string, string, unknown];
			if (Buffer.from(salt, 'base64url').length !== 16) throw new Error('a salt has not 16 bytes');
			if (Object.hasOwn(plain, name)) throw new Error('a claim is there twice');
			hidden.push(`${path}${name}`);
			members.push([name, hiddenValue]);
		}
		return Object.fromEntries(
			members.map(([name, member]) => [name, read(member, `${path}${name}.`)]),
		);
	};
	const claims = read(payload, '') as Members;
	if (byDigest.size > 0) throw new Error('a disclosure belongs to nothing');
	return [claims, hidden];
}

function open(privateKey: string, envelope: Envelope): string {
	try {
		return decrypt(privateKey, envelope);
	} catch (error) {
		if (error instanceof SyntaxError) throw error;
		throw new Error('it does not open', { cause: error });
	}
}

function accept(question: Question, envelope: Envelope): object {
	const credential = open(question.privateKey, envelope);
	const [jwt = '', ...rest] = credential.split('~');
	if (rest.pop() !== '') throw new Error('it does not end in ~');
	const [head = '', body = '', signature = ''] = jwt.split('.');
	const header = json(head) as { alg: string; typ: string; kid: string };
	if (header.typ !== 'dc+sd-jwt') throw new Error('it is not an SD-JWT VC');
	const jwk = question.keys[header.kid];
	if (jwk === undefined) throw new Error('nobody has published its key');
	const isGood = verify(
		'sha256',
		Buffer.from(`${head}.${body}`),
		{ key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
		Buffer.from(signature, 'base64url'),
	);
	if (!isGood) throw new Error('its signature is wrong');
	const payload = json(body) as Members;
	if (payload._sd_alg !== 'sha-256') throw new Error('another digest');
	const [claims, hidden] = disclosed(payload, rest);
	return { credential, header, payload, claims, hidden };
}

async function main(): Promise<void> {
	const question = JSON.parse(await text(process.stdin)) as Question;
	const answers = question.envelopes.map((envelope) => {
		try {
			return accept(question, envelope);
		} catch (error) {
			return { refused: error instanceof Error ? error.message : 'unknown' };
		}
	});
	process.stdout.write(JSON.stringify(answers));
}

void main();
