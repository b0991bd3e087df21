import { generateKeyPair } from 'node:crypto';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { jwksDocument } from '../air/keys/jwksDocument';
import { importPrivateKey } from '../air/keys/privateKey';
import { publicJwkOf, type PublicJwk } from '../air/keys/PublicJwk';
import type { SigningAlgorithm } from '../air/keys/signingAlgorithm';
import { Option, type Command } from 'commander';
import { command, notEmpty, type Call } from './Command';
import { readNewKid } from './keyId';
import { documentText, saveNew } from './newFiles';
import { printable } from './text';

interface KeygenOptions {
	readonly alg: SigningAlgorithm;
	readonly out: string;
	readonly kid?: string;
}

const PRIVATE = 'private.pem';
const PUBLIC = 'public.pem';
const JWKS = 'jwks.json';

interface KeyPair {
	readonly privatePem: string;
	readonly publicPem: string;
}

/** With the sizes of AIR's own recipes. */
async function makeKeyPair(alg: SigningAlgorithm): Promise<KeyPair> {
	const { privateKey, publicKey } =
		alg === 'ES256'
			? await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
			: await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
	return {
		privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
		publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
	};
}

async function save(folder: string, { privatePem, publicPem }: KeyPair, jwk: PublicJwk) {
	await saveNew(folder, 0o700, [
		{ name: PRIVATE, text: privatePem, mode: 0o600 },
		{ name: PUBLIC, text: publicPem, mode: 0o644 },
		{ name: JWKS, text: documentText(jwksDocument([jwk])), mode: 0o644 },
	]);
}

const report = (
	folder: string,
	{ alg, kid }: PublicJwk,
) => `Made a key pair for ${alg} in ${printable(folder)}

  ${PRIVATE}  SECRET: anyone who has it can issue in your name. Never publish or mail it.
  ${PUBLIC}   its public half, for anyone who asks for a PEM
  ${JWKS}    its public half, as AIR fetches it

What goes where
  1. Publish ${JWKS} at a public https:// address, e.g.
     https://YOUR-HOST/.well-known/jwks.json (docs/jwks.md shows the ways).
     When you replace a key, publish both together first: see jwks --help.
  2. AIR dashboard, Accounts → General → JWKS URL: that address.
  3. n8n, credential Moca AIR Credentials API:
       Private Key  the content of ${PRIVATE}
       Key ID       ${printable(kid)}
       JWKS URL     that address
  4. Keep ${PRIVATE} in a safe place, such as a password manager, or delete it: n8n keeps
     its own copy, encrypted.
`;

export const keygen = (call: Call): Command =>
	command(call, 'keygen')
		.summary('makes a key pair, its JWKS, and says what goes where')
		.description(
			`Makes a key pair for Partner JWTs, and the JWKS of its public half.

${PRIVATE} is readable by you only, and is not printed. Nothing is sent anywhere.`,
		)
		.addOption(
			new Option(
				'--alg <ALG>',
				'RS256 (RSA, 2048 bits) or ES256 (curve P-256). AIR takes both; partners are known to have passed its authentication with RS256',
			)
				.choices(['ES256', 'RS256'])
				.makeOptionMandatory(),
		)
		.requiredOption(
			'--out <DIR>',
			`a folder for ${PRIVATE}, ${PUBLIC} and ${JWKS}; created if it is not there. Existing files are never overwritten`,
			notEmpty('--out'),
		)
		.option(
			'--kid <ID>',
			"the key ID. Without it: the thumbprint of the key (RFC 7638), which no other key has. AIR's documents use the partner ID",
			readNewKid,
		)
		.action(async ({ alg, out, kid }: KeygenOptions) => {
			const folder = resolve(out);
			const pair = await makeKeyPair(alg);
			const jwk = publicJwkOf(await importPrivateKey(pair.privatePem), kid);
			await save(folder, pair, jwk);
			await call.io.stdout(report(folder, jwk));
		});
