import { join } from 'node:path';
import type { Ledger } from '../../ledger/Ledger';
import { LedgerError } from '../../ledger/LedgerError';
import { openMemoryLedger } from '../../ledger/sqlite/openMemoryLedger';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';

/** Where a credential's issuances are recorded. */
export type LedgerChoice =
	| { readonly store: 'embedded' }
	| { readonly store: 'postgres'; readonly url: string }
	| { readonly store: 'off' };

export interface OpenLedger {
	readonly ledger: Ledger;
	/** Whether the embedded ledger was created just now; true only for the first caller that opens it. */
	readonly createdNow: boolean;
}

/** How n8n runs: `process`, unless a test passes another. */
export interface RunningN8n {
	readonly env: NodeJS.ProcessEnv;
	readonly argv: readonly string[];
}

/**
 * Whether n8n runs in queue mode. A worker's variable may be unset, because it sets the mode
 * internally, so its command line is checked, too.
 */
export function inQueueMode({ env, argv }: RunningN8n): boolean {
	const command = argv.slice(2).find((argument) => !argument.startsWith('-'));
	return env.EXECUTIONS_MODE === 'queue' || command === 'worker' || command === 'webhook';
}

/**
 * The file of the embedded ledger, in n8n's folder, found as n8n does it: `N8N_USER_FOLDER`, else the
 * home folder, then `.n8n`.
 */
export function embeddedLedgerFile(env: NodeJS.ProcessEnv): string {
	const userFolder = env.N8N_USER_FOLDER ?? env.HOME ?? env.USERPROFILE ?? process.cwd();
	return join(userFolder, '.n8n', 'moca-air', 'ledger.sqlite');
}

const open = new Map<string, Promise<OpenLedger>>();

/**
 * Opens the ledger of a credential; each is opened once per process.
 *
 * @returns undefined for `off`
 * @throws LedgerError `LEDGER_QUEUE_MODE` for the embedded ledger in queue mode, and what opening
 * throws; a failure is not cached, so that the next execution tries again
 */
export async function openLedger(
	choice: LedgerChoice,
	running: RunningN8n = process,
): Promise<OpenLedger | undefined> {
	if (choice.store === 'off') return undefined;
	if (choice.store === 'embedded' && inQueueMode(running)) {
		throw new LedgerError('LEDGER_QUEUE_MODE', 'main and workers need one ledger between them');
	}
	const place = choice.store === 'postgres' ? choice.url : embeddedLedgerFile(running.env);
	const kept = open.get(place);
	if (kept !== undefined) return { ...(await kept), createdNow: false };
	const opening =
		choice.store === 'postgres'
			? openPostgresLedger({ url: place }).then((ledger) => ({ ledger, createdNow: false }))
			: openSqliteLedger({ file: place });
	open.set(place, opening);
	try {
		return await opening;
	} catch (error) {
		open.delete(place);
		throw error;
	}
}

/** Keeps the rows of executions that have the ledger off. */
const MEMORY = 'off';

/**
 * Opens the replacement for a ledger that is off: see `openMemoryLedger`. One per process.
 *
 * @throws LedgerError
 */
export async function openMemory(): Promise<Ledger> {
	const opening =
		open.get(MEMORY) ?? openMemoryLedger().then((ledger) => ({ ledger, createdNow: false }));
	open.set(MEMORY, opening);
	return (await opening).ledger;
}

/** Closes all ledgers: on shutdown, and after tests. */
export async function closeLedgers(): Promise<void> {
	const opened = [...open.values()];
	open.clear();
	await Promise.allSettled(
		opened.map(async (opening) => {
			await (await opening).ledger.close();
		}),
	);
}
