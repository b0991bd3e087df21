import { z } from 'zod';
import type { Cursor } from '../../ledger/Ledger';

/**
 * Offering and delivering, as pure functions: each event at least once, under the same ID.
 *
 * n8n starts the execution of a poll un-awaited, and throws a poll's result away when the workflow is
 * republished meanwhile. So a poll only *offers* what is after `delivered`, and
 * `delivered` moves up to an offer when there is evidence that n8n took it. Without evidence the offer
 * is made again, with the same event IDs. No clock takes part in this.
 */

/** What is remembered of an offer outside of the ledger. */
export interface Offer {
	/** Of which ledger and cursor: event numbers of another one mean nothing here. */
	readonly ledgerId: string;
	readonly createdAt: number;
	/** Everything up to this event that fits was in it. */
	readonly upTo: number;
	/** The process that made it. */
	readonly process: string;
}

const offerSchema = z.object({
	ledgerId: z.string(),
	createdAt: z.number(),
	upTo: z.int().nonnegative(),
	process: z.string(),
});

/** Reads an offer from what n8n kept; what is not as we wrote it is no evidence. */
export function readOffer(value: unknown): Offer | undefined {
	return offerSchema.safeParse(value).data;
}

/**
 * How n8n keeps the static data of a polling node:
 *
 * - `kept`: one object for an activation, in memory. It may be written to the database without its
 *   execution having started, and at a republication although the result was thrown away: what is read
 *   from it proves nothing. That it is the same *object* does: this activation was not replaced since.
 * - `copied`: each poll has a copy of its own, which is written only when n8n takes the result, but
 *   not together with the execution: a proof for as long as the process lives.
 * - `durable`: written in one transaction with the execution: a proof forever.
 */
export type Keeping = 'kept' | 'copied' | 'durable';

export interface Evidence {
	readonly keeping: Keeping;
	/** The offer made before by this very activation in this process. */
	readonly noted: Offer | undefined;
	/** The offer found in the static data. */
	readonly saved: Offer | undefined;
	/** This process. */
	readonly process: string;
}

/** @returns up to where events were surely taken; never below `delivered` */
export function takenUpTo(
	cursor: Pick<Cursor, 'ledgerId' | 'createdAt' | 'delivered' | 'offered'>,
	{ keeping, noted, saved, process }: Evidence,
): number {
	const proofs = [noted];
	if (keeping === 'durable' || (keeping === 'copied' && saved?.process === process)) {
		proofs.push(saved);
	}
	const numbers = proofs.flatMap((offer) => {
		if (offer?.ledgerId !== cursor.ledgerId || offer.createdAt !== cursor.createdAt) return [];
		// More than was ever offered: the ledger was put back to an older state.
		return offer.upTo <= cursor.offered ? [offer.upTo] : [];
	});
	return Math.max(cursor.delivered, ...numbers);
}
