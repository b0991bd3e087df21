import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeApiError, NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';
import { AirError } from '../../../../errors/AirError';
import { cancelSignal, forEachItem as forEachJob } from '../../../../n8n/run/forEachItem';
import { itemNumbers } from '../../../../n8n/run/itemNumbers';
import { logOf } from '../../../../n8n/run/log';
import { duration, Progress } from '../../../../n8n/run/Progress';
import { waitStopped } from '../../../../n8n/run/waitStopped';
import { fakeContext } from '../../nodes/support';

/** One after another, each in a lane of its own. */
const forEachItem = async (
	context: IExecuteFunctions,
	work: (itemIndex: number) => Promise<object>,
	concurrency = 1,
) =>
	await forEachJob(
		context,
		async (itemIndex) =>
			await Promise.resolve({
				lane: String(itemIndex),
				run: async () => await work(itemIndex),
			}),
		{ concurrency, done: 'issued' },
	);

const done = async () => await Promise.resolve({ ok: true });

describe('items', () => {
	test('one after another, each paired with its own', async () => {
		const order: string[] = [];
		const [output] = await forEachItem(fakeContext({ items: 3 }).context, async (index) => {
			order.push(`begin ${index}`);
			await Promise.resolve();
			order.push(`end ${index}`);
			return { index };
		});
		expect(output).toEqual(
			[0, 1, 2].map((item) => ({ json: { index: item }, pairedItem: { item } })),
		);
		expect(order).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1', 'begin 2', 'end 2']);
	});

	test('no items, no output', async () => {
		expect(await forEachItem(fakeContext({ items: 0 }).context, done)).toEqual([[]]);
	});

	test('undefined fields are left out, as JSON leaves them out', async () => {
		const { context } = fakeContext();
		const [output] = await forEachItem(
			context,
			async () => await Promise.resolve({ a: undefined, b: null }),
		);
		expect(output?.[0]?.json).toEqual({ b: null });
	});
});

/** Of the first items, one ends before the others, however busy the machine is; it waits until all have begun. */
function endingFirst(which: number, of: number): (index: number) => Promise<void> {
	const events = new EventEmitter();
	let begun = 0;
	return async (index) => {
		begun++;
		if (begun === of) setImmediate(() => events.emit('all have begun'));
		await once(events, index === which ? 'all have begun' : 'one has ended');
		if (index === which) setImmediate(() => events.emit('one has ended'));
	};
}

describe('failures', () => {
	const second = async (index: number) => {
		if (index === 1) throw new AirError('AIR_CONFLICT_CONSENT', { httpStatus: 409 });
		return await Promise.resolve({ index });
	};

	test('end the node, naming the item', async () => {
		const begun: number[] = [];
		const failing = forEachItem(fakeContext({ items: 3 }).context, async (index) => {
			begun.push(index);
			return await second(index);
		});
		await expect(failing).rejects.toThrow(NodeApiError);
		await expect(failing).rejects.toMatchObject({
			description: expect.stringMatching(/^Row 2 of 3\./) as string,
		});
		expect(begun).toEqual([0, 1]);
	});

	test('the error says which items were done before', async () => {
		const failing = forEachItem(fakeContext({ items: 9 }).context, async (index) => {
			if (index === 3) throw new AirError('AIR_CONFLICT_CONSENT', { httpStatus: 409 });
			return await done();
		});
		await expect(failing).rejects.toMatchObject({
			description: expect.stringMatching(
				/^Row 4 of 9\. .* 3 of 9 rows were issued before it stopped: rows 1–3\. <a /,
			) as string,
		});
	});

	test('what is under way at the first failure ends, and is told; no more is begun', async () => {
		const begun: number[] = [];
		const turn = endingFirst(1, 4);
		const failing = forEachItem(
			fakeContext({ items: 50 }).context,
			async (index) => {
				begun.push(index);
				await turn(index);
				if (index === 1) throw new AirError('AIR_DNS');
				return {};
			},
			4,
		);
		await expect(failing).rejects.toMatchObject({
			description: expect.stringMatching(
				/ 3 of 50 rows were issued .*: rows 1, 3–4\. <a /,
			) as string,
		});
		expect(begun).toEqual([0, 1, 2, 3]);
	});

	test('so do others that were under way, and nothing is said to be known that is not', async () => {
		const errors = ['AIR_REFUSED', 'AIR_TIMEOUT', 'AIR_CONNECTION_LOST', 'AIR_DNS'] as const;
		const turn = endingFirst(0, 5);
		const failing = forEachItem(
			fakeContext({ items: 50 }).context,
			async (index) => {
				await turn(index);
				const code = errors[index];
				if (code === undefined) return {};
				throw new AirError(code);
			},
			5,
		);
		await expect(failing).rejects.toMatchObject({
			description: expect.stringContaining(
				' 1 of 50 rows was issued before it stopped: row 5. What became of rows 2–3 is unknown. Row 4 failed, too. ',
			) as string,
		});
	});

	test('become items under Continue On Fail, and a hint', async () => {
		const { context, hints } = fakeContext({ items: 3, continueOnFail: true });
		const [output] = await forEachItem(context, second);
		expect(output?.map(({ json }) => Object.keys(json)[0])).toEqual(['index', 'error', 'index']);
		expect(output?.[1]?.pairedItem).toEqual({ item: 1 });
		expect(hints).toEqual([
			expect.objectContaining({
				type: 'warning',
				message: expect.stringMatching(
					/^1 of 3 items failed: The recipient has declined/,
				) as string,
			}),
		]);
	});

	test('of several kinds are counted in the hint', async () => {
		const { context, hints } = fakeContext({ items: 4, continueOnFail: true });
		await forEachItem(context, async (index) => {
			await Promise.resolve();
			throw new AirError(index === 0 ? 'AIR_DNS' : index === 1 ? 'AIR_TLS' : 'AIR_TIMEOUT');
		});
		expect(hints).toMatchObject([
			{
				message: '4 of 4 items failed, for 3 different reasons. See “message” on each failed item.',
			},
		]);
	});

	test('without failures there is no hint', async () => {
		const { context, hints } = fakeContext({ continueOnFail: true });
		await forEachItem(context, done);
		expect(hints).toEqual([]);
	});

	test('an older n8n without hints is no trouble', async () => {
		const { context } = fakeContext({ continueOnFail: true, addExecutionHints: undefined });
		const [output] = await forEachItem(context, async () => {
			await Promise.resolve();
			throw new AirError('AIR_DNS');
		});
		expect(output).toHaveLength(1);
	});
});

