import type { Command } from 'commander';
import { AirError } from '../errors/AirError';
import {
	revokeCredentials,
	type Revoked,
	type RevokeWhat,
} from '../issuance/direct/revokeCredentials';
import { command, notEmpty, type Call } from './Command';
import { CliError, UsageError } from './errors';
import { inOneLine } from './keyFile';
import { reading, writing } from './ledger/open';
import { placeOf, withPlace, type PlaceOptions } from './ledger/place';
import { readRecipient } from './ledger/recipient';
import { printable } from './text';

interface RevokeOptions extends PlaceOptions {
	readonly externalId?: string;
	readonly eventId?: string;
	readonly number?: string;
	readonly person?: string;
	readonly type?: string;
	readonly note: string;
}

function readNumber(text: string): string {
	if (/^\d{1,20}$/.test(text.trim())) return text.trim();
	throw new UsageError('--number takes the digits of a revocation number');
}

/** @throws UsageError unless exactly one is named */
function whatOf({ externalId, eventId, number, person, type }: RevokeOptions): RevokeWhat {
	const vct = type?.trim();
	const named = [externalId, eventId, number, person].filter((one) => one !== undefined);
	if (named.length !== 1) {
		throw new UsageError('revoke needs one of --external-id, --event-id, --number, --person');
	}
	if (externalId !== undefined) return { by: 'externalId', externalId: externalId.trim() };
	if (number !== undefined) return { by: 'number', number };
	if (eventId !== undefined) return { by: 'event', eventId: eventId.trim(), vct };
	if (person === undefined || vct === undefined) {
		throw new UsageError('--person needs --type as well');
	}
	return { by: 'person', recipient: person, vct };
}

const WORDS: Readonly<Record<Revoked['outcome'], string>> = {
	revoked: 'Revoked',
	alreadyRevoked: 'Was revoked before',
	expired: 'Has expired by itself, nothing was changed',
};

function line({ outcome, externalId, email, vct, revocationNumber, revokedAt }: Revoked): string {
	const name = externalId ?? `number ${revocationNumber ?? ''}`;
	const whose = email === null ? '' : `, ${vct ?? ''} of ${email}`;
	const since = outcome === 'alreadyRevoked' ? ` (${revokedAt ?? ''})` : '';
	return `${WORDS[outcome]}${since}: ${printable(`${name}${whose}`)}\n`;
}

/** What to do next, once for each way in which verifiers learn about it. */
const learning = (revoked: readonly Revoked[]) =>
	[...new Set(revoked.map(({ verifiersKnow }) => `${verifiersKnow}\n`))].join('');

export const revoke = (call: Call): Command =>
	withPlace(command(call, 'revoke'))
		.summary('revokes what was issued directly, forever')
		.description(
			`Revokes credentials that were issued directly. That cannot be undone.

Verifiers learn of it from the status list, or by the revocation number: see docs/revoke.md.`,
		)
		.option('--external-id <ID>', 'one credential, by its externalId', notEmpty('--external-id'))
		.option('--event-id <ID>', 'what was issued for an event', notEmpty('--event-id'))
		.option('--number <NUMBER>', 'one credential, by its revocation number', readNumber)
		.option('--person <EMAIL>', 'with --type: all of that type that a person holds', readRecipient)
		.option('--type <VCT>', 'the type (vct) for --person, or for --event-id', notEmpty('--type'))
		.option('--note <TEXT>', 'why; kept with the row', '')
		.action(async (options: RevokeOptions) => {
			const { io } = call;
			const what = whatOf(options);
			const place = placeOf(options, io.env);
			// Checks first whether there is one: opening it for writing would create one.
			await reading(place, async (ledger) => await ledger.totals());
			const revoked = await writing(place, async (ledger) => {
				try {
					const by = { instance: '', workflowId: '', executionId: '' };
					const where = { ledger, realm: undefined };
					return await revokeCredentials(where, { what, by, note: options.note });
				} catch (error) {
					throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
				}
			});
			if (revoked.length === 0) {
				throw new CliError('The person holds none of this type. Nothing was revoked.');
			}
			await io.stdout(revoked.map(line).join(''));
			await io.stderr(learning(revoked));
		});
