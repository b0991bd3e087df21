import { count, pages } from '../../../../issuance/ledger/pages';
import type { LedgerRow, ListFilter } from '../../../../ledger/Ledger';

/** A ledger with rows 1 to `size`, which remembers what it was asked. */
function store(size: number, fits: (id: number) => boolean = () => true) {
	const asked: ListFilter[] = [];
	return {
		asked,
		list: async (filter: ListFilter) => {
			asked.push(filter);
			const newest = Math.min(size, (filter.beforeId ?? Infinity) - 1);
			const ids = Array.from({ length: newest }, (_, i) => newest - i)
				.filter((id) => id >= (filter.fromId ?? 0) && fits(id))
				.slice(0, filter.limit);
			return Promise.resolve(ids.map((id) => ({ id }) as LedgerRow));
		},
		idBelow: async (beforeId: number | undefined, rows: number) => {
			const newest = Math.min(size, (beforeId ?? Infinity) - 1);
			return Promise.resolve(newest > 0 ? Math.max(newest - rows + 1, 1) : undefined);
		},
	};
}

async function idsOf(ledger: ReturnType<typeof store>, filter: Parameters<typeof pages>[1]) {
	const ids: number[] = [];
	for await (const page of pages(ledger, filter)) ids.push(...page.map(({ id }) => id));
	return ids;
}

const down = (from: number) => Array.from({ length: from }, (_, i) => from - i);

describe('where an index leads to the rows', () => {
	test.each([
		[0, 1],
		[99, 1],
		[100, 2],
		[434, 5],
	])('%i rows: each once, in %i steps', async (size, steps) => {
		const ledger = store(size);
		expect(await idsOf(ledger, { recipient: 'ada@example.com' })).toEqual(down(size));
		expect(ledger.asked).toHaveLength(steps);
		expect(ledger.asked.every(({ recipient }) => recipient === 'ada@example.com')).toBe(true);
	});
});

describe('where none does', () => {
	test('the table is gone through in parts: each row once, and never many looked at at a time', async () => {
		const ledger = store(12_345);
		expect(await idsOf(ledger, { states: ['unknown'] })).toEqual(down(12_345));
		for (const { fromId, beforeId, limit } of ledger.asked) {
			expect(limit).toBeLessThanOrEqual(100);
			expect((beforeId ?? 12_346) - (fromId ?? 0)).toBeLessThanOrEqual(2_000);
		}
	});

	test('rows that fit are found, however far down they are', async () => {
		const ledger = store(12_345, (id) => id < 3);
		expect(await idsOf(ledger, { program: 'rare', limit: 50 })).toEqual([2, 1]);
		expect(ledger.asked).toHaveLength(7);
	});

	test('nothing is read behind the limit', async () => {
		const ledger = store(12_345);
		expect(await idsOf(ledger, { limit: 50 })).toHaveLength(50);
		expect(ledger.asked).toHaveLength(1);
		expect(await idsOf(store(0), {})).toEqual([]);
	});
});

test('never more than the limit', async () => {
	const ledger = store(2000);
	expect(await count(ledger, {})).toBe(2000);
	const found = await idsOf(ledger, { limit: 450 });
	expect(found).toHaveLength(450);
	expect(ledger.asked.at(-1)?.limit).toBe(50);
});
