import type { NumberStatus, RevokedMark, StatusList } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { Dialect } from '../sql/Dialect';
import { clock, type Operation, type Store } from '../sql/Session';
import { revokedSince } from './revoke';

/** By so much a clock may have been set back, or a commit been late. */
const MARGIN_MS = 10 * 60_000;

/** The earliest first. Where the clock was set back since, from its present time on. */
function* newMarks(dialect: Dialect, upTo: number): Operation<RevokedMark[]> {
	const now = yield* clock(dialect);
	return yield* revokedSince(Math.min(upTo, now) - MARGIN_MS);
}

const sorted = (places: readonly number[]) => [...new Set(places)].sort((a, b) => a - b);

/**
 * What is served is what is revoked in the ledger, or was published as revoked: a ledger that is put
 * back to an older state takes no revocation back.
 */
export class Publishing {
	/** Up to here all is kept; at first everything is looked at. */
	private upTo = 0;

	constructor(private readonly store: Pick<Store, 'dialect' | 'read' | 'published'>) {}

	/** After a revocation. It stands, whatever becomes of this: before a list is served it is tried again. */
	async soon(): Promise<void> {
		try {
			await this.keep();
		} catch (error) {
			if (!(error instanceof LedgerError)) throw error;
		}
	}

	/** @throws LedgerError where it cannot be kept that a list was served */
	async list(
		realm: string,
		id: string,
		known: StatusList | undefined,
	): Promise<StatusList | undefined> {
		const { published } = this.store;
		if (published === undefined) return known;
		if (known !== undefined) await this.keep([{ id, realm, size: known.size }]);
		const before = await published.list(realm, id);
		if (before === undefined) return known;
		const { size, revoked, changedAt } = before;
		if (known === undefined) {
			return { id, size, revoked: sorted(revoked), changedAt, doubtful: false };
		}
		return {
			...known,
			revoked: sorted([...known.revoked, ...revoked]),
			changedAt: Math.max(known.changedAt, changedAt),
		};
	}

	async number(
		realm: string,
		number: string,
		known: NumberStatus | undefined,
	): Promise<NumberStatus | undefined> {
		if (known === 'revoked') return known;
		return (await this.store.published?.isRevoked(realm, number)) === true ? 'revoked' : known;
	}

	private async keep(
		lists: readonly { readonly id: string; readonly realm: string; readonly size: number }[] = [],
	): Promise<void> {
		const { published } = this.store;
		if (published === undefined) return;
		const marks = await this.store.read(() => newMarks(this.store.dialect, this.upTo));
		await published.note(lists, marks);
		this.upTo = Math.max(this.upTo, marks.at(-1)?.at ?? 0);
	}
}
