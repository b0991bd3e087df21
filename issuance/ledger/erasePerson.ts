import { AirError } from '../../errors/AirError';
import type { Ledger, LedgerRow, RowState } from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import { pages, type PagedLedger } from './pages';
import { outcomeNow } from './rowFields';

/** How long to wait for attempts under way: most end within some seconds. */
const WAIT_MS = 10_000;

/** In these states, as far as the ledger knows, the person still holds the credential. */
const HELD: readonly RowState[] = ['submitted', 'confirmed', 'stored'];

/** An abandoned row counts as what it was before. */
const isHeld = ({ state, answeredAt }: LedgerRow) =>
	HELD.includes(state) || (state === 'abandoned' && answeredAt !== null);

/** What the ledger holds for one spelling of an address. */
export interface Spelling {
	readonly email: string;
	readonly rows: number;
	/** Issuances that stand at AIR, which erasing does not change; rows with one hash count once. */
	readonly held: number;
	/** Unknown outcomes: after the erasure, the ledger cannot help to find them out. */
	readonly unknown: number;
}

/**
 * What the ledger holds about a person, under any spelling of the address.
 *
 * @param realm - all realms if undefined
 * @throws AirError `AIR_LEDGER_…`
 *
 * @returns one entry per spelling: upper and lower case distinguish recipients
 */
export async function lookUpPerson(
	ledger: PagedLedger,
	recipient: string,
	realm?: string,
): Promise<Spelling[]> {
	const found = new Map<string, { rows: number; unknown: number; held: Set<string> }>();
	try {
		for await (const page of pages(ledger, { realm, recipientInAnySpelling: recipient })) {
			for (const row of page) {
				const of = found.get(row.recipient) ?? { rows: 0, unknown: 0, held: new Set() };
				found.set(row.recipient, of);
				of.rows++;
				if (isHeld(row)) of.held.add(row.coreClaimHash ?? `row ${row.id}`);
				if (outcomeNow(row) === 'unknown') of.unknown++;
			}
		}
	} catch (error) {
		throw asAirError(error);
	}
	return [...found]
		.map(([email, { held, ...counts }]) => ({ email, ...counts, held: held.size }))
		.sort((a, b) => a.email.localeCompare(b.email));
}

/**
 * Erases some spellings of an address, each with its rows, attempts, events and settlements.
 *
 * @param spellings - exactly as they were issued to
 * @param realm - only from this one; from all realms if undefined
 * @returns how many rows were deleted
 * @throws AirError `AIR_ERASE_BUSY` if an attempt is under way for longer than 10 s: what was erased
 * before that stays erased, and the error says so; `AIR_LEDGER_…`
 * @example
 * ```ts
 * const spellings = await lookUpPerson(ledger, 'ada@example.com', realm);
 * await erasePerson(ledger, spellings.map(({ email }) => email), realm);
 * ```
 */
export async function erasePerson(
	ledger: Pick<Ledger, 'erase'>,
	spellings: readonly string[],
	realm?: string,
): Promise<number> {
	let erased = 0;
	for (const recipient of spellings) {
		try {
			const result = await ledger.erase(recipient, WAIT_MS, realm);
			if (result.outcome === 'busy') {
				const wait = `for ${Math.max(1, Math.ceil(result.leaseMs / 1000))} s at most`;
				const before = erased === 0 ? 'nothing was erased' : `${erased} rows were erased before it`;
				throw new AirError('AIR_ERASE_BUSY', { detail: `${wait}; ${before}` });
			}
			erased += result.rows;
		} catch (error) {
			throw asAirError(error);
		}
	}
	return erased;
}
