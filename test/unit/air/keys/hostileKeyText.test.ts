import { createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { importPublicKeys } from '../../../../air/keys/publicKey';
import { certificateForLocalhost } from '../../../support/postgresCertificate';
import { airErrorOf, ecKey, everythingShown, piecesOf, rsaKey } from '../support';

const json = (value: unknown) => JSON.stringify(value);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const escaped = (pem: string) => pem.replace(/\n/g, '\\n');
const body = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const spki = (key: KeyObject) =>
	createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
const privateJwk = (key: KeyObject) => key.export({ format: 'jwk' });
const publicJwk = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' });

/** Everything of every form that the reader takes. */
const privateForms = () => {
	const pem = pkcs8(rsaKey());
	const jwk = json(privateJwk(ecKey()));
	return [pem, body(pem), pkcs8(ecKey()), jwk, escaped(pem), base64(pem)];
};
const publicForms = () => {
	const pem = spki(rsaKey());
	const jwks = json({ keys: [publicJwk(ecKey()), publicJwk(rsaKey())] });
	const jwk = json(publicJwk(ecKey()));
	return [pem, body(pem), spki(ecKey()), jwk, jwks, base64(pem), certificateForLocalhost().cert];
};

/** Each as long as the longest text that is read at all: the work must not grow with its square. */
const LENGTH = 64 * 1024;
const filled = (piece: string) => piece.repeat(Math.floor(LENGTH / piece.length));

describe.each([
	{ half: 'PRIVATE', read: importPrivateKey, code: /^AIR_KEY_/, forms: privateForms() },
	{ half: 'PUBLIC', read: importPublicKeys, code: /^AIR_(PUBLIC_)?KEY_/, forms: publicForms() },
])('a $half key', ({ half, read, code, forms }) => {
	const begin = `-----BEGIN ${half} KEY-----`;
	const end = `-----END ${half} KEY-----`;

	test('cut anywhere is refused in words, and shows no part of itself', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.constantFrom(...forms),
				fc.double({ min: 0, max: 0.95, noNaN: true }),
				async (text, part) => {
					const shortened = text.slice(0, Math.floor(text.length * part));
					const error = await airErrorOf(() => read(shortened));
					expect(error.code).toMatch(/^AIR_(PUBLIC_)?KEY_(EMPTY|INCOMPLETE|UNREADABLE)$/);
					const shown = everythingShown(error);
					expect(piecesOf(shortened).filter((piece) => shown.includes(piece))).toEqual([]);
				},
			),
			{ numRuns: 300 },
		);
	});

	test('that is garbage is refused in words', async () => {
		const garbage = fc.oneof(
			fc.string({ unit: 'binary', maxLength: 500 }),
			fc.base64String({ maxLength: 500 }),
			fc.json(),
			fc.string({ maxLength: 200 }).map((text) => `{${text}}`),
			fc.string({ maxLength: 200 }).map((text) => `${begin}${text}${end}`),
			fc
				.record({
					kty: fc.constantFrom('RSA', 'EC', 'OKP', 'oct', '__proto__'),
					crv: fc.string(),
					d: fc.option(fc.string(), { nil: undefined }),
					x: fc.string(),
					kid: fc.anything(),
				})
				.map(json),
		);
		await fc.assert(
			fc.asyncProperty(garbage, async (text) => {
				expect((await airErrorOf(() => read(text))).code).toMatch(code);
			}),
			{ numRuns: 500 },
		);
	});

	test.each([
		['BEGIN markers', filled(begin)],
		[
			'BEGIN markers of changing labels',
			Array.from({ length: 2500 }, (_, n) => `-----BEGIN A${n}-----`).join(''),
		],
		['END markers', `${begin}${filled(end.slice(0, -5))}`.slice(0, LENGTH)],
		['a label of spaces', `-----BEGIN ${' '.repeat(LENGTH - 20)}.`],
		['labels of spaces', filled(`-----BEGIN ${' '.repeat(200)}`)],
		['backslashes', `-----BEGIN ${'\\'.repeat(LENGTH - 20)}`],
		['backslashes in base64', '\\'.repeat(LENGTH)],
		['backslashes in a JWK', `{${'\\'.repeat(LENGTH - 20)}}`],
		['backslashes in a text of a JWK', `{"${filled('\\')}`.slice(0, LENGTH)],
		['dashes', filled('-----')],
		['dashes behind a label', `${begin.slice(0, -5)}${'-'.repeat(LENGTH - 30)}`],
		['quotes', '"'.repeat(LENGTH)],
		['quotes in braces', `{${filled('"')}`.slice(0, LENGTH)],
		['braces', filled('{')],
		['pairs of braces', filled('{}')],
		['brackets', filled('[')],
		['brackets in a JWK', `{"keys":${'['.repeat(LENGTH - 20)}`],
		['commas', `[${filled(',')}`.slice(0, LENGTH)],
		['Proc-Type', `${begin}${filled('Proc-Type: ').slice(0, LENGTH - 60)}${end}`],
		['white space in Proc-Type', `${begin}Proc-Type:${' '.repeat(LENGTH - 70)}${end}`],
		['base64', filled('A')],
		['padding', filled('=')],
	])('of %s does not take long', async (_name, text) => {
		const began = performance.now();
		await airErrorOf(() => read(text));
		// In time that grows with the square of the length it would be minutes.
		expect(performance.now() - began).toBeLessThan(10_000);
	});
});
