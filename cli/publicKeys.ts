import { AirError } from '../errors/AirError';
import type { PublicJwk } from '../air/keys/PublicJwk';
import type { Call } from './Command';
import { CliError, UsageError } from './errors';
import { inOneLine, readKeyFile, type KeyFile } from './keyFile';
import { readKid } from './keyId';
import { printable } from './text';

/** The help text for files of keys. */
export const KEYS =
	'a file with public or private keys: PEM, JWK or JWKS. Of a private key only the public half is taken, and only members that are known to be public';

/** Collects the values of an option that takes one key ID for each key. */
export const KIDS =
	'the key ID, once for each key and in their order. Without it: the kid of the JWK, else the thumbprint of the key (RFC 7638)';

/** @throws UsageError */
export const oneMoreKid = (kid: string, before: readonly string[]) => [...before, readKid(kid)];

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/** @throws UsageError unless there is a kid for each key, or none at all */
function withKids(keys: readonly PublicJwk[], kids: readonly string[]): PublicJwk[] {
	if (kids.length > 0 && kids.length !== keys.length) {
		throw new UsageError(
			`--kid is given ${times(kids.length)} for ${keys.length === 1 ? 'one key' : `${keys.length} keys`}: give one for each, in their order`,
		);
	}
	return keys.map((key, index) => ({ ...key, kid: kids[index] ?? key.kid }));
}

/**
 * Reads keys from files, makes one or more documents, and afterwards says which of the files holds a
 * private key, and what Key ID a key has that got its thumbprint.
 *
 * @param files - as typed
 * @param kids - as typed: none, or one for each key
 * @param publish - makes and gives out the documents
 * @throws CliError in one line, UsageError
 */
export async function publishKeys(
	{ io }: Call,
	files: readonly string[],
	kids: readonly string[],
	publish: (keys: readonly PublicJwk[]) => Promise<void>,
): Promise<void> {
	// One after another: the first file that cannot be read ends it, and no other read is still running.
	const read: KeyFile[] = [];
	for (const file of files) read.push(await readKeyFile(file));
	const keys = read.flatMap((file) => file.keys);
	try {
		await publish(withKids(keys, kids));
	} catch (error) {
		throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
	}
	for (const [index, { keys: own, hasPrivate, namesKeys }] of read.entries()) {
		const file = printable(files[index] ?? '');
		if (kids.length === 0 && !namesKeys) {
			await io.stderr(
				`${file} names no key ID, so the thumbprint was taken. Put it into Key ID of the credential, or give --kid: ${own.map(({ kid }) => kid).join(', ')}\n`,
			);
		}
		if (!hasPrivate) continue;
		await io.stderr(
			`${file} holds a private key. Never publish that file: host what was made of it.\n`,
		);
	}
}
