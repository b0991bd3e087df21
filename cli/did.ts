import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { WebIssuer } from '../air/direct/webIssuer';
import { parseDirectIssuer } from '../issuance/settings/directSettings';
import { documentsToHost, type PublicDocument } from '../issuance/settings/publicDocuments';
import { command, notEmpty, PROGRAM, type Call } from './Command';
import { documentText, saveNew } from './newFiles';
import { KEYS, KIDS, oneMoreKid, publishKeys } from './publicKeys';
import { printable } from './text';

interface DidOptions {
	readonly issuer: string;
	readonly partner: string;
	readonly out: string;
	readonly kid: readonly string[];
}

function report(folder: string, { did }: WebIssuer, documents: readonly PublicDocument[]): string {
	const width = Math.max(...documents.map(({ fileName }) => fileName.length));
	const rows = documents.map(({ fileName, url, mediaType }) =>
		url === ''
			? `  ${fileName.padEnd(width)}  at your JWKS URL, as ${mediaType}`
			: `  ${fileName.padEnd(width)}  at ${url}, as ${mediaType}`,
	);
	return `Made the documents of ${did} in ${printable(folder)}

${rows.join('\n')}

What goes where
  1. Serve each file at its address, with its content type (docs/issuer-documents.md shows
     the ways). When you replace a key, make them of both, and keep the old key published
     until the last credential that it signed has expired.
  2. AIR dashboard, Issuer → Settings, issuer DID: ${did}
  3. n8n, credential Moca AIR Credentials API, Issuer Host or DID: ${did}
     It must never change after the first credential.
  4. Check it with Moca AIR → Setup → Check Setup.
`;
}

export const did = (call: Call): Command =>
	command(call, 'did')
		.summary('makes what an issuer publishes for direct issuance: did.json and the others')
		.description(
			`Makes what an issuer publishes for direct issuance: did.json, jwt-vc-issuer,
air-partner-info, and the JWKS of the same keys.

  ${PROGRAM} did keys/jwks.json \\
    --issuer issuer.example.com --partner ID --out documents

Nothing is sent anywhere.`,
		)
		.argument('<KEY...>', KEYS)
		.requiredOption(
			'--issuer <WHO>',
			'who issues: a host, an https address with a path, or did:web:…',
			notEmpty('--issuer'),
		)
		.requiredOption('--partner <ID>', 'the partner ID of the AIR account', notEmpty('--partner'))
		.requiredOption(
			'--out <DIR>',
			'a folder for the files; created if it is not there. Existing files are never overwritten',
			notEmpty('--out'),
		)
		.option('--kid <ID>', KIDS, oneMoreKid, [])
		.action(async (files: readonly string[], { issuer, partner, out, kid }: DidOptions) => {
			const folder = resolve(out);
			await publishKeys(call, files, kid, async (keys) => {
				const web = parseDirectIssuer(issuer);
				const documents = documentsToHost(web, partner.trim(), keys);
				const newFiles = documents.map(({ fileName, content }) => ({
					name: fileName,
					text: documentText(content),
					mode: 0o644,
				}));
				await saveNew(folder, 0o755, newFiles);
				await call.io.stdout(report(folder, web, documents));
			});
		});
