import type { Ledger, LedgerRow, ListFilter } from '../../ledger/Ledger';

/** Rows at a time: SQLite keeps n8n waiting while it reads them. */
const PAGE = 100;
/** Rows that are looked at at a time where no index leads to those that fit. */
const PART = 2_000;

/** Which rows: a {@link ListFilter} without the pages. */
export type RowFilter = Omit<ListFilter, 'limit' | 'beforeId' | 'fromId'>;

/** What is gone through in parts needs. */
export type PagedLedger = Pick<Ledger, 'list' | 'idBelow'>;

/** An index leads to the rows, however many there are. */
const isNarrow = ({ id, recipient, recipientInAnySpelling, reference }: RowFilter) =>
	[id, recipient, recipientInAnySpelling, reference].some((given) => given !== undefined);

/**
 * The parts of a table, the newest first, so that none keeps n8n waiting for long.
 *
 * @example
 * ```ts
 * for await (const part of parts(ledger)) await ledger.list({ ...part, states, limit: 10 });
 * ```
 */
export async function* parts(
	ledger: Pick<Ledger, 'idBelow'>,
): AsyncGenerator<{ readonly fromId: number; readonly beforeId: number | undefined }> {
	for (let beforeId: number | undefined; ;) {
		const fromId = await ledger.idBelow(beforeId, PART);
		if (fromId === undefined) return;
		yield { fromId, beforeId };
		beforeId = fromId;
	}
}

/**
 * The rows of a ledger, newest first, so many at a time: a ledger may hold a million. Rows that come
 * in meanwhile are not among them, and none comes twice.
 *
 * @param filter - `limit`: the most rows to give; all when undefined
 * @throws LedgerError
 * @example
 * ```ts
 * for await (const page of pages(ledger, { realm, states: ['unknown'], limit: 50 })) show(page);
 * ```
 */
export async function* pages(
	ledger: PagedLedger,
	{ limit, ...filter }: RowFilter & { readonly limit?: number | undefined },
): AsyncGenerator<readonly LedgerRow[]> {
	let left = limit ?? Infinity;
	const one = [{ fromId: undefined, beforeId: undefined }];
	for await (const part of isNarrow(filter) ? one : parts(ledger)) {
		let beforeId: number | undefined = part.beforeId;
		while (left > 0) {
			const asked = Math.min(PAGE, left);
			const page = await ledger.list({ ...filter, ...part, beforeId, limit: asked });
			left -= page.length;
			if (page.length > 0) yield page;
			if (page.length < asked) break;
			beforeId = page.at(-1)?.id;
		}
		if (left <= 0) return;
	}
}

/** How many rows there are that a condition holds for. @throws LedgerError */
export async function count(
	ledger: PagedLedger,
	filter: RowFilter,
	condition: (row: LedgerRow) => boolean = () => true,
): Promise<number> {
	let found = 0;
	for await (const page of pages(ledger, filter)) found += page.filter(condition).length;
	return found;
}
