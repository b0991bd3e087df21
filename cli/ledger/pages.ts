import type { Ledger, LedgerRow, ListFilter } from '../../ledger/Ledger';

const PAGE = 500;

/**
 * The rows of a ledger, newest first, so many at a time: a ledger may hold a million. Rows that come
 * in meanwhile are not among them, and none comes twice.
 */
export async function* pages(
	ledger: Pick<Ledger, 'list'>,
	{ limit, ...filter }: Omit<ListFilter, 'limit' | 'beforeId'> & { readonly limit?: number },
): AsyncGenerator<readonly LedgerRow[]> {
	let left = limit ?? Infinity;
	let beforeId: number | undefined;
	while (left > 0) {
		const asked = Math.min(PAGE, left);
		const page = await ledger.list({ ...filter, limit: asked, beforeId });
		if (page.length > 0) yield page;
		if (page.length < asked) return;
		left -= page.length;
		beforeId = page.at(-1)?.id;
	}
}

/** How many rows there are that a condition holds for. */
export async function count(
	ledger: Pick<Ledger, 'list'>,
	filter: Omit<ListFilter, 'limit' | 'beforeId'>,
	condition: (row: LedgerRow) => boolean = () => true,
): Promise<number> {
	let found = 0;
	for await (const page of pages(ledger, filter)) found += page.filter(condition).length;
	return found;
}
