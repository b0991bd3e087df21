import type { NumberStatus, RevokedMark, StatusList } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { Dialect } from '../sql/Dialect';
import { clock, type Operation, type Store } from '../sql/Session';
import { revokedSince } from './revoke';

/** Allows for a clock that was set back, or a late commit. */
const MARGIN_MS = 10 * 60_000;

/** The earliest first. Where the clock was set back since, from its present time on. */
function* newMarks(dialect: Dialect, upTo: number): Operation<RevokedMark[]> {
	const now = yield* clock(dialect);
	return yield* revokedSince(Math.min(upTo, now) - MARGIN_MS);
}

const sorted = (places: readonly number[]) => [...new Set(places)].sort((a, b) => a - b);

/**
 * Serves what is revoked in the ledger and what was ever published as revoked: restoring an older
 * ledger undoes no revocation.
 */
export class Publishing {
	/** Everything up to here has been noted; at first, all revocations are read. */
	private upTo = 0;

	constructor(private readonly store: Pick<Store, 'dialect' | 'read' | 'published'>) {}

	/**
	 * Call it after whatever may have revoked something, which stands even if this fails: it is tried
	 * again before a list is served.
	 */
	async soon(): Promise<void> {
		try {
			await this.keep();
		} catch (error) {
			if (!(error instanceof LedgerError)) throw error;
		}
	}

	/** @throws LedgerError if what was served cannot be noted */
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
		if (known === 'revoked') {
			await this.soon();
			return known;
		}
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
