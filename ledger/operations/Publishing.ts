import type { NumberStatus, StatusList } from '../Ledger';
import { LedgerError } from '../LedgerError';
import type { Store } from '../sql/Session';
import { revokedSince } from './revoke';

/** Allows for a clock that was set back, or a late commit. */
const MARGIN_MS = 10 * 60_000;

const sorted = (places: readonly number[]) => [...new Set(places)].sort((a, b) => a - b);

/**
 * Serves what is revoked in the ledger and what was ever published as revoked: restoring an older
 * ledger undoes no revocation.
 */
export class Publishing {
	/** Everything up to here has been noted; at first, all revocations are read. */
	private upTo = 0;

	constructor(private readonly store: Store) {}

	/**
	 * Call it after a revocation, which stands even if this fails: it is tried again before a list is
	 * served.
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
		if (known === 'revoked') return known;
		return (await this.store.published?.isRevoked(realm, number)) === true ? 'revoked' : known;
	}

	private async keep(
		lists: readonly { readonly id: string; readonly realm: string; readonly size: number }[] = [],
	): Promise<void> {
		const { published } = this.store;
		if (published === undefined) return;
		const marks = await this.store.read(() => revokedSince(this.upTo - MARGIN_MS));
		await published.note(lists, marks);
		this.upTo = Math.max(this.upTo, ...marks.map(({ at }) => at));
	}
}
