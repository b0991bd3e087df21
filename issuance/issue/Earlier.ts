import { AirError } from '../../errors/AirError';
import type { Idempotency } from './idempotency';

interface First {
	readonly row: number;
	readonly recipient: string;
	readonly subjectHmac: string;
}

/** The items of a run that were already checked. */
export class Earlier {
	/** By program or type, and key. */
	private readonly seen = new Map<string, First>();

	/**
	 * @param what - the program, or the type of the credential
	 * @param row - of the item, counted from 1
	 * @returns the row of the earlier item that this one repeats
	 * @throws AirError `AIR_EVENT_ID_OTHER_RECIPIENT`, `AIR_EVENT_ID_OTHER_SUBJECT`
	 */
	rowOf(
		{ recipient, what }: { readonly recipient: string; readonly what: string },
		{ key, subjectHmac }: Idempotency,
		row: number,
	): number | undefined {
		const id = JSON.stringify([what, key]);
		const first = this.seen.get(id);
		if (first === undefined) {
			this.seen.set(id, { row, recipient, subjectHmac });
			return undefined;
		}
		const detail = `row ${first.row} of this run has the same event ID`;
		if (first.recipient !== recipient)
			throw new AirError('AIR_EVENT_ID_OTHER_RECIPIENT', { detail });
		if (first.subjectHmac !== subjectHmac)
			throw new AirError('AIR_EVENT_ID_OTHER_SUBJECT', { detail });
		return first.row;
	}
}
