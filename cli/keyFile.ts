import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { AirError } from '../errors/AirError';
import { LONGEST_KEY_TEXT } from '../air/keys/keyText';
import { importPrivateKey, kidOfPrivateJwk } from '../air/keys/privateKey';
import { importPublicKeys } from '../air/keys/publicKey';
import { publicJwkOf, type PublicJwk } from '../air/keys/PublicJwk';
import { CliError, systemCode } from './errors';
import { printable } from './text';

/** The public keys of a file, ready to be published. */
export interface KeyFile {
	readonly keys: readonly PublicJwk[];
	/** Whether private keys were among them, of which only the public half was taken. */
	readonly hasPrivate: boolean;
	/** Whether the file itself says what its keys are called, as a JWK does and a PEM cannot. */
	readonly namesKeys: boolean;
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: 'there is no such file',
	EACCES: 'it may not be read by this user',
	EPERM: 'it may not be read by this user',
	EISDIR: 'it is a folder',
};

async function readText(file: string): Promise<string> {
	try {
		// No key is larger, and a device file may be endless.
		if ((await stat(file)).size > LONGEST_KEY_TEXT)
			throw new CliError('it is too long to be a key');
		return await readFile(file, 'utf8');
	} catch (error) {
		if (error instanceof CliError) throw error;
		const code = systemCode(error);
		throw new CliError(REASONS[code] ?? `it cannot be read (${code})`);
	}
}

const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** A JWKS may hold private keys, such as the one that the official template publishes. */
function single(text: string): string[] {
	const jwks = jwksSchema.safeParse(parse(text));
	return jwks.success ? jwks.data.keys.map((key) => JSON.stringify(key)) : [text];
}

/** A certificate belongs to the private key beside it. */
const KEY_BEGINS = /-----BEGIN [A-Z0-9 ]*KEY-----|"kty"/g;

type Half = Pick<KeyFile, 'keys' | 'hasPrivate'>;

async function publicHalf(text: string): Promise<Half> {
	try {
		return { keys: await importPublicKeys(text), hasPrivate: false };
	} catch (error) {
		if (!(error instanceof AirError) || error.code !== 'AIR_PUBLIC_KEY_IS_PRIVATE') throw error;
	}
	// A private key is read alone, so the others would be left out unseen.
	if ((text.match(KEY_BEGINS)?.length ?? 0) > 1) {
		throw new CliError(
			'it holds several keys, and a private one is among them: put each into a file of its own',
		);
	}
	const key = await importPrivateKey(text);
	return { keys: [publicJwkOf(key, kidOfPrivateJwk(text))], hasPrivate: true };
}

/** An error of the domain in one line. */
export const inOneLine = ({ code, message, advice }: AirError) => `${message}. ${advice} (${code})`;

/**
 * Reads a file of keys unchanged.
 *
 * @throws CliError that names the file
 */
export async function readKeyText(file: string): Promise<string> {
	try {
		return await readText(file);
	} catch (error) {
		throw error instanceof CliError ? new CliError(`${printable(file)}: ${error.message}`) : error;
	}
}

/**
 * Reads the keys of a file, public or private, and gives their public halves.
 *
 * @throws CliError that names the file and shows no part of its content
 */
export async function readKeyFile(file: string): Promise<KeyFile> {
	try {
		const text = await readText(file);
		const read: Half[] = [];
		for (const key of single(text)) read.push(await publicHalf(key));
		return {
			keys: read.flatMap(({ keys }) => keys),
			hasPrivate: read.some(({ hasPrivate }) => hasPrivate),
			namesKeys: text.includes('"kid"'),
		};
	} catch (error) {
		const about = (why: string) => new CliError(`${printable(file)}: ${why}`);
		if (error instanceof AirError) throw about(inOneLine(error));
		throw error instanceof CliError ? about(error.message) : error;
	}
}
