import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import {
	mkdtempSync,
	readFileSync,
	readdirSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { signPartnerJwt } from '../../../air/tokens/partnerJwt';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { makeKey } from '../../support/keys';
import { cli } from './support';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-keys-'));
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const write = (name: string, text: string) => {
	writeFileSync(at(name), text);
	return at(name);
};
const jwksOf = (text: string) => JSON.parse(text) as JSONWebKeySet;

const PUBLIC_MEMBERS = ['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use'];
const members = (text: string) => jwksOf(text).keys.flatMap((key) => Object.keys(key));

/** Signs as the nodes do and verifies as AIR does. */
async function verifies(privatePem: string, jwksText: string, kid: string): Promise<boolean> {
	const claims = {
		partnerId: 'p',
		kid,
		scope: 'issue on-behalf',
		email: 'ada@example.com',
		lifetimeSeconds: 300,
	};
	const { token } = await signPartnerJwt(await importPrivateKey(privatePem), claims, Date.now());
	const { payload } = await jwtVerify(token, createLocalJWKSet(jwksOf(jwksText)));
	return payload.email === 'ada@example.com';
}

describe('keygen', () => {
	test.each(['ES256', 'RS256'])('%s: a pair that signs and verifies', async (alg) => {
		const out = at('keys');
		const { status, stdout, stderr } = await cli(['keygen', '--alg', alg, '--out', out]);
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		expect(readdirSync(out).sort()).toEqual(['jwks.json', 'private.pem', 'public.pem']);
		const pem = read('keys/private.pem');
		const kid = await calculateJwkThumbprint(createPublicKey(pem).export({ format: 'jwk' }));
		expect(await verifies(pem, read('keys/jwks.json'), kid)).toBe(true);
		expect((await importPrivateKey(pem)).algorithm).toBe(alg);
		expect(createPublicKey(read('keys/public.pem')).equals(createPublicKey(pem))).toBe(true);
		expect(PUBLIC_MEMBERS).toEqual(expect.arrayContaining(members(read('keys/jwks.json'))));
		expect(stdout).toContain(`Key ID       ${kid}`);
		expect(stdout).not.toContain(pem.split('\n')[1]);
	});

	test('the private key is for its owner alone', async () => {
		await cli(['keygen', '--alg', 'ES256', '--out', at('keys')]);
		expect(statSync(at('keys')).mode & 0o777).toBe(0o700);
		expect(statSync(at('keys/private.pem')).mode & 0o777).toBe(0o600);
		expect(read('keys/jwks.json')).not.toMatch(/"d"|PRIVATE/);
	});

	test('with a kid of one’s own', async () => {
		await cli(['keygen', '--alg', 'ES256', '--kid', 'my-key', '--out', folder]);
		expect(await verifies(read('private.pem'), read('jwks.json'), 'my-key')).toBe(true);
	});

	test.each(['private.pem', 'public.pem', 'jwks.json'])('%s is never overwritten', async (name) => {
		write(name, 'mine');
		const { status, stdout, stderr } = await cli(['keygen', '--alg', 'ES256', '--out', folder]);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toContain(`${at(name)} is there already. Nothing was overwritten`);
		expect(readdirSync(folder)).toEqual([name]);
		expect(read(name)).toBe('mine');
	});

	test('no key is written through a link', async () => {
		symlinkSync(at('elsewhere'), at('private.pem'));
		const { status, stderr } = await cli(['keygen', '--alg', 'ES256', '--out', folder]);
		expect(status).toBe(1);
		expect(stderr).toContain('private.pem is there already');
		expect(readdirSync(folder)).toEqual(['private.pem']);
	});

	test('a file in place of the folder: one line', async () => {
		const out = join(folder, 'a-file');
		writeFileSync(out, '');
		const { status, stderr } = await cli(['keygen', '--alg', 'ES256', '--out', out]);
		expect(status).toBe(1);
		expect(stderr).toBe(
			`${out} is a file, not a folder. Nothing was overwritten: give another folder to --out.\n`,
		);
	});

	test('a folder that cannot be made: one line', async () => {
		const out = join(write('file', ''), 'keys');
		const { status, stderr } = await cli(['keygen', '--alg', 'ES256', '--out', out]);
		expect(status).toBe(1);
		expect(stderr).toBe(`The folder ${out} cannot be made (ENOTDIR).\n`);
	});

	test.each([
		[[], "required option '--alg <ALG>' not specified"],
		[['--alg', 'ES256'], "required option '--out <DIR>' not specified"],
		[['--alg', 'ES256', '--out='], '--out is empty'],
		[['--alg', 'HS256', '--out', 'x'], "'HS256' is invalid. Allowed choices are ES256, RS256"],
		[['--alg', 'es256', '--out', 'x'], "'es256' is invalid"],
		[['--alg', 'ES256', '--out', 'x', '--kid='], '--kid: “” is not a key ID'],
		[['--alg', 'ES256', '--out', 'x', '--kid', 'a\nb'], '--kid: “a\\nb” is not a key ID'],
		[['--alg', 'ES256', '--out', 'x', '--kid', 'a b'], '--kid: “a b” would be refused for direct'],
		[['--alg', 'ES256', '--out', 'x', 'more'], 'Expected 0 arguments but got 1'],
	])('%j is not a right call', async (args, words) => {
		const { status, stderr } = await cli(['keygen', ...args]);
		expect(status).toBe(2);
		expect(stderr).toContain(words);
		expect(stderr).toContain('keygen --help');
		expect(stderr.match(/\n/g)).toHaveLength(1);
	});
});

describe('jwks', () => {
	const rsa = makeKey('RS256');
	const ec = makeKey('ES256');
	const privateJwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
		format: 'jwk',
	});
	const thumbprint = (key: typeof ec) =>
		calculateJwkThumbprint(key.publicKey.export({ format: 'jwk' }));
	const publicPem = (key: typeof ec) =>
		key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

	test.each([
		['jwks', []],
		['did', ['--issuer', 'issuer.example.com', '--partner', 'ID', '--out', 'out']],
	])('%s says which Key ID a PEM has got', async (command, options) => {
		const file = write('a.pem', publicPem(rsa));
		const there = options.map((option) => (option === 'out' ? at('out') : option));
		const unnamed = await cli([command, file, ...there]);
		expect(unnamed.stderr).toBe(
			`${file} names no key ID, so the thumbprint was taken. Put it into Key ID of the credential, or give --kid: ${await thumbprint(rsa)}\n`,
		);
		rmSync(at('out'), { recursive: true, force: true });
		const named = await cli([command, file, '--kid', 'k1', ...there]);
		expect(named).toMatchObject({ status: 0, stderr: '' });
	});

	test('public and private files together, public members only', async () => {
		const argv = [
			write('a.pem', ec.pem),
			write('b.pem', publicPem(rsa)),
			write('c.jwk', JSON.stringify({ ...privateJwk, kid: 'third' })),
			write('d.json', JSON.stringify({ keys: [ec.jwk('fourth'), rsa.jwk('fifth')] })),
		];
		const { status, stdout, stderr } = await cli(['jwks', ...argv]);
		expect(status).toBe(0);
		expect(jwksOf(stdout).keys.map(({ kid }) => kid)).toEqual([
			await thumbprint(ec),
			await thumbprint(rsa),
			'third',
			'fourth',
			'fifth',
		]);
		expect(PUBLIC_MEMBERS).toEqual(expect.arrayContaining(members(stdout)));
		expect(stderr.split('\n').map((line) => line.slice(0, line.indexOf(' ')))).toEqual([
			at('a.pem'),
			at('a.pem'),
			at('b.pem'),
			at('c.jwk'),
			'',
		]);
		expect(await verifies(ec.pem, stdout, 'fourth')).toBe(true);
	});

	test('a JWKS that leaks is cleaned, as the official template’s is', async () => {
		const leaking = write('jwks.json', JSON.stringify({ keys: [{ ...privateJwk, kid: 'k' }] }));
		const { stdout, stderr } = await cli(['jwks', leaking]);
		expect(PUBLIC_MEMBERS).toEqual(expect.arrayContaining(members(stdout)));
		expect(jwksOf(stdout).keys).toMatchObject([{ n: privateJwk.n, kid: 'k' }]);
		expect(stderr).toContain('Never publish that file');
	});

	test.each<[string, (jwk: string) => string]>([
		['as it is', (jwk) => jwk],
		['with a byte order mark, as editors on Windows write', (jwk) => `\ufeff${jwk}`],
		['in base64', (jwk) => Buffer.from(jwk).toString('base64')],
		['as a JSON string', (jwk) => JSON.stringify(jwk)],
	])('a private JWK keeps its kid: %s', async (_name, form) => {
		const file = write('key.jwk', form(JSON.stringify({ ...privateJwk, kid: 'mine' })));
		expect(jwksOf((await cli(['jwks', file])).stdout).keys).toMatchObject([{ kid: 'mine' }]);
	});

	test.each([
		['two private keys', () => rsa.pem],
		['a public key', () => publicPem(rsa)],
		['a public JWK', () => JSON.stringify(rsa.jwk('other'))],
	])('no key of a file gets lost: a private one beside %s is refused', async (_name, other) => {
		const file = write('keys.pem', `${ec.pem}${other()}`);
		const { status, stdout, stderr } = await cli(['jwks', file]);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toBe(
			`${file}: it holds several keys, and a private one is among them: put each into a file of its own\n`,
		);
	});

	test('--kid, one for each key', async () => {
		const files = [write('a.pem', ec.pem), write('b.pem', publicPem(rsa))];
		const { stdout } = await cli(['jwks', ...files, '--kid', 'old', '--kid', 'new']);
		expect(jwksOf(stdout).keys.map(({ kid, alg }) => [kid, alg])).toEqual([
			['old', 'ES256'],
			['new', 'RS256'],
		]);
		// The credential in n8n takes the blanks away, too.
		const copied = await cli(['jwks', ...files, '--kid', ' old', '--kid', 'new\n']);
		expect(copied.stdout).toBe(stdout);
		for (const kids of [
			['--kid', 'one'],
			['--kid', 'a', '--kid', 'b', '--kid', 'c'],
		]) {
			const { status, stderr } = await cli(['jwks', ...files, ...kids]);
			expect(status).toBe(2);
			expect(stderr).toMatch(/^--kid is given (once|3 times) for 2 keys: .*\n$/);
		}
	});

	test('the same key twice is published once; two keys under one kid are not published', async () => {
		const a = write('a.json', JSON.stringify(ec.jwk('same')));
		const b = write('b.json', JSON.stringify(rsa.jwk('same')));
		expect(jwksOf((await cli(['jwks', a, a])).stdout).keys).toHaveLength(1);
		const { status, stdout, stderr } = await cli(['jwks', a, b]);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toMatch(/^Two different public keys .*AIR_PUBLIC_KEY_KID_TWICE\)\n$/);
	});

	test.each([
		['not there', () => at('none.pem'), 'there is no such file'],
		['a folder', () => folder, 'it is a folder'],
		['too long', () => write('long', 'A'.repeat(65 * 1024)), 'it is too long to be a key'],
		['empty', () => write('empty', ''), 'A public key is missing'],
		['no key', () => write('text', 'hunter2'), 'A public key cannot be read'],
		[
			'encrypted',
			() =>
				write(
					'encrypted.pem',
					generateKeyPairSync('ec', { namedCurve: 'P-256' })
						.privateKey.export({
							type: 'pkcs8',
							format: 'pem',
							cipher: 'aes-256-cbc',
							passphrase: 'x',
						})
						.toString(),
				),
			'The private key is protected by a passphrase',
		],
		[
			'P-384',
			() =>
				write(
					'p384.pem',
					generateKeyPairSync('ec', { namedCurve: 'P-384' })
						.publicKey.export({ type: 'spki', format: 'pem' })
						.toString(),
				),
			'on a curve that AIR does not take',
		],
	])('%s: one line that names the file', async (_name, make, words) => {
		const file = make();
		const { status, stdout, stderr } = await cli(['jwks', write('good.pem', ec.pem), file]);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toContain(`${file}: `);
		expect(stderr).toContain(words);
		expect(stderr).not.toContain('hunter2');
		expect(stderr.match(/\n/g)).toHaveLength(1);
	});

	test.each([
		[[], "missing required argument 'KEY'"],
		[['x.pem', '--kid='], '--kid: “” is not a key ID'],
		[['--alg', 'ES256'], "unknown option '--alg'"],
	])('%j is not a right call', async (args, words) => {
		write('x.pem', ec.pem);
		const { status, stderr } = await cli([
			'jwks',
			...args.map((arg) => arg.replace('x.pem', at('x.pem'))),
		]);
		expect(status).toBe(2);
		expect(stderr).toContain(words);
		expect(stderr).toContain('jwks --help');
	});
});

