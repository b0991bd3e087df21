import { DatabaseSync } from 'node:sqlite';
import type { Emulator, RequestRecord } from '../../../../../emulator';
import type { AirErrorKind } from '../../../../../errors/rows/AirErrorRow';
import { AirError } from '../../../../../errors/AirError';
import type { RememberedDirect } from '../../../../../issuance/direct/directOutcome';
import type { LedgerRow } from '../../../../../ledger/Ledger';

/** How an item ended in one execution. */
export type Ending =
	| { readonly how: 'issued'; readonly item: RememberedDirect }
	| { readonly how: 'error'; readonly kind: AirErrorKind; readonly code: string };

/** @throws what is not an AirError */
export async function endingOf(issuing: Promise<RememberedDirect>): Promise<Ending> {
	try {
		return { how: 'issued', item: await issuing };
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		return { how: 'error', kind: error.kind, code: error.code };
	}
}

export const wordOf = (ending: Ending | undefined) =>
	ending === undefined ? 'none' : ending.how === 'issued' ? 'issued' : ending.kind;

/** A credential that lies at AIR. */
export interface Lying {
	readonly externalId: string;
	readonly storagePath: string;
	readonly number: string;
	readonly valid: boolean;
	readonly opened: boolean;
}

/** What the ledger, AIR and the items say of one event. */
export interface DirectBooks {
	readonly row: LedgerRow | undefined;
	/** By number: whether it is revoked. */
	readonly numbers: ReadonlyMap<string, boolean>;
	/** How many envelopes wait to be sent again. */
	readonly envelopes: number;
	/** Of the event, the oldest first. */
	readonly lying: readonly Lying[];
	readonly requests: readonly RequestRecord[];
	readonly endings: readonly Ending[];
	/** AIR stores the same bytes again, however often they come. */
	readonly storesAgain: boolean;
}

/** What a ledger says of the numbers by which credentials are revoked. */
export interface Numbers {
	readonly numbers: ReadonlyMap<string, boolean>;
	readonly envelopes: number;
}

/** @param sql - reads the tables of a ledger, as somebody else would */
export async function numbersBy(
	sql: (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<Numbers> {
	const found = await sql('SELECT number, revoked_at FROM credentials');
	const envelopes = await sql('SELECT external_id FROM envelopes');
	return {
		numbers: new Map(found.map((one) => [String(one.number), one.revoked_at !== null])),
		envelopes: envelopes.length,
	};
}

/** @param file - of a ledger, that others may be using */
export async function numbersIn(file: string): Promise<Numbers> {
	const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
	try {
		return await numbersBy(
			async (statement) => await Promise.resolve(database.prepare(statement).all()),
		);
	} finally {
		database.close();
	}
}

/** What lies at AIR for an address. */
export const lyingFor = async ({ control }: Emulator, email: string): Promise<Lying[]> =>
	(await control.wallet()).flatMap((entry) => {
		if (entry.recipient !== email) return [];
		const { externalId, storagePath, claims, valid, opened } = entry;
		return [{ externalId, storagePath, number: String(claims?.nonce), valid, opened }];
	});

/** Checks one event at its end. @returns what does not fit, in words; empty when the books balance */
export function* imbalancesOf(books: DirectBooks): Generator<string> {
	const { row, numbers, lying, endings, envelopes, storesAgain } = books;
	const last = endings.at(-1);
	const isRevoked = (number: string) => numbers.get(number) === true;
	yield* bytesOf(books);
	for (const { number, externalId } of lying) {
		if (!numbers.has(number)) yield `${externalId} lies at AIR, and the ledger has no such number`;
	}
	const standing = lying.filter(({ number }) => !isRevoked(number));
	const each = new Set(standing.map(({ externalId }) => externalId));
	if (each.size > 1) yield `${each.size} credentials stand for one event`;
	if (standing.length > each.size && !storesAgain) yield 'one credential lies at AIR twice';
	for (const { externalId, valid, opened } of standing) {
		if (!valid) yield `${externalId} is not valid`;
		if (!opened) yield `${externalId} does not open`;
		const isGiven = endings.some(
			(one) => one.how === 'issued' && one.item.externalId === externalId,
		);
		const isNamed = endings.some((one) => one.how === 'error' && one.kind === 'outcome-unknown');
		if (!isGiven && !isNamed)
			yield `${externalId} lies at AIR, and no item and no error tells about it`;
	}
	for (const one of endings) {
		if (one.how !== 'issued') continue;
		const { externalId, revocationNumber = '' } = one.item;
		const stored = standing.find((other) => other.externalId === externalId);
		if (stored === undefined) yield `${externalId} was given out, and does not stand at AIR`;
		else if (stored.number !== revocationNumber) yield `${externalId} was given another number`;
	}
	if (row === undefined) {
		if (last?.how === 'issued') yield 'issued, and there is no row';
		if (numbers.size > 0) yield 'there are numbers and no row';
		return;
	}
	if (row.state === 'sending') yield 'still under way';
	const shouldBe =
		last?.how === 'issued' ? 'stored' : last?.kind === 'outcome-unknown' ? 'unknown' : 'rejected';
	if (row.state !== shouldBe) yield `ended as ${wordOf(last)}, and the row is ${row.state}`;
	if (last?.how === 'issued') {
		const { externalId, storagePath, revocationNumber } = last.item;
		if (row.externalId !== externalId) yield 'the row has another ID than the item';
		if (row.coreClaimHash !== storagePath) yield 'the row has another path than the item';
		if (row.revocationNumber !== revocationNumber) yield 'the row has another number than the item';
		if (envelopes > 0) yield 'what has arrived is still kept to be sent again';
	}
	for (const [number, revoked] of numbers) {
		if (revoked === (number === row.revocationNumber)) {
			yield `number ${number} is ${revoked ? '' : 'not '}revoked, and is ${number === row.revocationNumber ? '' : 'not '}that of the row`;
		}
	}
}

/** One ID stands for one byte string, forever. */
function* bytesOf({ requests }: DirectBooks): Generator<string> {
	const hashes = new Map<string, Set<string>>();
	for (const { operation, externalId, bodyHash = '' } of requests) {
		if (operation !== 'store' || externalId === undefined) continue;
		hashes.set(externalId, (hashes.get(externalId) ?? new Set<string>()).add(bodyHash));
	}
	for (const [externalId, each] of hashes) {
		if (each.size > 1) yield `${externalId} was sent with ${each.size} byte strings`;
	}
}
