import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { moveLedger } from '../../ledger/move/moveLedger';
import { readConnectionUrl } from '../../ledger/postgres/connectionUrl';
import { command, notEmpty, type Call } from '../Command';
import { CliError, UsageError } from '../errors';
import { printable, rows } from '../text';
import { assertFile } from './open';
import { describePlace, URL_VARIABLE } from './place';

interface MoveOptions {
	readonly file?: string;
	readonly url?: string;
	readonly yes?: boolean;
}

/** How many rows there are between two progress lines. */
const LINE = 1_000;

const NEXT = `Set Issuance Ledger to PostgreSQL in each credential, with this connection URL, and start n8n.
The file refuses every n8n from now on. It still holds personal data: delete it, and its copies,
once a backup of the database is made.
`;

export const move = (call: Call): Command =>
	command(call, 'move')
		.summary('moves the embedded ledger into PostgreSQL')
		.description(
			`Moves the embedded (SQLite) ledger into PostgreSQL, with all IDs: what was issued stays known, and triggers go on where they are. Stop n8n first, and make a backup of the file.

If it breaks off, run the same command again: it goes on. The PostgreSQL ledger has to be empty. Both refuse every n8n until the move is finished, and the file refuses it after that.`,
		)
		.addOption(
			new Option(
				'--file <PATH>',
				'the embedded ledger; without it that of the n8n that this user runs',
			).argParser(notEmpty('--file')),
		)
		.addOption(
			new Option(
				'--url <URL>',
				`the PostgreSQL ledger: postgresql://user:password@host:5432/database; better than this is the variable ${URL_VARIABLE}`,
			).argParser(notEmpty('--url')),
		)
		.option('--yes', 'moves without asking; needed where nobody can be asked')
		.action(async ({ file, url, yes }: MoveOptions) => {
			const { io } = call;
			const target = url ?? io.env[URL_VARIABLE] ?? '';
			if (target === '') throw new UsageError(`move needs --url or ${URL_VARIABLE}`);
			const from = resolve(file ?? embeddedLedgerFile(io.env));
			// Refused before any part of it is shown.
			readConnectionUrl(target);
			const to = describePlace({ store: 'postgres', url: target });
			assertFile(from);
			if (yes !== true) {
				if (!io.isTTY) {
					throw new UsageError('move asks first, and there is nobody to ask: add --yes');
				}
				await io.stderr(`From ${printable(from)}\nto ${to}\n`);
				const answer = await io.ask('Is n8n stopped, and may the ledger be moved? (yes/no) ');
				if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CliError('Nothing was moved.');
			}
			const result = await moveLedger({
				file: from,
				url: target,
				onProgress: async ({ table, done, of }) => {
					if (done % LINE === 0 || done === of) await io.stderr(`${table}: ${done} of ${of}\n`);
				},
			});
			await io.stdout(
				result.moved === 'before'
					? `The ledger was moved to ${to} before. Nothing was left to move.\n`
					: `Moved ${rows(result.rows)} to ${to}.\n`,
			);
			await io.stderr(NEXT);
		});
