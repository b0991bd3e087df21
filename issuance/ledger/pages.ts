import type { Ledger, LedgerRow, PageQuery } from '../../ledger/Ledger';

/** Rows per page: SQLite blocks n8n while it reads them. */
const PAGE = 50;

/** Which rows, and in which order: a page's query without the paging. */
export type RowFilter = Omit<PageQuery, 'limit' | 'behind'>;

/** What is read page by page needs. */
export type PagedLedger = Pick<Ledger, 'page'>;

/**
 * The rows of a ledger in pages, newest first unless the filter says otherwise: a ledger may hold a
 * million. No row comes twice. Rows that are added meanwhile are left out, or come last if the oldest
 * come first. A page may be empty, so that a caller can stop while nothing fits.
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

/** Counts the rows that meet a condition. @throws LedgerError */
export async function count(
	ledger: PagedLedger,
	filter: RowFilter,
	condition: (row: LedgerRow) => boolean = () => true,
): Promise<number> {
	let found = 0;
	for await (const page of pages(ledger, filter)) found += page.filter(condition).length;
	return found;
}
