import { Batches } from '../../../ledger/postgres/Batches';

/** Who waits for a write, and what it writes: ended by the test. */
interface Write {
	readonly items: readonly string[];
	readonly end: (failure?: Error) => void;
}

function batches(unusual: readonly string[] = []) {
	const writes: Write[] = [];
	const write = async (items: readonly string[]) => {
		await new Promise<void>((resolve, reject) => {
			const end = (failure?: Error) => {
				if (failure === undefined) resolve();
				else reject(failure);
			};
			writes.push({ items, end });
		});
	};
	const group = new Batches<string, string>({
		together: async (items) => {
			await write(items);
			return items.map((item) => (unusual.includes(item) ? undefined : `${item} together`));
		},
		alone: async (item) => {
			await write([item]);
			return `${item} alone`;
		},
	});
	const nth = async (n: number): Promise<Write> => {
		for (;;) {
			const found = writes[n];
			if (found !== undefined) return found;
			await new Promise((resolve) => setImmediate(resolve));
		}
	};
	return { group, writes, nth };
}

const NO = new Error('no');

test('what comes alone is written alone, at once; what comes meanwhile is written together', async () => {
	const { group, writes, nth } = batches();
	const first = group.write('a');
	const one = await nth(0);
	const others = ['b', 'c', 'd'].map((item) => group.write(item));
	one.end();
	expect(await first).toBe('a alone');
	(await nth(1)).end();
	expect(await Promise.all(others)).toEqual(['b together', 'c together', 'd together']);
	expect(writes.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']]);
});

test('what comes in one turn is written together, in pieces if it is much', async () => {
	const { group, writes, nth } = batches();
	const items = Array.from({ length: 250 }, (_, n) => String(n));
	const all = Promise.all(items.map((item) => group.write(item)));
	for (const n of [0, 1, 2]) (await nth(n)).end();
	expect(await all).toEqual(items.map((item) => `${item} together`));
	expect(writes.map((write) => write.items.length)).toEqual([100, 100, 50]);
});

test('what is unusual is written alone afterwards, and holds up nobody', async () => {
	const { group, nth } = batches(['b']);
	const [a, b, c] = ['a', 'b', 'c'].map((item) => group.write(item));
	(await nth(0)).end();
	expect(await Promise.all([a, c])).toEqual(['a together', 'c together']);
	const alone = await nth(1);
	const next = Promise.all(['d', 'e'].map((item) => group.write(item)));
	(await nth(2)).end();
	expect(await next).toEqual(['d together', 'e together']);
	alone.end();
	expect(await b).toBe('b alone');
});

test('a batch that fails is written one by one, and each is told about its own', async () => {
	const { group, nth } = batches();
	const all = Promise.allSettled(['a', 'b', 'c'].map((item) => group.write(item)));
	(await nth(0)).end(NO);
	for (const n of [1, 2, 3]) {
		const { items, end } = await nth(n);
		end(items[0] === 'b' ? NO : undefined);
	}
	expect(await all).toEqual([
		{ status: 'fulfilled', value: 'a alone' },
		{ status: 'rejected', reason: NO },
		{ status: 'fulfilled', value: 'c alone' },
	]);
});

test('what failed alone is told, and it goes on', async () => {
	const { group, nth } = batches();
	const first = group.write('a');
	(await nth(0)).end(NO);
	await expect(first).rejects.toBe(NO);
	const second = group.write('b');
	(await nth(1)).end();
	expect(await second).toBe('b alone');
});
