import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import { AirError } from '../../../air/AirError';
import { cancelSignal, forEachItem } from '../../../nodes/shared/forEachItem';
import { logOf } from '../../../nodes/shared/log';
import { waitStopped } from '../../../nodes/shared/waitStopped';
import { fakeContext } from './support';

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

	test('a field of AIR’s called error is passed on under another name', async () => {
		const { context } = fakeContext();
		const [output] = await forEachItem(
			context,
			async () => await Promise.resolve({ error: 'x', coreClaimHash: 'h' }),
		);
		expect(output?.[0]?.json).toEqual({ airError: 'x', coreClaimHash: 'h' });
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
		await expect(failing).rejects.toThrow(/\(item 2 of 3\)$/);
		expect(begun).toEqual([0, 1]);
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
		expect(JSON.stringify(hints)).toMatch(/4 of 4 items failed: .*2 other reasons/);
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
