import { AirError } from '../../errors/AirError';
import { parseHash, parseRecipient } from '../inputs/inputs';
import type { WatchedPair } from './pollEvents';

const MOST_PAIRS = 100;

/**
 * Reads the issuances that a trigger is to watch. The same pair twice is one.
 *
 * @example
 * ```ts
 * readPairs([{ coreClaimHash: ' 2397…', recipient: 'ada@example.com' }]);
 * ```
 * @throws AirError `AIR_HASH_INVALID`, `AIR_RECIPIENT_INVALID`, with the place in the list;
 *   `AIR_SETTING_INVALID` for no pair, more than 100, and one hash with two addresses
 */
export function readPairs(rows: readonly Readonly<Record<string, unknown>>[]): WatchedPair[] {
	const pairs = new Map<string, WatchedPair & { readonly place: number }>();
	for (const [index, row] of rows.entries()) {
		const place = index + 1;
		const { coreClaimHash, recipient } = readPair(row, place);
		const before = pairs.get(coreClaimHash);
		if (before !== undefined && before.recipient !== recipient) {
			throw new AirError('AIR_SETTING_INVALID', {
				detail: `Issuances ${before.place} and ${place} have the same hash and two addresses, and an issuance has one recipient`,
			});
		}
		pairs.set(coreClaimHash, before ?? { coreClaimHash, recipient, place });
	}
	if (pairs.size === 0 || pairs.size > MOST_PAIRS) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: `Issuances must name 1 to ${MOST_PAIRS} issuances, not ${pairs.size}`,
		});
	}
	return [...pairs.values()].map(({ coreClaimHash, recipient }) => ({ coreClaimHash, recipient }));
}

/** @param place - which of the list, from 1, for the error */
function readPair(
	{ coreClaimHash, recipient }: Readonly<Record<string, unknown>>,
	place: number,
): WatchedPair {
	try {
		return { coreClaimHash: parseHash(coreClaimHash), recipient: parseRecipient(recipient) };
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		throw error.with({ detail: `${error.facts.detail ?? ''} (issuance ${place} of the list)` });
	}
}
