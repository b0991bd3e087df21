import { existsSync } from 'node:fs';
import type { Ledger } from '../../ledger/Ledger';
import { NoLedger } from '../../ledger/LedgerError';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import { embeddedLedgerFile, type LedgerChoice } from './openLedger';

/** Where a ledger is. */
export type LedgerPlace =
	| { readonly store: 'sqlite'; readonly file: string }
	| { readonly store: 'postgres'; readonly url: string };

/** Where the ledger is that a credential chose; undefined where that is off. */
export function placeOfChoice(
	choice: LedgerChoice,
	env: NodeJS.ProcessEnv = process.env,
): LedgerPlace | undefined {
	if (choice.store === 'off') return undefined;
	return choice.store === 'postgres'
		? { store: 'postgres', url: choice.url }
		: { store: 'sqlite', file: embeddedLedgerFile(env) };
}

/**
 * Looks into a ledger that is there: nothing is made, and nothing is brought up to date.
 *
 * @returns undefined where there is none
 * @throws LedgerError, and what `work` throws
 * @example
 * ```ts
 * await lookIntoLedger({ store: 'sqlite', file }, async (ledger) => await ledger.statusLists(realm));
 * ```
 */
export async function lookIntoLedger<T>(
	place: LedgerPlace,
	work: (ledger: Ledger) => Promise<T>,
): Promise<T | undefined> {
	if (place.store === 'sqlite' && !existsSync(place.file)) return undefined;
	let ledger: Ledger;
	try {
		ledger =
			place.store === 'sqlite'
				? (await openSqliteLedger({ file: place.file, readOnly: true })).ledger
				: await openPostgresLedger({ url: place.url, readOnly: true });
	} catch (error) {
		if (error instanceof NoLedger) return undefined;
		throw error;
	}
	try {
		return await work(ledger);
	} finally {
		await ledger.close();
	}
}
