import { AirError } from '../../errors/AirError';
import type { Ledger, RowState } from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import { pages } from './pages';

/** For attempts that are under way: most end within some seconds. */
const WAIT_MS = 10_000;

/** In these states the person still holds the credential, as far as the ledger knows. */
const HELD: readonly RowState[] = ['submitted', 'confirmed', 'stored'];

/** The rows of one spelling of an address. */
export interface Spelling {
	readonly email: string;
	readonly rows: number;
}

/** What the ledger holds of a person. */
export interface Person {
	/** The rows of all spellings. */
	readonly rows: number;
	/** Each spelling for itself: upper and lower case make another recipient. */
	readonly spellings: readonly Spelling[];
	/** Issuances that stand at AIR, which erasing does not change. */
	readonly held: number;
	/** Outcomes that are unknown: once erased, nobody can find out by the ledger. */
	readonly unknown: number;
}

type Read = Pick<Ledger, 'list' | 'idBelow'>;

/**
 * What there is of a person: the address in any spelling.
 *
 * @param realm - of all realms when undefined
 * @throws AirError `AIR_LEDGER_…`
 */
export async function lookUpPerson(
	ledger: Read,
	recipient: string,
	realm?: string,
): Promise<Person> {
	const spellings = new Map<string, number>();
	const states = { held: 0, unknown: 0 };
	try {
		for await (const page of pages(ledger, { realm, recipientInAnySpelling: recipient })) {
			for (const row of page) {
				spellings.set(row.recipient, (spellings.get(row.recipient) ?? 0) + 1);
				if (HELD.includes(row.state)) states.held++;
				if (row.state === 'unknown') states.unknown++;
			}
		}
	} catch (error) {
		throw asAirError(error);
	}
	const counted = [...spellings].map(([email, rows]) => ({ email, rows }));
	return {
		rows: counted.reduce((sum, { rows }) => sum + rows, 0),
		spellings: counted.sort((a, b) => a.email.localeCompare(b.email)),
		...states,
	};
}

/**
 * Erases some spellings of an address, each with its rows, attempts, events and what was noted when
 * they were settled.
 *
 * @param spellings - as they were issued, to the letter
 * @param realm - only from this one; from all realms when undefined
 * @returns how many rows went
 * @throws AirError `AIR_ERASE_BUSY` when an attempt is under way for longer than 10 s: what was erased
 *   before it stays erased, and it says so; `AIR_LEDGER_…`
 * @example
 * ```ts
 * const { spellings } = await lookUpPerson(ledger, 'ada@example.com', realm);
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
