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

/** The place of a credential's ledger; undefined if it is off. */
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
 * Reads an existing ledger: no tables are made or upgraded.
 *
 * @returns undefined if there is none
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
