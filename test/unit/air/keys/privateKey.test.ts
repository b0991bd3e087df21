import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { ecKey, rsaKey } from '../support';

const keys: Record<string, { key: KeyObject; algorithm: string; members: string[] }> = {
	'RSA-2048': { key: rsaKey(2048), algorithm: 'RS256', members: ['e', 'kty', 'n'] },
	'RSA-4096': { key: rsaKey(4096), algorithm: 'RS256', members: ['e', 'kty', 'n'] },
	'P-256': { key: ecKey(), algorithm: 'ES256', members: ['crv', 'kty', 'x', 'y'] },
};

const isRsa = (key: KeyObject) => key.asymmetricKeyType === 'rsa';
const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
/** PKCS#1 for RSA, SEC1 for EC: what older tools write. */
const traditional = (key: KeyObject) =>
	key.export({ type: isRsa(key) ? 'pkcs1' : 'sec1', format: 'pem' }).toString();
const jwk = (key: KeyObject) => JSON.stringify(key.export({ format: 'jwk' }));
const body = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const inLines = (text: string) => text.replace(/.{76}/g, '$&\n');
const escaped = (pem: string) => pem.replace(/\n/g, '\\n');
const relabelled = (pem: string, label: string) =>
	pem.replace(/(BEGIN|END) [A-Z0-9 ]+-/g, `$1 ${label}-`);

/** Its content does not matter, but its labels do: bundles hold certificates next to the key. */
const certificate = [
	'-----BEGIN CERTIFICATE-----',
	base64('a certificate would be here'),
	'-----END CERTIFICATE-----\n',
].join('\n');

const forms: Record<string, (key: KeyObject) => string> = {
	'PKCS#8 PEM': pkcs8,
	'PKCS#1 or SEC1 PEM': traditional,
	'newlines as \\n': (key) => escaped(pkcs8(key)),
	'newlines as \\\\n': (key) => pkcs8(key).replace(/\n/g, '\\\\n'),
	'newlines as \\r\\n, escaped': (key) => pkcs8(key).replace(/\n/g, '\\r\\n'),
	'newlines as spaces': (key) => pkcs8(key).replace(/\n/g, ' '),
	'newlines as spaces, PKCS#1 or SEC1': (key) => traditional(key).replace(/\n/g, ' '),
	'newlines removed': (key) => pkcs8(key).replace(/\n/g, ''),
	'newlines removed, PKCS#1 or SEC1': (key) => traditional(key).replace(/\n/g, ''),
	CRLF: (key) => pkcs8(key).replace(/\n/g, '\r\n'),
	'white space around': (key) => ` \t\n\u00a0${pkcs8(key)}\r\n \u00a0`,
	'indented lines': (key) => pkcs8(key).replace(/^/gm, '    '),
	'text before and after': (key) => `private_key: |\n${pkcs8(key)}\nnext: value`,
	'double quotes': (key) => `"${escaped(pkcs8(key))}"`,
	'single quotes': (key) => `'${pkcs8(key)}'`,
	backticks: (key) => `\`${pkcs8(key)}\``,
	'quotes and white space': (key) => ` " ${pkcs8(key)} " `,
	'byte order mark': (key) => `\ufeff${pkcs8(key)}`,
	'base64 of PKCS#8': (key) => body(pkcs8(key)),
	'base64 of PKCS#1 or SEC1': (key) => body(traditional(key)),
	'base64 with newlines': (key) => inLines(body(pkcs8(key))),
	'base64 with escaped newlines': (key) => escaped(inLines(body(pkcs8(key)))),
	'base64 without padding': (key) => body(pkcs8(key)).replace(/=+$/, ''),
	base64url: (key) => Buffer.from(body(pkcs8(key)), 'base64').toString('base64url'),
	'quoted base64': (key) => `"${body(pkcs8(key))}"`,
	'base64 of a PEM': (key) => base64(pkcs8(key)),
	'base64 of a PEM, in lines': (key) => inLines(base64(traditional(key))),
	'base64 of an escaped PEM': (key) => base64(escaped(pkcs8(key))),
	'base64 of a quoted PEM': (key) => base64(`"${escaped(pkcs8(key))}"`),
	JWK: jwk,
	'JWK with kid, use and alg': (key) =>
		JSON.stringify({ ...key.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'any' }),
	'JWK, pretty': (key) => `\n${JSON.stringify(key.export({ format: 'jwk' }), null, 2)}\n`,
	'JWK in quotes': (key) => `'${jwk(key)}'`,
	'JWK as a JSON string': (key) => JSON.stringify(jwk(key)),
	'base64 of a JWK': (key) => base64(jwk(key)),
	'base64url of a JWK': (key) => Buffer.from(jwk(key)).toString('base64url'),
	'key and certificate': (key) => `${pkcs8(key)}${certificate}`,
	'certificate and key': (key) => `${certificate}${traditional(key)}`,
	'certificate and key, escaped': (key) => escaped(`${certificate}${pkcs8(key)}`),
	'PKCS#1 or SEC1 under the label of PKCS#8': (key) => relabelled(traditional(key), 'PRIVATE KEY'),
	'PKCS#8 under an older label': (key) => relabelled(pkcs8(key), 'RSA PRIVATE KEY'),
	'PKCS#8 under another older label': (key) => relabelled(pkcs8(key), 'EC PRIVATE KEY'),
};

describe.each(Object.entries(keys))('%s', (_name, { key, algorithm, members }) => {
	test.each(Object.entries(forms))('%s', async (_form, write) => {
		const read = await importPrivateKey(write(key));

		expect(read.algorithm).toBe(algorithm);
		expect(Object.keys(read.publicJwk).sort()).toEqual(members);
		const publicJwk = await exportJWK(createPublicKey(key));
		expect(read.publicJwk).toEqual(publicJwk);
		expect(read.thumbprint).toBe(await calculateJwkThumbprint(publicJwk, 'sha256'));
		expect(read.keyObject.equals(key)).toBe(true);
	});
});

test('the output of openssl ecparam -genkey, parameters first', async () => {
	const text = execFileSync('openssl', ['ecparam', '-name', 'prime256v1', '-genkey'], {
		encoding: 'utf8',
	});
	expect(text).toMatch(/^-----BEGIN EC PARAMETERS-----/);

	for (const form of [text, escaped(text), text.replace(/\n/g, ' '), base64(text)]) {
		expect((await importPrivateKey(form)).algorithm).toBe('ES256');
	}
});

test('a private key shows no part of itself in a log', async () => {
	const key = ecKey();
	const { d } = key.export({ format: 'jwk' });
	const read = await importPrivateKey(pkcs8(key));
	expect(JSON.stringify(read)).not.toContain(d);
	expect(JSON.stringify(read)).toContain(read.thumbprint);
});
