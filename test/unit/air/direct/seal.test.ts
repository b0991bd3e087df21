import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { readHolderKey } from '../../../../air/direct/holderKeys';
import { systemRandomness, type Randomness } from '../../../../air/direct/randomness';
import { seal, type Envelope } from '../../../../air/direct/seal';
import { SecretSearch } from '../../../support/SecretSearch';
import { airErrorOf, everythingShown } from '../support';
import { makeHolder, openAll, x25519 } from './support';

/** Made once with other code, and opened by AIR's own: holder 32 × 11, ephemeral 32 × 22, IV 00 … 0b. */
const VECTOR = {
	publicKey:
		'0x302a300506032b656e0321007b4e909bbe7ffe44c465a220037d608ee35897d31ef972f07f74892cb0f73f13',
	credential: 'aaa.bbb.ccc~ddd~',
	envelope: {
		data: 'AOYz1ySrj3gtbVJmrzaxMItK',
		iv: 'AAECAwQFBgcICQoL',
		authTag: 'dPl3bo/5MeVO4CTRqCJfVQ==',
		encryptedKey: 'MCowBQYDK2VuAyEAD6poTtKIZ7l/Smot7l34zpdOdrcBjj8iocTPJnhXDyA=',
	},
};
const ofVector: Randomness = {
	bytes: (size) => Buffer.from(Array.from({ length: size }, (_, index) => index)),
	keyPair: () => x25519(Buffer.alloc(32, 0x22)),
};

test('seals as the test vector says', () => {
	const envelope = seal(VECTOR.credential, readHolderKey(VECTOR.publicKey), ofVector);
	expect(envelope).toEqual(VECTOR.envelope);
});

test('the holder opens the test vector, which holds a JSON string', async () => {
	const { privateKey } = x25519(Buffer.alloc(32, 0x11));
	const holder = {
		privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
	};
	// It opens, and is not a credential.
	expect(await openAll(holder, [VECTOR.envelope])).toEqual([
		{ refused: expect.stringContaining('JSON') as string },
	]);
});

test('each seal has a key pair and an IV of its own', () => {
	const holder = makeHolder();
	const envelopes = Array.from({ length: 50 }, () => seal('a.b.c~', holder.key, systemRandomness));
	expect(new Set(envelopes.map(({ encryptedKey }) => encryptedKey)).size).toBe(50);
	expect(new Set(envelopes.map(({ iv }) => iv)).size).toBe(50);
});

const flipped = (base64: string, bit: number) => {
	const bytes = Buffer.from(base64, 'base64');
	const at = bit % (bytes.length * 8);
	bytes.writeUInt8(bytes.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
	return bytes.toString('base64');
};
const cut = (base64: string, by: number) => {
	const bytes = Buffer.from(base64, 'base64');
	return bytes.subarray(0, Math.max(0, bytes.length - 1 - (by % bytes.length))).toString('base64');
};

test('an envelope that was cut, that had a bit flipped or that is for somebody else never opens', async () => {
	const holder = makeHolder();
	const other = makeHolder();
	const fields = ['data', 'iv', 'authTag', 'encryptedKey'] as const;
	const good = seal('h.p.s~', holder.key, systemRandomness);
	const broken = fc
		.sample(
			fc.record({
				field: fc.constantFrom(...fields),
				how: fc.constantFrom(flipped, cut),
				amount: fc.nat(100_000),
			}),
			400,
		)
		.map(({ field, how, amount }): Envelope => ({ ...good, [field]: how(good[field], amount) }))
		// Of an X25519 point the highest bit does not count (RFC 7748).
		.filter(({ encryptedKey }) => encryptedKey !== flipped(good.encryptedKey, 44 * 8 - 1));
	const swapped = fields.map((field): Envelope => ({
		...good,
		[field]: seal('h.p.s~', holder.key, systemRandomness)[field],
	}));
	const answers = await openAll(holder, [...broken, ...swapped]);
	const [ofGood] = await openAll(holder, [good]);
	const [ofOther] = await openAll(other, [good]);
	// What opens is read as a credential, and "h.p.s~" is none.
	expect(ofGood?.refused).toMatch(/JSON/);
	for (const { refused } of [...answers, ...(ofOther === undefined ? [] : [ofOther])]) {
		expect(refused).toBe('it does not open');
	}
}, 120_000);

const hexOf = (type: 'x25519' | 'ed25519') =>
	generateKeyPairSync(type as 'x25519')
		.publicKey.export({ format: 'der', type: 'spki' })
		.toString('hex');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
	.publicKey.export({ format: 'der', type: 'spki' })
	.toString('hex');

describe('the key of a holder', () => {
	const good = hexOf('x25519');

	test.each([
		['as AIR writes it', good],
		['with 0x', `0x${good}`],
		['in upper case', good.toUpperCase()],
	])('%s', (_name, text) => {
		expect(readHolderKey(text).hex).toBe(good);
	});

	test.each([
		['empty', ''],
		['0x alone', '0x'],
		['0x twice', `0x0x${good}`],
		['with a byte after it', `${good}00`],
		['cut', good.slice(0, -2)],
		['with an odd number of digits', good.slice(0, -1)],
		['with a blank', ` ${good}`],
		['with a line after it', `${good}\n`],
		['an Ed25519 key', hexOf('ed25519')],
		['a P-256 key', p256],
		['an uncompressed point', `04${'a1'.repeat(64)}`],
		['base64', Buffer.from(good, 'hex').toString('base64')],
	])('is refused: %s', async (_name, text) => {
		const error = await airErrorOf(() => readHolderKey(text));
		expect([error.code, error.kind]).toEqual(['AIR_HOLDER_KEY_INVALID', 'not-sent']);
		if (text.length > 8) expect(everythingShown(error)).not.toContain(text.slice(0, 8));
	});

	/** Points of small order: the shared secret would be zeros, which everybody knows. */
	test.each([
		['0', '00'.repeat(32)],
		['1', `01${'00'.repeat(31)}`],
		['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
		['order 8, the other', '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'],
		['p − 1', `ec${'ff'.repeat(30)}7f`],
		['p', `ed${'ff'.repeat(30)}7f`],
		['p + 1', `ee${'ff'.repeat(30)}7f`],
	])('to which nothing can be sealed, the point %s: nothing is sent', async (_name, point) => {
		const key = readHolderKey(`302a300506032b656e032100${point}`);
		const error = await airErrorOf(() => seal('a.b.c~', key, systemRandomness));
		expect([error.code, error.kind, error.retryable]).toEqual([
			'AIR_HOLDER_KEY_INVALID',
			'not-sent',
			false,
		]);
	});
});

test('nothing of the ephemeral key is in the envelope but its public half', () => {
	const { privateKey } = x25519(Buffer.alloc(32, 0x22));
	const secret = String(privateKey.export({ format: 'jwk' }).d);
	const search = new SecretSearch().addWord('the ephemeral key', secret.slice(0, 16));
	const envelope = seal('a.b.c~', makeHolder().key, ofVector);
	expect(search.findIn(envelope)).toBeUndefined();
});
