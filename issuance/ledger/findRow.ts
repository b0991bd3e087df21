import type { Ledger, LedgerRow } from '../../ledger/Ledger';
import { AirError } from '../../errors/AirError';
import { asAirError } from '../session/asAirError';
import { pages } from './pages';
import { keyOfEvent } from './rowFields';

/** How somebody names a row. */
export type RowName =
	| { readonly by: 'id'; readonly id: number }
	| { readonly by: 'hash'; readonly coreClaimHash: string }
	/** With the issuance program it is found at once; without it, the newest of several. */
	| { readonly by: 'event'; readonly eventId: string; readonly program: string | undefined };

/** What can be read of one realm. */
export interface RealmLedger<Operations extends keyof Ledger> {
	readonly ledger: Pick<Ledger, Operations>;
	readonly realm: string;
}

const nameOf = (name: RowName) => {
	switch (name.by) {
		case 'id':
			return `row ${name.id}`;
		case 'hash':
			return 'no issuance with this hash';
		case 'event':
			return 'nothing with this event ID';
	}
};

/**
 * The row that somebody names, of this realm only.
 *
 * @throws AirError `AIR_LEDGER_ROW_MISSING`, `AIR_LEDGER_…`
 * @example
 * ```ts
 * const row = await findRow(session, { by: 'id', id: 1030 });
 * ```
 */
export async function findRow(
	where: RealmLedger<'find' | 'list' | 'idBelow'>,
	name: RowName,
): Promise<LedgerRow> {
	let row: LedgerRow | undefined;
	try {
		row = await find(where, name);
	} catch (error) {
		throw asAirError(error);
	}
	if (row === undefined) throw new AirError('AIR_LEDGER_ROW_MISSING', { detail: nameOf(name) });
	return row;
}

async function find(
	{ ledger, realm }: RealmLedger<'find' | 'list' | 'idBelow'>,
	name: RowName,
): Promise<LedgerRow | undefined> {
	if (name.by === 'hash') return await ledger.find(realm, { coreClaimHash: name.coreClaimHash });
	if (name.by === 'id') return (await ledger.list({ realm, id: name.id, limit: 1 }))[0];
	const { eventId, program } = name;
	const idempotencyKey = keyOfEvent(eventId);
	if (program !== undefined) return await ledger.find(realm, { program, idempotencyKey });
	for await (const page of pages(ledger, { realm, idempotencyKey, limit: 1 })) return page[0];
	return undefined;
}
