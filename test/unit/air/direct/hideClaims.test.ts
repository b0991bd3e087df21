import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hideClaims, type Disclosable, type HiddenClaims } from '../../../../air/direct/hideClaims';
import { systemRandomness } from '../../../../air/direct/randomness';
import { airErrorOf } from '../support';
import { fixedRandomness } from './support';

type Claims = Record<string, unknown>;

const hide = (claims: Claims, disclosable: Disclosable = 'all', decoys = 0) =>
	hideClaims(claims, { disclosable, decoys }, systemRandomness);

const read = ({ disclosures }: HiddenClaims) =>
	disclosures.map(
		(one) =>
			JSON.parse(Buffer.from(one, 'base64url').toString()) as [
				salt: string,
				name: string,
				value: unknown,
			],
	);
const namesIn = (hidden: HiddenClaims) => read(hidden).map(([, name]) => name);
const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url');

const claims = { tier: 'Gold', level: 3, address: { street: 'Main', town: 'Riga' }, 'a.b': 1 };

describe('what is disclosable', () => {
	test('all: every claim of the first level', () => {
		const hidden = hide(claims);
		expect(Object.keys(hidden.visible)).toEqual(['_sd']);
		expect(namesIn(hidden)).toEqual(['tier', 'level', 'address', 'a.b']);
		expect(read(hidden)[2]?.[2]).toEqual(claims.address);
	});

	test('none: everybody sees all of it', () => {
		expect(hide(claims, 'none')).toEqual({ visible: claims, disclosures: [] });
	});

	test('those chosen, by name and inside an object', () => {
		const hidden = hide(claims, ['tier', 'address.street']);
		expect(namesIn(hidden).sort()).toEqual(['street', 'tier']);
		expect(hidden.visible).toEqual({
			level: 3,
			'a.b': 1,
			address: { town: 'Riga', _sd: [expect.any(String)] },
			_sd: [expect.any(String)],
		});
	});

	test('an object and a claim inside it: the object’s disclosure holds the digest', () => {
		const hidden = hide(claims, ['address', 'address.street']);
		const [street = ''] = hidden.disclosures;
		expect(read(hidden)).toEqual([
			[expect.any(String), 'street', 'Main'],
			[expect.any(String), 'address', { town: 'Riga', _sd: [digestOf(street)] }],
		]);
	});

	test('a name with a dot is that claim, where nothing else fits', () => {
		expect(namesIn(hide(claims, ['a.b']))).toEqual(['a.b']);
		expect(namesIn(hide({ 'a.b': { 'c.d': 1 } }, ['a.b.c.d']))).toEqual(['c.d']);
	});

	test.each<[string, Claims, string]>([
		['a claim and one inside an object', { 'a.b': 1, a: { b: 2 } }, 'a.b'],
		['two inside objects', { a: { 'b.c': 1 }, 'a.b': { c: 1 } }, 'a.b.c'],
	])('a name that fits two is refused: %s', async (_name, given, name) => {
		const error = await airErrorOf(() => hide(given, [name]));
		expect([error.code, error.message]).toEqual([
			'AIR_DIRECT_DISCLOSURE_INVALID',
			expect.stringContaining('fits two claims'),
		]);
	});

	test.each<[string, Claims, string]>([
		['nothing of that name', { tier: 1 }, 'teir'],
		['a list', { a: [1] }, 'a.0'],
		['null', { a: null }, 'a.b'],
		['text', { a: 'text' }, 'a.length'],
		['two objects deep', { a: { b: { c: 1 } } }, 'a.b.c'],
		['what every object has', { a: {} }, 'toString'],
		['what every object has, inside', { a: {} }, 'a.constructor'],
		['empty', { a: 1 }, ''],
		['a claim without a name', { a: { '': 1 } }, 'a.'],
	])('a name that fits nothing is refused: %s', async (_name, given, name) => {
		const error = await airErrorOf(() => hide(given, [name]));
		expect([error.code, error.kind]).toEqual(['AIR_DIRECT_DISCLOSURE_INVALID', 'input']);
	});

	test('a name that is given twice is hidden once', () => {
		expect(namesIn(hide(claims, ['tier', 'tier']))).toEqual(['tier']);
	});
});

test('undefined is left out everywhere, and null stays', () => {
	const given = { a: undefined, b: null, c: { d: undefined, e: null }, f: [1, undefined, null] };
	expect(hide(given, 'none').visible).toEqual({ b: null, c: { e: null }, f: [1, null] });
	expect(namesIn(hide(given, ['a', 'b', 'c.d']))).toEqual(['b']);
	expect(JSON.stringify(hide(given, 'none').visible)).toBe(
		'{"b":null,"c":{"e":null},"f":[1,null]}',
	);
});

test('salts are 16 bytes, and never the same', () => {
	const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`c${index}`, 1]));
	const salts = read(hide(many)).map(([salt]) => salt);
	expect(new Set(salts).size).toBe(200);
	for (const salt of salts) expect(Buffer.from(salt, 'base64url')).toHaveLength(16);
});

test('digests are sorted, so that their order tells nothing', () => {
	const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`c${index}`, 1]));
	const { visible, disclosures } = hide(many);
	expect(visible._sd).toEqual(disclosures.map(digestOf).sort());
});

