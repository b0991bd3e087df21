import type { Randomness } from '../../air/direct/randomness';
import { statusListUri } from '../../air/direct/statusList';
import { AirError } from '../../errors/AirError';
import type { Place } from '../../ledger/Ledger';
import type { LedgerSession } from '../session/LedgerSession';

/**
 * How many places a list has: 16 KiB of bits. Half of them are used before a new list begins, and the
 * host of a list does not learn which of 65,536 credentials a verifier is checking.
 */
export const LIST_SIZE = 131_072;

/** In a list that is half full, all of them are taken once in a million times. */
const DRAWS = 20;

/** Other processes may open and fill lists meanwhile, but not at every try. */
const TRIES = 5;

const LIST_ID_BYTES = 12;

/** Whether a text looks like the ID of a list. */
export const isListId = (text: string) => /^[\w-]{16}$/.test(text);

/**
 * A place in a status list for a credential that is about to be signed. It is reserved only when the
 * attempt begins: see `Ledger.freePlace`.
 *
 * @throws AirError `AIR_LEDGER_…`; LedgerError
 */
export async function placeInList(
	{ ledger, realm }: Pick<LedgerSession, 'ledger' | 'realm'>,
	random: Randomness,
): Promise<Place> {
	for (let i = 0; i < TRIES; i++) {
		const bytes = random.bytes(DRAWS * 4);
		const draws = Array.from({ length: DRAWS }, (_, draw) => bytes.readUInt32BE(draw * 4));
		const place = await ledger.freePlace(realm, draws);
		if (place !== undefined) return place;
		const id = random.bytes(LIST_ID_BYTES).toString('base64url');
		await ledger.openList(realm, { id, size: LIST_SIZE });
	}
	throw new AirError('AIR_LEDGER_LOCKED', { detail: 'no place in a status list is free' });
}

/** @throws AirError `AIR_STATUS_LIST_URL_INVALID` if the credential names no valid address for lists */
export function assertListUrl({ statusListUrl }: { readonly statusListUrl: string }): void {
	if (statusListUrl === '') throw new AirError('AIR_STATUS_LIST_URL_INVALID');
}

/** How a credential names its place. */
export const statusOf = (base: string, { list, index }: Place) => ({
	idx: index,
	uri: statusListUri(base, list),
});