describe('did', () => {
	const rsa = makeKey('RS256');
	const ec = makeKey('ES256');
	const WHO = ['--issuer', 'issuer.example.com', '--partner', 'partner-1'];
	const FILES = ['air-partner-info.json', 'did.json', 'jwks.json', 'jwt-vc-issuer.json'];
	const json = (name: string): unknown => JSON.parse(read(`out/${name}`));

	test('the documents of two keys, as during a change of the key, in a folder', async () => {
		const keys = [
			write('old.json', JSON.stringify({ keys: [ec.jwk('old')] })),
			write('new.json', JSON.stringify({ keys: [rsa.jwk('new')] })),
		];
		const { status, stdout, stderr } = await cli(['did', ...keys, ...WHO, '--out', at('out')]);
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		expect(readdirSync(at('out')).sort()).toEqual(FILES);
		const jwks = { keys: [ec.jwk('old'), rsa.jwk('new')] };
		const ids = ['old', 'new'].map((kid) => `did:web:issuer.example.com#${kid}`);
		expect(json('jwks.json')).toEqual(jwks);
		expect(json('jwt-vc-issuer.json')).toEqual({ issuer: 'https://issuer.example.com', jwks });
		expect(json('air-partner-info.json')).toEqual({ partnerId: 'partner-1' });
		expect(json('did.json')).toMatchObject({
			id: 'did:web:issuer.example.com',
			verificationMethod: jwks.keys.map((publicKeyJwk, index) => ({
				id: ids[index],
				publicKeyJwk,
			})),
			assertionMethod: ids,
		});
		expect(stdout).toContain(
			'did.json               at https://issuer.example.com/.well-known/did.json, as application/did+ld+json',
		);
		expect(stdout).toMatch(
			/dashboard, Issuer → Settings, issuer DID: did:web:issuer.example.com\n/,
		);
	});

	test('of a private key only the public half', async () => {
		const file = write('private.pem', ec.pem);
		const argv = ['did', file, '--kid', 'k1', ...WHO, '--out', at('out')];
		const { status, stderr } = await cli(argv);
		expect(status).toBe(0);
		expect(stderr).toMatch(/private\.pem holds a private key\. Never publish that file/);
		for (const name of FILES) expect(read(`out/${name}`)).not.toMatch(/"d"|PRIVATE/);
	});

	test.each(FILES)(
		'%s is never overwritten: it may be the only place of an old key',
		async (name) => {
			write(name, 'mine');
			const key = write('key.json', JSON.stringify(ec.jwk('k1')));
			const { status, stdout, stderr } = await cli(['did', key, ...WHO, '--out', folder]);
			expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
			expect(stderr).toContain(`${at(name)} is there already. Nothing was overwritten`);
			expect(readdirSync(folder).sort()).toEqual([name, 'key.json'].sort());
		},
	);

	test.each([
		['http://issuer.example.com', 'k1', 'AIR_DIRECT_DID_INVALID'],
		['issuer.example.com', 'my key', 'AIR_DIRECT_KID_INVALID'],
	])('%s with the key ID %j: one line, and nothing is written', async (issuer, kid, code) => {
		const key = write('key.json', JSON.stringify(ec.jwk(kid)));
		const argv = ['did', key, '--issuer', issuer, '--partner', 'p', '--out', at('out')];
		const { status, stdout, stderr } = await cli(argv);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toMatch(new RegExp(`\\(${code}\\)\n$`));
		expect(readdirSync(folder)).toEqual(['key.json']);
	});

	test.each([
		[['x', '--partner', 'p', '--out', 'y'], "required option '--issuer <WHO>' not specified"],
		[['x', '--issuer', 'a', '--out', 'y'], "required option '--partner <ID>' not specified"],
		[['x', '--issuer', 'a', '--partner', 'p'], "required option '--out <DIR>' not specified"],
		[['x', '--issuer=', '--partner', 'p', '--out', 'y'], '--issuer is empty'],
		[[...WHO, '--out', 'y'], "missing required argument 'KEY'"],
	])('%j is not a right call', async (args, words) => {
		const { status, stderr } = await cli(['did', ...args]);
		expect(status).toBe(2);
		expect(stderr).toContain(words);
		expect(stderr).toContain('did --help');
	});
});
