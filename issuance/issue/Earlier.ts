import { AirError } from '../../errors/AirError';
import type { Idempotency } from './idempotency';

interface Whose {
	readonly recipient: string;
	/** The program, or the type of the credential. */
	readonly what: string;
}

interface First {
	readonly row: number;
	readonly recipient: string;
	readonly subjectHmac: string;
}

/** The items of a run that were already checked, and not refused. */
export class Earlier {
	/** By program or type, and key. */
	private readonly seen = new Map<string, First>();

	/**
	 * @returns the row of the earlier item that this one repeats
	 * @throws AirError `AIR_EVENT_ID_OTHER_RECIPIENT`, `AIR_EVENT_ID_OTHER_SUBJECT`
	 */
	rowOf({ recipient, what }: Whose, { key, subjectHmac }: Idempotency): number | undefined {
		const first = this.seen.get(idOf(what, key));
		if (first === undefined) return undefined;
		const detail = `row ${first.row} of this run has the same event ID`;
		if (first.recipient !== recipient)
			throw new AirError('AIR_EVENT_ID_OTHER_RECIPIENT', { detail });
		if (first.subjectHmac !== subjectHmac)
			throw new AirError('AIR_EVENT_ID_OTHER_SUBJECT', { detail });
		return first.row;
	}

	/** @param row - of the item, counted from 1 */
	add({ recipient, what }: Whose, { key, subjectHmac }: Idempotency, row: number): void {
		this.seen.set(idOf(what, key), { row, recipient, subjectHmac });
	}
}

const idOf = (what: string, key: string) => JSON.stringify([what, key]);
