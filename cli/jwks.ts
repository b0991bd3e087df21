import { AirError } from '../errors/AirError';
import { jwksDocument, type JwksDocument } from '../air/keys/jwksDocument';
import type { Command } from 'commander';
import type { PublicJwk } from '../air/keys/PublicJwk';
import { command, PROGRAM, type Call } from './Command';
import { CliError, UsageError } from './errors';
import { inOneLine, readKeyFile, type KeyFile } from './keyFile';
import { readKid } from './keyId';
import { printable } from './text';

/** @throws UsageError unless there is a kid for each key, or none at all */
function withKids(keys: readonly PublicJwk[], kids: readonly string[]): PublicJwk[] {
	if (kids.length > 0 && kids.length !== keys.length) {
		throw new UsageError(
			`--kid is given ${kids.length} times for ${keys.length} keys: give one for each, in their order`,
		);
	}
	return keys.map((key, index) => ({ ...key, kid: kids[index] ?? key.kid }));
}

function toDocument(keys: readonly PublicJwk[]): JwksDocument {
	try {
		return jwksDocument(keys);
	} catch (error) {
		throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
	}
}

/** As it is hosted: for people to read, and to compare. */
export const jwksText = (document: JwksDocument) => `${JSON.stringify(document, null, 2)}\n`;

export const jwks = (call: Call): Command =>
	command(call, 'jwks')
		.summary('prints the JWKS of one or more keys: what AIR fetches')
		.description(
			`Prints the JWKS of keys: the document that AIR fetches from your JWKS URL.

To change the key without a 401, publish the old and the new one together first:

  ${PROGRAM} jwks old/jwks.json new/jwks.json > jwks.json

Nothing is sent anywhere.`,
		)
		.argument(
			'<KEY...>',
			'a file with public or private keys: PEM, JWK or JWKS. Of a private key only the public half is printed, and only members that are known to be public',
		)
		.option(
			'--kid <ID>',
			'the key ID, once for each key and in their order. Without it: the kid of the JWK, else the thumbprint of the key (RFC 7638)',
			(kid: string, before: readonly string[]) => [...before, readKid(kid)],
			[],
		)
		.action(async (words: readonly string[], { kid }: { readonly kid: readonly string[] }) => {
			const { io } = call;
			// One after another: the first that cannot be read ends it, and nothing is left under way.
			const files: KeyFile[] = [];
			for (const word of words) files.push(await readKeyFile(word));
			const keys = files.flatMap((file) => file.keys);
			await io.stdout(jwksText(toDocument(withKids(keys, kid))));
			for (const [index, { hasPrivate }] of files.entries()) {
				if (!hasPrivate) continue;
				const file = printable(words[index] ?? '');
				await io.stderr(
					`${file} holds a private key. Never publish that file: host what was printed.\n`,
				);
			}
		});
