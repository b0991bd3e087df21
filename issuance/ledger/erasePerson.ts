import { AirError } from '../../errors/AirError';
import type { Ledger, LedgerRow, RowState } from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import { pages, type PagedLedger } from './pages';
import { outcomeNow } from './rowFields';

/** For attempts that are under way: most end within some seconds. */
const WAIT_MS = 10_000;

/** In these states the person still holds the credential, as far as the ledger knows. */
const HELD: readonly RowState[] = ['submitted', 'confirmed', 'stored'];

/** What was given up counts as what it was before. */
const isHeld = ({ state, answeredAt }: LedgerRow) =>
	HELD.includes(state) || (state === 'abandoned' && answeredAt !== null);

/** What the ledger holds of one spelling of an address. */
export interface Spelling {
	readonly email: string;
	readonly rows: number;
	/** Issuances that stand at AIR, which erasing does not change; of rows with one hash, one. */
	readonly held: number;
	/** Outcomes that are unknown: once erased, nobody can find out by the ledger. */
	readonly unknown: number;
}

/**
 * What there is of a person: the address in any spelling.
 *
 * @param realm - of all realms when undefined
 * @throws AirError `AIR_LEDGER_…`
 *
 * @returns each spelling for itself: upper and lower case make another recipient
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
 * Erases some spellings of an address, each with its rows, attempts, events and what was noted when
 * they were settled.
 *
 * @param spellings - as they were issued, to the letter
 * @param realm - only from this one; from all realms when undefined
 * @returns how many rows were deleted
 * @throws AirError `AIR_ERASE_BUSY` when an attempt is under way for longer than 10 s: what was erased
 *   before it stays erased, and it says so; `AIR_LEDGER_…`
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
