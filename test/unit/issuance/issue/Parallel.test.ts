import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { Parallel, type ParallelSettings } from '../../../../issuance/issue/Parallel';

/** How one item goes: how many turns of the event loop it takes to read, to do, and to record. */
interface Item {
	readonly lane: string;
	readonly reading: number;
	readonly turns: number;
	readonly recording: number;
	readonly fails: 'reading' | 'doing' | undefined;
}

const turns = async (count: number): Promise<void> => {
	for (let i = 0; i < count; i++) await nextTurn();
};

const item = (rest: Partial<Item> = {}): Item => ({
	lane: 'a',
	reading: 0,
	turns: 1,
	recording: 0,
	fails: undefined,
	...rest,
});

/** Runs items, and watches. */
async function run(
	items: readonly Item[],
	settings: Pick<ParallelSettings<number>, 'concurrency' | 'stopAtFailure' | 'signal'>,
) {
	const lanes = new Set<string>();
	const read: number[] = [];
	const begun: number[] = [];
	const problems: string[] = [];
	let underWay = 0;
	let most = 0;
	let begunAfterFailure = 0;
	let failed = false;
	const result = await new Parallel<number>({
		...settings,
		items: items.length,
		prepare: async (index) => {
			const { lane, fails, reading, turns: doing, recording } = items[index] ?? item();
			await turns(reading);
			read.push(index);
			if (fails === 'reading') {
				failed = true;
				throw new Error(`reading ${index}`);
			}
			return {
				lane,
				run: async (_stopped, free) => {
					begun.push(index);
					if (failed) begunAfterFailure++;
					if (lanes.has(lane)) problems.push(`${index} beside another of ${lane}`);
					lanes.add(lane);
					underWay++;
					most = Math.max(most, underWay);
					await turns(doing);
					underWay--;
					if (fails === 'doing') {
						failed = true;
						lanes.delete(lane);
						throw new Error(`doing ${index}`);
					}
					free();
					free();
					await turns(recording);
					lanes.delete(lane);
					return index;
				},
			};
		},
	}).run();
	return { ...result, read, begun, problems, most, begunAfterFailure };
}

const anyItem = fc.record({
	lane: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
	reading: fc.integer({ min: 0, max: 2 }),
	turns: fc.integer({ min: 0, max: 6 }),
	recording: fc.integer({ min: 0, max: 4 }),
	fails: fc.constantFrom<Item['fails'][]>(undefined, undefined, undefined, 'reading', 'doing'),
});

test('whatever the items: each once, its own outcome in its place, lanes in order, no more than allowed', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(anyItem, { maxLength: 60 }),
			fc.integer({ min: 1, max: 12 }),
			async (items, concurrency) => {
				const { ends, begun, problems, most, firstFailure } = await run(items, {
					concurrency,
					stopAtFailure: false,
				});
				expect(problems).toEqual([]);
				expect(most).toBeLessThanOrEqual(concurrency);
				expect(ends).toEqual(
					items.map(({ fails }, index) =>
						fails === undefined
							? { ok: true, value: index }
							: { ok: false, error: new Error(`${fails} ${index}`) },
					),
				);
				const read = items.flatMap(({ fails }, index) => (fails === 'reading' ? [] : [index]));
				expect(begun.toSorted((a, b) => a - b)).toEqual(read);
				for (const lane of 'abcdef') {
					const own = begun.filter((index) => items[index]?.lane === lane);
					expect(own).toEqual(own.toSorted((a, b) => a - b));
				}
				expect(firstFailure === undefined).toBe(items.every(({ fails }) => fails === undefined));
			},
		),
		{ numRuns: 150 },
	);
});

test('stopping at the first failure: nothing is begun after it, what was begun ends', async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(anyItem, { maxLength: 60 }),
			fc.integer({ min: 1, max: 12 }),
			async (items, concurrency) => {
				const { ends, begun, begunAfterFailure, firstFailure } = await run(items, {
					concurrency,
					stopAtFailure: true,
				});
				expect(begunAfterFailure).toBe(0);
				for (const index of begun) expect(ends[index]).toBeDefined();
				if (firstFailure === undefined) {
					expect(ends.every((end) => end?.ok === true)).toBe(true);
				} else {
					expect(ends[firstFailure]?.ok).toBe(false);
				}
			},
		),
		{ numRuns: 150 },
	);
});

test('as many at once as allowed, and others overtake a lane that waits', async () => {
	const { most, begun } = await run(
		[
			item({ turns: 30 }),
			item(),
			item(),
			...Array.from({ length: 6 }, (_, index) => item({ lane: `${index}`, turns: 5 })),
		],
		{ concurrency: 4, stopAtFailure: false },
	);
	expect(most).toBe(4);
	expect(begun.slice(-2)).toEqual([1, 2]);
});

