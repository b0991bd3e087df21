import type { Ledger, LedgerRow } from '../../ledger/Ledger';
import { AirError } from '../../errors/AirError';
import { asAirError } from '../session/asAirError';
import { keyOfEvent } from './rowFields';

/** How somebody names a row. */
export type RowName =
	| { readonly by: 'id'; readonly id: number }
	| { readonly by: 'hash'; readonly coreClaimHash: string }
	| { readonly by: 'external'; readonly externalId: string }
	/** Without an issuance program: the newest row with the key. */
	| { readonly by: 'event'; readonly eventId: string; readonly program: string | undefined };

/** A reader of one realm. */
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
		case 'external':
			return 'nothing with this external ID';
		case 'event':
			return 'nothing with this event ID';
	}
};

/**
 * Finds a row by its name, in this realm only.
 *
 * @throws AirError `AIR_LEDGER_ROW_MISSING`, `AIR_LEDGER_…`
 * @example
 * ```ts
 * const row = await findRow(session, { by: 'id', id: 1030 });
 * ```
 */
export async function findRow(
	where: RealmLedger<'find' | 'list'>,
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
	{ ledger, realm }: RealmLedger<'find' | 'list'>,
	name: RowName,
): Promise<LedgerRow | undefined> {
	switch (name.by) {
		case 'hash':
			return await ledger.find(realm, { coreClaimHash: name.coreClaimHash });
		case 'event':
			return await ledger.find(realm, {
				program: name.program,
				idempotencyKey: keyOfEvent(name.eventId),
			});
		case 'external':
			return (await ledger.list({ realm, externalId: name.externalId, limit: 1 }))[0];
		case 'id':
			return (await ledger.list({ realm, id: name.id, limit: 1 }))[0];
	}
}