test('decoys are digests of nothing, beside each hidden claim', () => {
	const { visible, disclosures } = hide(claims, ['tier', 'address.street'], 3);
	expect(disclosures).toHaveLength(2);
	expect(visible._sd).toHaveLength(4);
	expect((visible.address as Claims)._sd).toHaveLength(4);
	expect(hide(claims, 'none', 3).visible._sd).toHaveLength(3);
});

test('the same randomness makes the same bytes', () => {
	const once = () => hideClaims(claims, { disclosable: 'all', decoys: 2 }, fixedRandomness());
	expect(once()).toEqual(once());
});

describe('reserved names', () => {
	test.each([
		...['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti', 'id', 'nonce', 'vct', 'vct#integrity'],
		...['cnf', 'status', 'sd_hash', 'partnerId', 'scope'],
	])('%s is refused at the first level, and is a claim like others inside', async (name) => {
		for (const disclosable of ['all', 'none'] as const) {
			const error = await airErrorOf(() => hide({ tier: 1, [name]: 'x' }, disclosable));
			expect([error.code, error.kind]).toEqual(['AIR_DIRECT_CLAIM_RESERVED', 'input']);
			expect(error.message).toContain(name);
			expect(hide({ inner: { [name]: 'x' } }, disclosable)).toBeDefined();
		}
	});

	test('email is a claim only where it is hidden: else the credential could pass for a Partner JWT', async () => {
		const given = { email: 'ada@example.com', tier: 1 };
		expect(namesIn(hide(given))).toEqual(['email', 'tier']);
		expect(namesIn(hide(given, ['email']))).toEqual(['email']);
		for (const disclosable of ['none', ['tier']] as const) {
			const error = await airErrorOf(() => hide(given, disclosable));
			expect(error.code).toBe('AIR_DIRECT_CLAIM_RESERVED');
			expect(error.description).not.toContain('ada@');
		}
		const inside = { email: { work: 'x' } };
		expect((await airErrorOf(() => hide(inside, ['email.work']))).code).toBe(
			'AIR_DIRECT_CLAIM_RESERVED',
		);
	});

	/** Buries a value in objects and lists. */
	const buried = (value: unknown, steps: readonly (string | number)[]): unknown =>
		steps.reduce<unknown>(
			(inner, step) =>
				typeof step === 'string'
					? { before: 1, [step]: inner }
					: [...Array.from({ length: step }, () => 0), inner],
			value,
		);

	test('_sd, ..., _sd_alg and __proto__ are refused at any depth, whatever is disclosable', async () => {
		const steps = fc.array(fc.oneof(fc.constantFrom('a', 'b.c', 'status'), fc.nat(3)), {
			maxLength: 60,
		});
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom('_sd', '...', '_sd_alg', '__proto__'),
				fc.jsonValue(),
				steps,
				fc.constantFrom<Disclosable>('all', 'none', ['top'], []),
				async (name, value, path, disclosable) => {
					// From JSON, as it makes a member of __proto__.
					const object = JSON.parse(
						`{"x":1,${JSON.stringify(name)}:${JSON.stringify(value)}}`,
					) as Claims;
					const given = { top: buried(object, path) };
					const error = await airErrorOf(() => hide(given, disclosable));
					expect([error.code, error.kind]).toEqual(['AIR_DIRECT_CLAIM_RESERVED', 'input']);
					const first = await airErrorOf(() => hide({ ...object, top: 1 }, disclosable));
					expect(first.code).toBe('AIR_DIRECT_CLAIM_RESERVED');
				},
			),
			{ numRuns: 300 },
		);
	});
});

test('nothing is lost, invented or shown: hidden and visible claims together are the claims', () => {
	const name = fc.string({ minLength: 1, maxLength: 12 });
	const free = (value: unknown): boolean =>
		typeof value !== 'object' ||
		value === null ||
		Object.entries(value).every(
			([key, inner]) => !['_sd', '...', '_sd_alg', '__proto__'].includes(key) && free(inner),
		);
	const anyClaims = fc
		.dictionary(name, fc.jsonValue({ maxDepth: 4 }), { maxKeys: 12 })
		.filter((given) => free(given))
		.map((given) =>
			Object.fromEntries(Object.entries(given).map(([key, one]) => [`c${key}`, one])),
		);
	fc.assert(
		fc.property(anyClaims, fc.infiniteStream(fc.boolean()), (given, choices) => {
			const chosen = Object.keys(given).filter((key) => !key.includes('.') && choices.next().value);
			const hidden = hide(given, chosen);
			const { _sd = [], ...visible } = hidden.visible;
			const shown = Object.fromEntries(read(hidden).map(([, key, value]) => [key, value]));
			expect(namesIn(hidden).sort()).toEqual([...chosen].sort());
			expect(_sd).toHaveLength(chosen.length);
			expect({ ...visible, ...shown }).toEqual(JSON.parse(JSON.stringify(given)));
		}),
	);
});

test('claims that could not be stored are refused before anything is asked of AIR', async () => {
	const large = { picture: 'x'.repeat(36_000) };
	for (const disclosable of ['all', 'none'] as const) {
		const error = await airErrorOf(() => hide(large, disclosable));
		expect([error.code, error.kind]).toEqual(['AIR_DIRECT_TOO_LARGE', 'input']);
	}
	expect(hide({ picture: 'x'.repeat(24_000) })).toBeDefined();
});