test('one that is only being recorded delays nobody', async () => {
	const order: string[] = [];
	await new Parallel({
		items: 6,
		concurrency: 2,
		stopAtFailure: false,
		prepare: async (index) =>
			await Promise.resolve({
				lane: `${index}`,
				run: async (_stopped, free) => {
					order.push(`begin ${index}`);
					free();
					await turns(20);
					order.push(`end ${index}`);
				},
			}),
	}).run();
	expect(order.indexOf('begin 5')).toBeLessThan(order.indexOf('end 0'));
});

test('one at a time is one after another, whatever the lanes', async () => {
	const { begun, problems } = await run(
		[item(), item(), item({ lane: 'b' }), item({ lane: 'c', turns: 0 }), item()].map((one) => ({
			...one,
			recording: 3,
		})),
		{ concurrency: 1, stopAtFailure: false },
	);
	expect(begun).toEqual([0, 1, 2, 3, 4]);
	expect(problems).toEqual([]);
});

test('one at a time for now says nothing of the order: several at once as soon as they may', async () => {
	let over = 0;
	let underWay = 0;
	let most = 0;
	await new Parallel({
		items: 50,
		concurrency: () => (over === 0 ? 1 : 5),
		stopAtFailure: false,
		prepare: async (index) =>
			await Promise.resolve({
				lane: `${index}`,
				run: async () => {
					most = Math.max(most, ++underWay);
					await turns(3);
					underWay--;
					over++;
				},
			}),
	}).run();
	expect(most).toBe(5);
});

class NotBegun extends Error {}

describe('cancelled', () => {
	test('before: nothing is read', async () => {
		const { ends, begun } = await run([item(), item()], {
			concurrency: 2,
			stopAtFailure: false,
			signal: AbortSignal.abort(),
		});
		expect(begun).toEqual([]);
		expect(ends).toEqual([undefined, undefined]);
	});

	test('in between: one that waits before it begins is stopped, and does not count as failed', async () => {
		const controller = new AbortController();
		const { ends, firstFailure } = await new Parallel<string>({
			items: 5,
			concurrency: 2,
			stopAtFailure: true,
			signal: controller.signal,
			notBegun: (error) => error instanceof NotBegun,
			prepare: async (index) =>
				await Promise.resolve({
					lane: `${index}`,
					run: async (stopped) => {
						if (index === 0) {
							await turns(3);
							controller.abort();
							return 'sent';
						}
						await new Promise<void>((resolve) => {
							stopped.addEventListener('abort', () => {
								resolve();
							});
						});
						throw new NotBegun();
					},
				}),
		}).run();
		expect(ends).toEqual([{ ok: true, value: 'sent' }, undefined, undefined, undefined, undefined]);
		expect(firstFailure).toBeUndefined();
	});
});

test('after a failure that ends it nothing more is read', async () => {
	const items = ['a', 'b', 'c', 'd'].map((lane) => item({ lane, turns: 5, fails: 'doing' }));
	const { read, ends } = await run(items, { concurrency: () => 1, stopAtFailure: true });
	expect(read).toEqual([0, 1]);
	expect(ends.slice(1)).toEqual([undefined, undefined, undefined]);
});

test('of several failures the first is named', async () => {
	const items = [5, 1, 3].map((count) => item({ lane: `${count}`, turns: count, fails: 'doing' }));
	const { firstFailure } = await run(items, { concurrency: 3, stopAtFailure: true });
	expect(firstFailure).toBe(1);
});

test('others have their turns while many items are read', async () => {
	let now = 0;
	const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 1));
	let others = 0;
	let isOver = false;
	const other = async (): Promise<void> => {
		for (; !isOver; others++) await nextTurn();
	};
	void other();
	try {
		await new Parallel({
			items: 1_000,
			concurrency: 10,
			stopAtFailure: false,
			prepare: async (index) =>
				await Promise.resolve({
					lane: `${index}`,
					run: async () => {
						await Promise.resolve();
					},
				}),
		}).run();
	} finally {
		isOver = true;
		clock.mockRestore();
	}
	expect(others).toBeGreaterThan(100);
});

test('a thousand items of one lane are not all read before the first is done', async () => {
	let read = 0;
	let readAtFirst = 0;
	await new Parallel({
		items: 5_000,
		concurrency: 10,
		stopAtFailure: false,
		prepare: async (index) => {
			read++;
			return await Promise.resolve({
				lane: 'one',
				run: async () => {
					if (index === 0) {
						await turns(50);
						readAtFirst = read;
					}
				},
			});
		},
	}).run();
	expect(read).toBe(5_000);
	expect(readAtFirst).toBeLessThan(1_100);
});
