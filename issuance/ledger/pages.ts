import type { Ledger, LedgerRow, PageQuery } from '../../ledger/Ledger';

/** Rows at a time: SQLite keeps n8n waiting while it reads them. */
const PAGE = 50;

/** Which rows, and in which order: a page's query without the pages. */
export type RowFilter = Omit<PageQuery, 'limit' | 'behind'>;

/** What is read page by page needs. */
export type PagedLedger = Pick<Ledger, 'page'>;

/**
 * The rows of a ledger, newest first unless the filter says otherwise, so many at a time: a ledger may
 * hold a million. None comes twice. Rows that come in meanwhile are not among them, or come last where
 * the oldest come first. A page may be empty, so that anyone who waits for one that fits can stop.
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
	for (let behind: number | undefined; left > 0;) {
		const { rows, next } = await ledger.page({ ...filter, behind, limit: Math.min(PAGE, left) });
		left -= rows.length;
		yield rows;
		if (next === undefined) return;
		behind = next;
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
