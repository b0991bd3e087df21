import { jwksDocument } from '../air/keys/jwksDocument';
import type { Command } from 'commander';
import { command, PROGRAM, type Call } from './Command';
import { documentText } from './newFiles';
import { KEYS, KIDS, oneMoreKid, publishKeys } from './publicKeys';

export const jwks = (call: Call): Command =>
	command(call, 'jwks')
		.summary('prints the JWKS of one or more keys: what AIR fetches')
		.description(
			`Prints the JWKS of keys: the document that AIR fetches from your JWKS URL.

To change the key without a 401, publish the old and the new one together first:

  ${PROGRAM} jwks old/jwks.json new/jwks.json > jwks.json

Nothing is sent anywhere.`,
		)
		.argument('<KEY...>', KEYS)
		.option('--kid <ID>', KIDS, oneMoreKid, [])
		.action(async (files: readonly string[], { kid }: { readonly kid: readonly string[] }) => {
			await publishKeys(call, files, kid, async (keys) => {
				await call.io.stdout(documentText(jwksDocument(keys)));
			});
		});
