import fc from 'fast-check';
import { redact } from '../../../errors/redact';
import { ecKey, rsaKey } from '../air/support';

const pem = rsaKey().export({ type: 'pkcs8', format: 'pem' }).toString();
const ecPem = ecKey().export({ type: 'sec1', format: 'pem' }).toString();
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

const jwt = fc
	.tuple(
		fc.record({ alg: fc.constant('ES256'), kid: fc.string(), typ: fc.constant('JWT') }),
		fc.record({ email: fc.emailAddress(), exp: fc.nat() }),
		fc.uint8Array({ minLength: 64, maxLength: 64 }),
	)
	.map(
		([header, claims, signature]) =>
			`${encode(header)}.${encode(claims)}.${Buffer.from(signature).toString('base64url')}`,
	);

/** What a body may put around an echoed secret. */
const around = fc.oneof(
	fc.string(),
	fc.constantFrom(
		'',
		'x-partner-auth: ',
		'Bearer ',
		'token=',
		'token_',
		'{"jwt":"',
		'"}',
		'\n',
		"'",
		'…',
		'é',
	),
);

/** Long enough not to turn up by chance. */
function leaks(shown: string, secret: string): boolean {
	const plain = secret.replace(/-----[^-]+-----/g, ' ');
	return plain
		.split(/[\s.]+/)
		.filter((part) => part.length >= 12)
		.some((part) =>
			Array.from({ length: part.length - 11 }, (_, at) => part.slice(at, at + 12)).some((piece) =>
				shown.includes(piece),
			),
		);
}

test('a token never gets through, whatever stands around it', () => {
	fc.assert(
		fc.property(around, jwt, around, (before, token, after) => {
			// Characters that a token is made of would make it another token when they touch it.
			expect(leaks(redact(`${before}${token}${after}`), token)).toBe(false);
		}),
	);
});

test('nor one with a damaged beginning', () => {
	fc.assert(
		fc.property(jwt, fc.integer({ min: 1, max: 8 }), (token, cut) => {
			// The header says nothing that is secret.
			const secret = token.slice(token.indexOf('.') + 1);
			expect(leaks(redact(`bad token “${token.slice(cut)}”`), secret)).toBe(false);
		}),
	);
});

test('an address is not a token', () => {
	const address = 'https://a-long-subdomain-name.of-some.air.example/v1/credentials.status';
	expect(redact(address)).toBe(address);
});

test('nor does a key', () => {
	fc.assert(
		fc.property(
			around,
			fc.constantFrom(pem, ecPem),
			around,
			fc.integer({ min: 0, max: 3 }),
			(before, key, after, form) => {
				const written = [
					key,
					key.replace(/\n/g, '\\n'),
					key.replace(/\n/g, ' '),
					key.replace(/\n/g, ''),
				][form];
				expect(leaks(redact(`${before}${written ?? key}${after}`), key)).toBe(false);
			},
		),
	);
});

test('nor a key that is cut off', () => {
	fc.assert(
		fc.property(fc.integer({ min: 40, max: pem.length }), (length) => {
			expect(redact(`body: ${pem.slice(0, length)}`)).toBe('body: [removed]');
		}),
	);
});

test('the result is one line of the length asked for, without control characters', () => {
	const wild = fc.oneof(
		fc.string({ unit: 'binary' }),
		fc.string({ unit: 'grapheme', maxLength: 2000 }),
	);
	fc.assert(
		fc.property(wild, fc.integer({ min: 1, max: 400 }), (text, longest) => {
			const shown = redact(text, longest);
			expect(shown.length).toBeLessThanOrEqual(longest);
			expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e\u200b\ufeff]/u);
			expect(shown).toBe(shown.trim());
		}),
	);
});

test('half of a character is never shown', () => {
	expect(redact('😀'.repeat(10), 6)).toBe('😀😀…');
	expect(redact('😀'.repeat(10), 5)).toBe('😀😀…');
});

test.each([
	['bad token eyJhbGciOiJFUzI1NiJ9.e30.c2ln', 'bad token [removed]'],
	['Invalid x-partner-auth', 'Invalid x-partner-auth'],
	['a\u0000b\r\nc\td', 'a b c d'],
	['abc\u202egnirts', 'abc gnirts'],
	[
		'239704895d0c4693d33ee7ab9e37c6eb295f178d80074a32d4ace53b1a779c44',
		'239704895d0c4693d33ee7ab9e37c6eb295f178d80074a32d4ace53b1a779c44',
	],
	['', ''],
])('%j', (text, shown) => {
	expect(redact(text)).toBe(shown);
});

test.each([
	['letters', 'a'],
	['BEGIN markers', '-----BEGIN '],
	['END markers', '-----BEGIN A-----END '],
	['token beginnings', 'eyJ'],
	['token beginnings in words', '-eyJ'],
	['dots', 'eyJa.'],
	['control characters', '\u0000'],
])('a megabyte of %s is shortened at once', (_name, piece) => {
	const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
	const begin = performance.now();
	expect(redact(text).length).toBeLessThanOrEqual(300);
	// In time that grows with the square of the length it would be minutes.
	expect(performance.now() - begin).toBeLessThan(10_000);
});
