import type { Command } from 'commander';
import { command, type Call } from '../Command';
import { CliError, UsageError } from '../errors';
import { printable, rows } from '../text';
import { reading, writing } from './open';
import { count } from './pages';
import { describePlace, placeOf, withPlace, type PlaceOptions } from './place';
import { readRecipient } from './recipient';

/** For attempts that are under way: most end within some seconds. */
const WAIT_MS = 10_000;

interface ForgetOptions extends PlaceOptions {
	readonly yes?: boolean;
}

const CONSEQUENCES = `An event for this person that is delivered again can issue again: the ledger no
longer knows that it was answered. Backups of the ledger keep the data, and so do
executions that n8n has saved. Nothing changes at AIR.
`;

export const forget = (call: Call): Command =>
	withPlace(command(call, 'forget'))
		.summary('erases a person: their rows, attempts and events')
		.description(
			`Erases a person from the ledger: rows, attempts and events, of every issuer that the ledger holds. Says how many rows there are, and asks.

The address must be spelled as it was issued (A is not a). Other spellings are other recipients: see ledger list, and forget each.

${CONSEQUENCES}`,
		)
		.argument('<EMAIL>', 'whom to erase', readRecipient)
		.option('--yes', 'erases without asking; needed where nobody can be asked')
		.action(async (recipient: string, { yes, ...where }: ForgetOptions) => {
			const { io } = call;
			const place = placeOf(where, io.env);
			const sure = yes === true;
			if (!sure && !io.isTTY) {
				throw new UsageError('forget asks first, and there is nobody to ask: add --yes');
			}
			const person = printable(recipient);
			const found = await reading(place, (ledger) => count(ledger, { recipient }));
			if (found === 0) {
				await io.stdout(
					`No rows of ${person} in ${describePlace(place)}. Nothing was erased.\n` +
						'Upper and lower case count: another spelling is another recipient.\n',
				);
				return;
			}
			if (!sure) {
				await io.stderr(`${rows(found)} of ${person} in ${describePlace(place)}.\n${CONSEQUENCES}`);
				const answer = await io.ask(`Erase ${found === 1 ? 'it' : 'them'} for good? (yes/no) `);
				if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CliError('Nothing was erased.');
			}
			const result = await writing(place, (ledger) => ledger.erase(recipient, WAIT_MS));
			if (result.outcome === 'busy') {
				throw new CliError(
					`Nothing was erased: an attempt to issue to ${person} is under way, for ${Math.ceil(result.leaseMs / 1000)} s at most. Run this again then.`,
				);
			}
			await io.stdout(`Erased ${rows(result.rows)} of ${person} from ${describePlace(place)}.\n`);
			if (sure) await io.stderr(CONSEQUENCES);
		});
