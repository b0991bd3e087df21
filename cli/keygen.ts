import { generateKeyPair } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { jwksDocument } from '../air/keys/jwksDocument';
import { importPrivateKey } from '../air/keys/privateKey';
import { publicJwkOf, type PublicJwk } from '../air/keys/PublicJwk';
import type { SigningAlgorithm } from '../air/keys/signingAlgorithm';
import { Option, type Command } from 'commander';
import { command, notEmpty, type Call } from './Command';
import { CliError, systemCode } from './errors';
import { jwksText } from './jwks';
import { readKid } from './keyId';
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

function isThere(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}

const there = (path: string) =>
	new CliError(
		`${printable(path)} is there already. Nothing was overwritten: give another folder to --out.`,
	);

/** Never onto something that is there, not even onto a link: `wx` makes the file or fails. */
async function create(path: string, text: string, mode: number): Promise<void> {
	try {
		await writeFile(path, text, { flag: 'wx', mode });
	} catch (error) {
		if (systemCode(error) === 'EEXIST') throw there(path);
		throw new CliError(`${printable(path)} cannot be written (${systemCode(error)}).`);
	}
}

async function save(folder: string, { privatePem, publicPem }: KeyPair, jwk: PublicJwk) {
	try {
		await mkdir(folder, { recursive: true, mode: 0o700 });
	} catch (error) {
		throw new CliError(`The folder ${printable(folder)} cannot be made (${systemCode(error)}).`);
	}
	for (const name of [PRIVATE, PUBLIC, JWKS]) {
		if (await isThere(join(folder, name))) throw there(join(folder, name));
	}
	await create(join(folder, PRIVATE), privatePem, 0o600);
	await create(join(folder, PUBLIC), publicPem, 0o644);
	await create(join(folder, JWKS), jwksText(jwksDocument([jwk])), 0o644);
}

const report = (
	folder: string,
	{ alg, kid }: PublicJwk,
) => `Made a key pair for ${alg} in ${printable(folder)}

  ${PRIVATE}  SECRET: whoever has it can issue in your name. Never publish or mail it.
  ${PUBLIC}   its public half, for whoever asks for a PEM
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
			`a folder for ${PRIVATE}, ${PUBLIC} and ${JWKS}; made if need be. Files that are there are never overwritten`,
			notEmpty('--out'),
		)
		.option(
			'--kid <ID>',
			"the key ID. Without it: the thumbprint of the key (RFC 7638), which no other key has. AIR's documents use the partner ID",
			readKid,
		)
		.action(async ({ alg, out, kid }: KeygenOptions) => {
			const folder = resolve(out);
			const pair = await makeKeyPair(alg);
			const jwk = publicJwkOf(await importPrivateKey(pair.privatePem), kid);
			await save(folder, pair, jwk);
			await call.io.stdout(report(folder, jwk));
		});
