import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { LedgerPlace } from '../../issuance/session/lookIntoLedger';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { placeOfUrl } from '../../ledger/postgres/connectionUrl';
import { notEmpty } from '../Command';
import { printable } from '../text';

/** The variable keeps a password out of the shell's history and the process list. */
export const URL_VARIABLE = 'MOCA_AIR_LEDGER_URL';

/** The options that choose a ledger. */
export interface PlaceOptions {
	readonly file?: string;
	readonly url?: string;
}

export const PLACE_HELP = `Which ledger, without --file and --url: the embedded ledger of the n8n that this user
runs, N8N_USER_FOLDER or home, then .n8n/moca-air/ledger.sqlite. Better than --url is the
variable ${URL_VARIABLE}, which keeps the password out of the history of the shell.`;

/** Adds the options that choose a ledger to a command. */
export const withPlace = (command: Command): Command =>
	command
		.addOption(
			new Option('--file <PATH>', 'the embedded (SQLite) ledger in this file')
				.argParser(notEmpty('--file'))
				.conflicts('url'),
		)
		.addOption(
			new Option(
				'--url <URL>',
				'the PostgreSQL ledger: postgresql://user:password@host:5432/database',
			).argParser(notEmpty('--url')),
		)
		.addHelpText('after', `\n${PLACE_HELP}`);

export type Place = LedgerPlace;

/** The ledger that the options choose. */
export function placeOf({ file, url }: PlaceOptions, env: NodeJS.ProcessEnv): Place {
	if (file !== undefined) return { store: 'sqlite', file: resolve(file) };
	// A variable that is set but empty counts as unset, as in compose files.
	const chosen = url ?? (env[URL_VARIABLE] === '' ? undefined : env[URL_VARIABLE]);
	if (chosen !== undefined) return { store: 'postgres', url: chosen };
	return { store: 'sqlite', file: resolve(embeddedLedgerFile(env)) };
}

/** Where the ledger is, for people: never with user or password. */
export function describePlace(place: Place): string {
	if (place.store === 'sqlite') return printable(place.file);
	const { host, port, database } = placeOfUrl(place.url);
	return printable(
		`PostgreSQL on ${host}${port === '' ? '' : `:${port}`}, ` +
			(database === '' ? 'the default database' : `database ${database}`),
	);
}
