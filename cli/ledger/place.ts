import { resolve } from 'node:path';
import { embeddedLedgerFile } from '../../issuance/openLedger';
import { UsageError } from '../errors';
import { printable } from '../text';

/** The variable that keeps a password out of the shell's history and of the list of processes. */
export const URL_VARIABLE = 'MOCA_AIR_LEDGER_URL';

/** How a command line says which ledger it means. */
export const PLACE_OPTIONS = {
	file: { type: 'string' },
	url: { type: 'string' },
} as const;

export const PLACE_HELP = `Which ledger:
  --file PATH  the embedded (SQLite) ledger in this file
  --url URL    the PostgreSQL ledger: postgresql://user:password@host:5432/database
               Better put the URL into the variable ${URL_VARIABLE}, so that the
               password stays out of the history of the shell.
  Without any of these: the embedded ledger of the n8n that this user runs,
  N8N_USER_FOLDER or home, then .n8n/moca-air/ledger.sqlite.`;

export type Place =
	| { readonly store: 'sqlite'; readonly file: string }
	| { readonly store: 'postgres'; readonly url: string };

/** @throws UsageError */
export function placeOf(
	{ file, url }: { readonly file?: string | undefined; readonly url?: string | undefined },
	env: NodeJS.ProcessEnv,
): Place {
	if (file !== undefined && url !== undefined) {
		throw new UsageError('--file and --url name two ledgers: give one of them');
	}
	if (file === '') throw new UsageError('--file is empty');
	if (url === '') throw new UsageError('--url is empty');
	if (file !== undefined) return { store: 'sqlite', file: resolve(file) };
	// A variable that is set but empty is as good as none, as in compose files.
	const chosen = url ?? (env[URL_VARIABLE] === '' ? undefined : env[URL_VARIABLE]);
	if (chosen !== undefined) return { store: 'postgres', url: chosen };
	return { store: 'sqlite', file: resolve(embeddedLedgerFile(env)) };
}

/** Where the ledger is, for people: never with user or password. */
export function describePlace(place: Place): string {
	if (place.store === 'sqlite') return printable(place.file);
	const url = new URL(place.url.trim());
	const host = url.searchParams.get('host') ?? url.hostname;
	const port = url.searchParams.get('port') ?? url.port;
	const database = decodeURIComponent(url.pathname.slice(1));
	return printable(
		`PostgreSQL on ${host === '' ? 'localhost' : host}${port === '' ? '' : `:${port}`}, ` +
			(database === '' ? 'the default database' : `database ${database}`),
	);
}
