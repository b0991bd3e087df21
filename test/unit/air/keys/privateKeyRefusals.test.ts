import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AirErrorCode } from '../../../../errors/errorCatalogue';
import { keyErrors } from '../../../../errors/rows/keys';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { airErrorOf, ecKey, everythingShown, piecesOf, rsaKey } from '../support';

const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const der = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const spki = (key: KeyObject) =>
	createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
const jwk = (key: KeyObject) => key.export({ format: 'jwk' });
const json = (value: unknown) => JSON.stringify(value);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const escaped = (pem: string) => pem.replace(/\n/g, '\\n');
const body = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');
const relabelled = (pem: string, label: string) =>
	pem.replace(/(BEGIN|END) [A-Z0-9 ]+-/g, `$1 ${label}-`);

const passphrase = 'correct horse';
const cipher = 'aes-256-cbc';
const encrypted = ecKey().export({ type: 'pkcs8', format: 'pem', cipher, passphrase }).toString();
const encryptedLegacy = rsaKey()
	.export({ type: 'pkcs1', format: 'pem', cipher, passphrase })
	.toString();

function fromOpenssl(...args: string[]): string {
	return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** Runs a tool that writes files, in a folder of its own. */
function inFolder<T>(work: (path: (name: string) => string) => T): T {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-'));
	try {
		return work((name) => join(folder, name));
	} finally {
		rmSync(folder, { recursive: true });
	}
}

const certificate = inFolder((path) =>
	fromOpenssl(
		...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=test'],
		...['-keyout', path('key.pem')],
	),
);
const openssh = inFolder((path) => {
	execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', path('id')]);
	return readFileSync(path('id'), 'utf8');
});

const ed25519 = generateKeyPairSync('ed25519').privateKey;
const ed448 = generateKeyPairSync('ed448').privateKey;
const x25519 = generateKeyPairSync('x25519').privateKey;
const rsaPss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
const dsa = generateKeyPairSync('dsa', {
	modulusLength: 2048,
	divisorLength: 256,
}).privateKey;
const otherEc = createPublicKey(ecKey('P-256', 'second')).export({ format: 'jwk' });
const otherRsa = createPublicKey(rsaKey(2048, 'second')).export({ format: 'jwk' });
const pem = pkcs8(rsaKey());
const cut = (part: number) => pem.slice(0, Math.floor(pem.length * part));
const half = (text: string) => text.slice(0, text.length / 2);

const refusals: [code: AirErrorCode, name: string, text: string][] = [
	['AIR_KEY_EMPTY', 'nothing', ''],
	['AIR_KEY_EMPTY', 'white space', ' \n\t\r\n\u00a0'],
	['AIR_KEY_EMPTY', 'quotes only', '""'],
	['AIR_KEY_EMPTY', 'a byte order mark only', '\ufeff'],

	['AIR_KEY_SECP256K1', 'secp256k1 PEM', pkcs8(ecKey('secp256k1'))],
	['AIR_KEY_SECP256K1', 'secp256k1 DER', der(ecKey('secp256k1'))],
	['AIR_KEY_SECP256K1', 'secp256k1 JWK', json(jwk(ecKey('secp256k1')))],
	['AIR_KEY_CURVE', 'P-384 PEM', pkcs8(ecKey('P-384'))],
	['AIR_KEY_CURVE', 'P-384 JWK', json(jwk(ecKey('P-384')))],
	['AIR_KEY_CURVE', 'P-521 PEM', pkcs8(ecKey('P-521'))],
	['AIR_KEY_CURVE', 'brainpool PEM', pkcs8(ecKey('brainpoolP256r1'))],
	['AIR_KEY_EDDSA', 'Ed25519 PEM', pkcs8(ed25519)],
	['AIR_KEY_EDDSA', 'Ed25519 JWK', json(jwk(ed25519))],
	['AIR_KEY_EDDSA', 'Ed448 PEM', pkcs8(ed448)],
	['AIR_KEY_TYPE', 'X25519 PEM', pkcs8(x25519)],
	['AIR_KEY_TYPE', 'X25519 JWK', json(jwk(x25519))],
	['AIR_KEY_TYPE', 'DSA PEM', pkcs8(dsa)],
	['AIR_KEY_TYPE', 'shared secret JWK', json({ kty: 'oct', k: base64('a shared secret, long') })],
	['AIR_KEY_RSA_SHORT', 'RSA-1024 PEM', pkcs8(rsaKey(1024))],
	['AIR_KEY_RSA_SHORT', 'RSA-1024 JWK', json(jwk(rsaKey(1024)))],
	['AIR_KEY_RSA_PSS', 'RSA-PSS PEM', pkcs8(rsaPss)],

	// Nobody can know which of them is meant, and the wrong one is refused by AIR, or signs unseen.
	['AIR_KEY_SET', 'two PEMs, as after a change of the key', pkcs8(rsaKey()) + pkcs8(ecKey())],
	['AIR_KEY_SET', 'two PEMs, escaped', escaped(pkcs8(ecKey()) + pkcs8(rsaKey()))],

	['AIR_KEY_PUBLIC', 'public PEM', spki(rsaKey())],
	['AIR_KEY_PUBLIC', 'public PEM, escaped', escaped(spki(ecKey()))],
	['AIR_KEY_PUBLIC', 'public PEM in base64', base64(spki(ecKey()))],
	['AIR_KEY_PUBLIC', 'public DER, RSA', body(spki(rsaKey()))],
	['AIR_KEY_PUBLIC', 'public DER, EC', body(spki(ecKey()))],
	[
		'AIR_KEY_PUBLIC',
		'RSA PUBLIC KEY',
		createPublicKey(rsaKey()).export({ type: 'pkcs1', format: 'pem' }).toString(),
	],
	['AIR_KEY_PUBLIC', 'public key under a private label', relabelled(spki(rsaKey()), 'PRIVATE KEY')],
	['AIR_KEY_PUBLIC', 'public JWK, RSA', json(createPublicKey(rsaKey()).export({ format: 'jwk' }))],
	['AIR_KEY_PUBLIC', 'public JWK, EC', json(otherEc)],
	['AIR_KEY_PUBLIC', 'public JWK, OKP', json({ ...jwk(ed25519), d: undefined })],
	['AIR_KEY_PUBLIC', 'base64 of a public JWK', base64(json(otherEc))],
	['AIR_KEY_PUBLIC', 'certificate', certificate],
	['AIR_KEY_PUBLIC', 'OpenSSH, public', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB me@host'],
	['AIR_KEY_PUBLIC', 'certificate, DER', body(certificate)],
	['AIR_KEY_PUBLIC', 'certificate chain', `${certificate}${certificate}`],

	['AIR_KEY_ENCRYPTED', 'encrypted PKCS#8 PEM', encrypted],
	['AIR_KEY_ENCRYPTED', 'encrypted PKCS#8 PEM, escaped', escaped(encrypted)],
	['AIR_KEY_ENCRYPTED', 'encrypted PKCS#8 DER', body(encrypted)],
	['AIR_KEY_ENCRYPTED', 'encrypted, wrong label', relabelled(encrypted, 'PRIVATE KEY')],
	['AIR_KEY_ENCRYPTED', 'encrypted legacy PEM', encryptedLegacy],
	['AIR_KEY_ENCRYPTED', 'encrypted legacy PEM as one line', encryptedLegacy.replace(/\n/g, ' ')],
	['AIR_KEY_ENCRYPTED', 'encrypted legacy PEM, newlines lost', encryptedLegacy.replace(/\n/g, '')],
	['AIR_KEY_ENCRYPTED', 'certificate, then encrypted key', `${certificate}${encrypted}`],
	['AIR_KEY_OPENSSH', 'OpenSSH', openssh],
	['AIR_KEY_OPENSSH', 'OpenSSH, newlines as spaces', openssh.replace(/\n/g, ' ')],

	['AIR_KEY_SET', 'JWKS', json({ keys: [jwk(ecKey())] })],
	['AIR_KEY_SET', 'base64 of a JWKS', base64(json({ keys: [jwk(ecKey())] }))],
	['AIR_KEY_HALVES_DIFFER', 'EC JWK, x and y of another', json({ ...jwk(ecKey()), ...otherEc })],
	['AIR_KEY_HALVES_DIFFER', 'RSA JWK, n of another', json({ ...jwk(rsaKey()), ...otherRsa })],

	['AIR_KEY_INCOMPLETE', 'cut in the BEGIN line', pem.slice(0, 20)],
	['AIR_KEY_INCOMPLETE', 'cut after the BEGIN line', pem.slice(0, 27)],
	['AIR_KEY_INCOMPLETE', 'cut at a third', cut(0.33)],
	['AIR_KEY_INCOMPLETE', 'cut at nine tenths, escaped', escaped(cut(0.9))],
	['AIR_KEY_INCOMPLETE', 'cut in the END line', pem.trimEnd().slice(0, -3)],
	['AIR_KEY_INCOMPLETE', 'another END line', pem.replace('END PRIVATE', 'END PUBLIC')],
	['AIR_KEY_INCOMPLETE', 'the BEGIN line is missing', pem.slice(28)],
	['AIR_KEY_UNREADABLE', 'a hole in the middle', pem.slice(0, 100) + pem.slice(300)],
	['AIR_KEY_UNREADABLE', 'half of the DER', half(der(rsaKey()))],
	['AIR_KEY_UNREADABLE', 'half of a JWK', half(json(jwk(ecKey())))],
	['AIR_KEY_UNREADABLE', 'no body at all', '-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----'],
	['AIR_KEY_UNREADABLE', 'a password', 'hunter2hunter2'],
	['AIR_KEY_UNREADABLE', 'a file name', './keys/partner.pem'],
	['AIR_KEY_UNREADABLE', 'an expression that was not resolved', '{{ $json.key }}'],
	['AIR_KEY_UNREADABLE', 'JSON that is not a key', '{"type":"service_account"}'],
	['AIR_KEY_UNREADABLE', 'd is not text', json({ ...jwk(ecKey()), d: 5 })],
	['AIR_KEY_UNREADABLE', 'd is null', json({ ...jwk(ecKey()), d: null })],
	['AIR_KEY_UNREADABLE', 'RSA JWK without primes', json({ ...jwk(rsaKey()), p: undefined })],
	['AIR_KEY_UNREADABLE', '1 MB', 'A'.repeat(1024 * 1024)],
	[
		'AIR_KEY_UNREADABLE',
		'1 MB behind a BEGIN line',
		`-----BEGIN PRIVATE KEY-----${'A'.repeat(2 ** 20)}`,
	],
	['AIR_KEY_TYPE', 'an unknown label', relabelled(pem, 'PGP PRIVATE KEY BLOCK')],
	[
		'AIR_KEY_TYPE',
		'parameters only',
		'-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC PARAMETERS-----',
	],
];

test.each(refusals)('%s: %s', async (code, _name, text) => {
	const error = await airErrorOf(() => importPrivateKey(text));

	expect(error.code).toBe(code);
	expect(error.kind).toBe('input');
	expect(error.retryable).toBe(false);
	const shown = everythingShown(error);
	expect(piecesOf(text).filter((piece) => shown.includes(piece))).toEqual([]);
	expect(error.cause).toBeUndefined();
});

test('every code of the catalogue for keys has a row here', () => {
	expect([...new Set(refusals.map(([code]) => code))].sort()).toEqual(
		Object.keys(keyErrors).sort(),
	);
});
