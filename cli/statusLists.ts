import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { importPrivateKey } from '../air/keys/privateKey';
import { AirError } from '../errors/AirError';
import { parseDirectIssuer, parseStatusListUrl } from '../issuance/settings/directSettings';
import { inWords } from '../issuance/status/liveKeys';
import { exportedLists, type ExportedList } from '../issuance/status/exportedLists';
import { command, notEmpty, PROGRAM, wholeNumber, type Call } from './Command';
import { CliError, systemCode } from './errors';
import { inOneLine, readKeyText } from './keyFile';
import { readKid } from './keyId';
import { readingLists } from './ledger/open';
import { placeOf, withPlace, type PlaceOptions } from './ledger/place';
import { identityOfOptions, realmOfOptions } from './realm';
import { printable } from './text';

interface ListsOptions extends PlaceOptions {
	readonly key: string;
	readonly kid?: string;
	readonly issuer: string;
	readonly partner: string;
	readonly air: string;
	readonly as: 'did' | 'url';
	readonly listUrl: string;
	readonly out: string;
	readonly expireDays?: number;
	readonly bare?: boolean;
}

const DAY_SECONDS = 86_400;

/** Lists change, so each file atomically replaces the one before it. */
async function save(folder: string, { id, token }: ExportedList): Promise<void> {
	const file = join(folder, id);
	try {
		await mkdir(folder, { recursive: true, mode: 0o755 });
		await writeFile(`${file}.new`, token, { mode: 0o644 });
		await rename(`${file}.new`, file);
	} catch (error) {
		throw new CliError(`${printable(file)} cannot be written (${systemCode(error)}).`);
	}
}

export const statusLists = (call: Call): Command =>
	withPlace(command(call, 'status-lists'))
		.summary('writes the status lists of what was issued directly, signed, to be hosted as files')
		.description(
			`Writes the signed status lists of what was issued directly. Serve each at the
address that it names, as application/statuslist+jwt, and write them again after
each revocation.

  ${PROGRAM} status-lists --key keys/private.pem \\
    --issuer issuer.example.com --partner ID --out lists

Files of the same name are overwritten. Nothing is sent anywhere.`,
		)
		.requiredOption('--key <FILE>', 'the private key of the credential; it is not sent anywhere')
		.option('--kid <ID>', 'its key ID. Without it: the partner ID, as in the credential', readKid)
		.requiredOption(
			'--issuer <WHO>',
			'as Issuer Host or DID of the credential',
			notEmpty('--issuer'),
		)
		.requiredOption('--partner <ID>', 'the partner ID of the AIR account', notEmpty('--partner'))
		.option('--air <WHERE>', 'sandbox, production, or the base URL', 'sandbox')
		.addOption(
			new Option('--as <FORM>', 'as Issuer Written As of the credential')
				.choices(['did', 'url'])
				.default('did'),
		)
		.option('--list-url <URL>', 'as Status List URL of the credential, if that is filled in', '')
		.requiredOption(
			'--out <DIR>',
			'a folder for the files; created if it is not there',
			notEmpty('--out'),
		)
		.option(
			'--expire-days <DAYS>',
			'verifiers refuse a list that is older. Without it, a list never expires',
			wholeNumber('--expire-days'),
		)
		.option('--bare', 'exactly as AIR’s documents show a list')
		.action(async (options: ListsOptions) => {
			const { io } = call;
			try {
				const issuer = parseDirectIssuer(options.issuer);
				const signer = {
					issuer,
					issuerAs: options.as,
					kid: options.kid ?? options.partner.trim(),
					key: await importPrivateKey(await readKeyText(options.key)),
					statusListUrl: parseStatusListUrl(options.listUrl.trim(), issuer),
				};
				const realm = realmOfOptions(options);
				const { expireDays } = options;
				const file = expireDays === undefined ? {} : { lifetimeSeconds: expireDays * DAY_SECONDS };
				const form = options.bare === true ? 'bare' : { file };
				const { lists, doubtful } = await readingLists(placeOf(options, io.env), async (ledger) => {
					const { kid, key } = signer;
					const other = await ledger.otherKey({ realm, kid, keyThumbprint: key.thumbprint });
					if (other !== undefined) {
						throw new AirError('AIR_KEY_ID_TAKEN', { detail: inWords(kid, other) });
					}
					return await exportedLists({ ledger, realm }, signer, form, Date.now());
				});
				const folder = resolve(options.out);
				for (const list of lists) await save(folder, list);
				const { baseUrl, partnerId } = identityOfOptions(options);
				const who = `${printable(partnerId)} issued at ${baseUrl}`;
				const lines = lists.map(
					({ id, url, used, revoked }) =>
						`  ${id}  at ${printable(url)}: ${used} credentials, ${revoked} revoked\n`,
				);
				await io.stdout(
					lists.length === 0
						? `There is no status list of what ${who} in the ledger.\n`
						: `Wrote to ${printable(folder)}, each to be served as application/statuslist+jwt:\n${lines.join('')}`,
				);
				if (doubtful.length === 0) return;
				call.status = 1;
				await io.stderr(
					`Left out: ${doubtful.length} lists. The ledger was restored, and does not know what was revoked since: leave published what is published of them.\n`,
				);
			} catch (error) {
				throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
			}
		});
