import type { Command } from 'commander';
import { AirError } from '../../errors/AirError';
import { erasePerson, lookUpPerson } from '../../issuance/ledger/erasePerson';
import { command, type Call } from '../Command';
import { CliError, UsageError } from '../errors';
import { inOneLine } from '../keyFile';
import { printable, rows } from '../text';
import { reading, writing } from './open';
import { describePlace, placeOf, withPlace, type PlaceOptions } from './place';
import { othersInWords, readRecipient } from './recipient';

interface EraseOptions extends PlaceOptions {
	readonly yes?: boolean;
}

const CONSEQUENCES = `An event for this person that is delivered again can issue again: the ledger no
longer knows that it was answered. Backups of the ledger keep the data, and so do
executions that n8n has saved. Nothing changes at AIR.
`;

export const erase = (call: Call): Command =>
	withPlace(command(call, 'erase'))
		.summary('erases a person: their rows, attempts and events')
		.description(
			`Erases a person from the ledger: rows, attempts and events, of every issuer that the ledger holds. Says how many rows there are, and asks.

The address must be spelled as it was issued (A is not a). Other spellings are other recipients: the command names them, and each has to be erased.

${CONSEQUENCES}`,
		)
		.argument('<EMAIL>', 'whom to erase', readRecipient)
		.option('--yes', 'erases without asking; needed where nobody can be asked')
		.action(async (recipient: string, { yes, ...where }: EraseOptions) => {
			const { io } = call;
			const place = placeOf(where, io.env);
			const sure = yes === true;
			if (!sure && !io.isTTY) {
				throw new UsageError('erase asks first, and there is nobody to ask: add --yes');
			}
			const person = printable(recipient);
			const found = await reading(place, (ledger) => lookUpPerson(ledger, recipient));
			const own = found.find(({ email }) => email === recipient)?.rows ?? 0;
			const others = othersInWords(found, recipient);
			const hint = others === '' ? '' : `Other spellings, which stay: ${others}.\n`;
			if (own === 0) {
				await io.stdout(
					`No rows of ${person} in ${describePlace(place)}. Nothing was erased.\n` +
						(hint || 'Upper and lower case count: another spelling is another recipient.\n'),
				);
				return;
			}
			if (!sure) {
				await io.stderr(
					`${rows(own)} of ${person} in ${describePlace(place)}.\n${hint}${CONSEQUENCES}`,
				);
				const answer = await io.ask(`Erase ${own === 1 ? 'it' : 'them'} for good? (yes/no) `);
				if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CliError('Nothing was erased.');
			}
			const erased = await writing(place, async (ledger) => {
				try {
					return await erasePerson(ledger, [recipient]);
				} catch (error) {
					throw error instanceof AirError ? new CliError(inOneLine(error)) : error;
				}
			});
			await io.stdout(`Erased ${rows(erased)} of ${person} from ${describePlace(place)}.\n`);
			if (sure) await io.stderr(hint + CONSEQUENCES);
		});
