import type { Command } from 'commander';
import { AirError } from '../errors/AirError';
import { unpublishKey as giveUp } from '../issuance/status/liveKeys';
import { command, notEmpty, PROGRAM, type Call } from './Command';
import { CliError, UsageError } from './errors';
import { inOneLine } from './keyFile';
import { readKid } from './keyId';
import { reading, writing } from './ledger/open';
import { placeOf, withPlace, type PlaceOptions } from './ledger/place';
import { identityOfOptions, realmOfOptions } from './realm';
import { printable } from './text';

interface UnpublishOptions extends PlaceOptions {
	readonly kid: string;
	readonly partner: string;
	readonly air: string;
	readonly giveUp?: number;
}

function readCount(text: string): number {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	throw new UsageError('--give-up takes a number of credentials');
}

export const unpublishKey = (call: Call): Command =>
	withPlace(command(call, 'unpublish-key'))
		.summary('says whether a key may be removed, and gives up the credentials that need it')
		.description(
			`Says how many valid credentials a key has signed. If there is none, the key may be removed. If there are some, nothing is changed unless you give their number: nobody can check them afterwards.

  ${PROGRAM} unpublish-key --kid my-key-2025 --partner ID

The key itself is taken out by hand, from Further Public Keys of the credential and from
what you publish.`,
		)
		.requiredOption('--kid <ID>', 'the key ID of the key', readKid)
		.requiredOption('--partner <ID>', 'the partner ID of the AIR account', notEmpty('--partner'))
		.option('--air <WHERE>', 'sandbox, production, or the base URL', 'sandbox')
		.option(
			'--give-up <NUMBER>',
			'gives up exactly this number of credentials, for good',
			readCount,
		)
		.action(async (options: UnpublishOptions) => {
			const { io } = call;
			const place = placeOf(options, io.env);
			await reading(place, async (ledger) => await ledger.totals());
			try {
				const realm = realmOfOptions(options);
				const kid = printable(options.kid);
				const { baseUrl, partnerId } = identityOfOptions(options);
				const { credentials, stillNeeded } = await writing(place, async (ledger) => {
					// An erased person has no row, and may still hold a credential that needs the key.
					const knowsAny =
						(await ledger.list({ realm, way: 'direct', limit: 1 })).length > 0 ||
						(await ledger.liveKeys(realm)).length > 0;
					if (knowsAny) return await giveUp({ ledger, realm }, options.kid, options.giveUp ?? 0);
					throw new CliError(
						`Nothing that ${printable(partnerId)} issued directly at ${baseUrl} is in the ledger, so it cannot say whether the key ${kid} may go. Compare --partner and --air (sandbox, if not given). Nothing was changed.`,
					);
				});
				const who = `${printable(partnerId)} issued at ${baseUrl}`;
				await io.stdout(
					credentials === 0
						? `Nothing that ${who} needs the key ${kid}: it may go.\n`
						: `Given up: ${credentials} credentials. The key ${kid} may go.\n`,
				);
				const others = printable(stillNeeded.join(', '));
				await io.stderr(
					others === '' ? 'No other key is needed there.\n' : `Still needed there: ${others}.\n`,
				);
				await io.stderr(
					'Take it out of Further Public Keys of the credential, and publish the documents again.\n',
				);
			} catch (error) {
				throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
			}
		});
