import { count, pages } from '../../../cli/ledger/pages';
import type { LedgerRow, ListFilter } from '../../../ledger/Ledger';

/** A ledger with rows 1 to `size`, which remembers what it was asked. */
function store(size: number) {
	const asked: ListFilter[] = [];
	return {
		asked,
		list: async (filter: ListFilter) => {
			asked.push(filter);
			const newest = Math.min(size, (filter.beforeId ?? Infinity) - 1);
			const ids = Array.from({ length: newest }, (_, i) => newest - i).slice(0, filter.limit);
			return Promise.resolve(ids.map((id) => ({ id }) as LedgerRow));
		},
	};
}

test.each([
	[0, 1],
	[499, 1],
	[500, 2],
	[1234, 3],
])('%i rows: each once, in %i steps', async (size, steps) => {
	const ledger = store(size);
	const ids: number[] = [];
	for await (const page of pages(ledger, { recipient: 'ada@example.com' })) {
		ids.push(...page.map(({ id }) => id));
	}
	expect(ids).toEqual(Array.from({ length: size }, (_, i) => size - i));
	expect(ledger.asked).toHaveLength(steps);
	expect(ledger.asked.every(({ recipient }) => recipient === 'ada@example.com')).toBe(true);
});

test('never more than the limit', async () => {
	const ledger = store(2000);
	expect(await count(ledger, {})).toBe(2000);
	let found = 0;
	for await (const page of pages(ledger, { limit: 600 })) found += page.length;
	expect(found).toBe(600);
	expect(ledger.asked.at(-1)?.limit).toBe(100);
});
