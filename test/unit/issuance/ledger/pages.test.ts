import { count, pages } from '../../../../issuance/ledger/pages';
import type { LedgerRow, PageQuery } from '../../../../ledger/Ledger';

/** A ledger with rows 1 to `size`, of which each page looks at ten at most; it remembers what it was asked. */
function store(size: number, fits: (id: number) => boolean = () => true) {
	const asked: PageQuery[] = [];
	return {
		asked,
		page: async (query: PageQuery) => {
			asked.push(query);
			const top = (query.behind ?? size + 1) - 1;
			const seen = Array.from({ length: Math.min(top, 10) }, (_, i) => top - i);
			const ids = seen.filter(fits).slice(0, query.limit);
			const next = ids.length === query.limit ? ids.at(-1) : seen.at(-1);
			const rows = ids.map((id) => ({ id }) as LedgerRow);
			return Promise.resolve({ rows, next: next === undefined || next === 1 ? undefined : next });
		},
	};
}

async function idsOf(ledger: ReturnType<typeof store>, filter: Parameters<typeof pages>[1]) {
	const ids: number[] = [];
	for await (const page of pages(ledger, filter)) ids.push(...page.map(({ id }) => id));
	return ids;
}

const down = (from: number) => Array.from({ length: from }, (_, i) => from - i);

test.each([0, 1, 9, 10, 11, 434])('%i rows: each once', async (size) => {
	const ledger = store(size);
	const filter = { recipient: 'ada@example.com', sort: 'newest' } as const;
	expect(await idsOf(ledger, filter)).toEqual(down(size));
	expect(ledger.asked.every((query) => query.recipient === filter.recipient)).toBe(true);
});

test('pages in which nothing fits are returned too, so that the caller can stop', async () => {
	const ledger = store(95, (id) => id < 3);
	const found: number[] = [];
	for await (const page of pages(ledger, { program: 'rare', limit: 50 })) found.push(page.length);
	expect(found).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
	for await (const page of pages(ledger, {})) {
		expect(page).toEqual([]);
		break;
	}
	expect(ledger.asked).toHaveLength(11);
});

test('never more than the limit, never many at a time, and nothing is read behind it', async () => {
	const ledger = store(2000);
	expect(await count(ledger, {})).toBe(2000);
	const asked = ledger.asked.length;
	expect(await idsOf(ledger, { limit: 12 })).toEqual(down(2000).slice(0, 12));
	expect(ledger.asked.length - asked).toBe(2);
	expect(Math.max(...ledger.asked.map(({ limit }) => limit))).toBeLessThanOrEqual(100);
});