describe('cancelling', () => {
	test('aborted at entry: nothing is begun', async () => {
		const begun: number[] = [];
		const { context } = fakeContext({
			items: 2,
			getExecutionCancelSignal: () => AbortSignal.abort(),
		});
		const failing = forEachItem(context, async (index) => {
			begun.push(index);
			return await done();
		});
		await expect(failing).rejects.toThrow(NodeOperationError);
		await expect(failing).rejects.toThrow(/Cancelled before anything was sent/);
		expect(begun).toEqual([]);
	});

	test('between items: the rest is reported, not begun, under Continue On Fail', async () => {
		const controller = new AbortController();
		const { context } = fakeContext({
			items: 3,
			continueOnFail: true,
			getExecutionCancelSignal: () => controller.signal,
		});
		const [output] = await forEachItem(context, async () => {
			controller.abort();
			return await done();
		});
		expect(output?.map(({ json }) => json.error ?? 'fine')).toEqual([
			'fine',
			'Cancelled before anything was sent',
			'Cancelled before anything was sent',
		]);
	});

	test('an older n8n without the signal is no trouble', () => {
		expect(cancelSignal(fakeContext().context)).toBeUndefined();
	});
});

test.each([
	[[0], '1'],
	[[0, 1, 2, 4], '1–3, 5'],
	[Array.from({ length: 100 }, (_, index) => index * 2), /^1, 3, .*39 and 80 more$/],
])('%j are called %s', (indexes, name) => {
	expect(itemNumbers(indexes)).toMatch(name);
});

describe('progress', () => {
	test('is logged while it lasts', async () => {
		const { context, log } = fakeContext();
		const progress = new Progress(context, 1_234, 'issued', 5);
		progress.count('issued');
		progress.count(undefined);
		while (log.length === 0) await sleep(5);
		expect(progress.end()).toBeUndefined();
		expect(log[0]).toMatch(
			/^Issue: 1 of 1,234 items issued, 1 failed, [\d,]+ per second, 1,232 remaining \(about .+\)$/,
		);
	});

	test.each([
		[4_400, '4 s'],
		[200_000, '3 min 20 s'],
		[7_500_000, '2 h 5 min'],
	])('%d ms is %s', (ms, words) => {
		expect(duration(ms)).toBe(words);
	});
});

describe('the log', () => {
	test('names node and item, codes and hashes, and nobody', () => {
		const { context, log } = fakeContext();
		const { onRepeat, onLateOutcome } = logOf(context, 1);
		onRepeat?.(new AirError('AIR_RATE_LIMITED', { airMessage: 'ada@example.com' }), 512.7);
		onLateOutcome?.({ coreClaimHash: 'abc', userUuid: 'ada@example.com' });
		onLateOutcome?.(new AirError('AIR_TIMEOUT', { airMessage: 'ada@example.com' }));
		onLateOutcome?.(new TypeError('ada@example.com'));
		expect(log).toHaveLength(4);
		expect(log[0]).toBe('Issue, item 2: AIR_RATE_LIMITED; trying again in 513 ms');
		expect(log[1]).toMatch(/^Issue, item 2: .*coreClaimHash abc$/);
		expect(log[2]).toMatch(/AIR_TIMEOUT$/);
		expect(log[3]).toMatch(/TypeError$/);
		expect(log.join()).not.toContain('ada@');
	});
});

describe('why a wait stopped', () => {
	test('is not said when time just ran out', () => {
		expect(waitStopped(undefined)).toEqual({});
	});

	test('is said in the words of the error', () => {
		const error = new AirError('AIR_FORBIDDEN', { airMessage: 'no' });
		expect(waitStopped(error).waitStopped).toBe(`${error.message}. ${error.description}`);
	});

	// The issuance was made; "nothing was sent, run the workflow again" would issue it again.
	test('a cancel is not told as if nothing had been sent', () => {
		expect(waitStopped(new AirError('AIR_CANCELLED')).waitStopped).toMatch(
			/^Cancelled while waiting/,
		);
		expect(JSON.stringify(waitStopped(new AirError('AIR_CANCELLED')))).not.toMatch(
			/again|nothing/i,
		);
	});
});
