import { AirError } from '../air/AirError';
import { jwksDocument, type JwksDocument } from '../air/jwksDocument';
import { isKid, type PublicJwk } from '../air/PublicJwk';
import { readArguments } from './arguments';
import { PROGRAM, type Action } from './Command';
import { CliError, UsageError } from './errors';
import { inOneLine, readKeyFile } from './keyFile';
import { echo, printable } from './text';

const OPTIONS = { kid: { type: 'string', multiple: true } } as const;

/** @throws UsageError unless there is a kid for each key, or none at all */
function withKids(keys: readonly PublicJwk[], kids: readonly string[]): PublicJwk[] {
	const wrong = kids.find((kid) => !isKid(kid));
	if (wrong !== undefined) throw new UsageError(`--kid: ${echo(wrong)} is no key ID`);
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

export const jwks: Action = {
	name: 'jwks',
	summary: 'prints the JWKS of one or more keys: what AIR fetches',
	help: `Prints the JWKS of keys: the document that AIR fetches from your JWKS URL.

  ${PROGRAM} jwks KEY… [--kid ID]…

  KEY       a file with public or private keys: PEM, JWK or JWKS. Of a private key
            only the public half is printed, and only members that are known to be
            public.
  --kid ID  the key ID, once for each key and in their order. Without it: the kid of
            the JWK, else the thumbprint of the key (RFC 7638).

To change the key without a 401, publish the old and the new one together first:

  ${PROGRAM} jwks old/jwks.json new/jwks.json > jwks.json

Nothing is sent anywhere.
`,
	run: async (args, io) => {
		const { values, words } = readArguments(args, OPTIONS, ['KEY'], { more: true });
		const files = await Promise.all(words.map(readKeyFile));
		const keys = files.flatMap((file) => file.keys);
		await io.stdout(jwksText(toDocument(withKids(keys, values.kid ?? []))));
		for (const [index, { hasPrivate }] of files.entries()) {
			if (!hasPrivate) continue;
			const file = printable(words[index] ?? '');
			await io.stderr(
				`${file} holds a private key. Never publish that file: host what was printed.\n`,
			);
		}
		return 0;
	},
};
