import type { AirAccount } from '../../../../air/direct/account';
import { HolderCache, type HolderId } from '../../../../air/direct/HolderCache';
import { AirError } from '../../../../errors/AirError';
import { airErrorOf } from '../support';
import { makeHolder } from './support';

const ID: HolderId = {
	accountUrl: 'https://air.api.example.com',
	partnerId: 'partner-1',
	scope: 'issue',
	thumbprint: 'thumbprint-1',
	email: 'ada@example.com',
};
const holder = makeHolder();
const account = (did = 'did:air:id:test:1'): AirAccount => ({
	did,
	holderKey: holder.key,
	binding: holder.binding,
	userId: undefined,
	status: undefined,
});
const found = async (one: AirAccount) => await Promise.resolve(one);

/** A look-up that ends when the test says so. */
function slowly() {
	let end: (one: AirAccount) => void = () => undefined;
	let fail: (error: Error) => void = () => undefined;
	let stopped: AbortSignal | undefined;
	const lookUp = jest.fn(async (signal: AbortSignal) => {
		stopped = signal;
		return await new Promise<AirAccount>((resolve, reject) => {
			end = resolve;
			fail = reject;
		});
	});
	return {
		lookUp,
		end: (one: AirAccount) => {
			end(one);
		},
		fail: (error: Error) => {
			fail(error);
		},
		isStopped: () => stopped?.aborted === true,
	};
}

test('asks once for minutes, and again after them', async () => {
	let now = 0;
	const cache = new HolderCache(10, () => now);
	const lookUp = jest.fn(async () => await found(account()));
	for (now = 0; now < 5 * 60_000; now += 30_000) await cache.get(ID, undefined, lookUp);
	expect(lookUp).toHaveBeenCalledTimes(1);
	now = 5 * 60_000;
	await cache.get(ID, undefined, lookUp);
	expect(lookUp).toHaveBeenCalledTimes(2);
});

test.each(Object.keys(ID) as (keyof HolderId)[])(
	'an account is another one for another %s: no holder key crosses over',
	async (part) => {
		const cache = new HolderCache();
		await cache.get(ID, undefined, async () => await found(account('did:air:first')));
		const other = { ...ID, [part]: 'another' };
		const second = await cache.get(
			other,
			undefined,
			async () => await found(account('did:air:second')),
		);
		expect(second.did).toBe('did:air:second');
		const first = await cache.get(ID, undefined, async () => await found(account('did:air:third')));
		expect(first.did).toBe('did:air:first');
	},
);

test('a call that comes meanwhile waits for the look-up that is under way', async () => {
	const cache = new HolderCache();
	const { lookUp, end } = slowly();
	const all = Array.from({ length: 20 }, async () => await cache.get(ID, undefined, lookUp));
	end(account());
	expect(new Set(await Promise.all(all)).size).toBe(1);
	expect(lookUp).toHaveBeenCalledTimes(1);
});

test('the cancel of one ends the look-up of no other', async () => {
	const cache = new HolderCache();
	const { lookUp, end, isStopped } = slowly();
	const cancel = new AbortController();
	const first = airErrorOf(async () => await cache.get(ID, cancel.signal, lookUp));
	const second = cache.get(ID, new AbortController().signal, lookUp);
	cancel.abort();
	expect((await first).code).toBe('AIR_CANCELLED');
	expect(isStopped()).toBe(false);
	end(account());
	expect((await second).did).toBe('did:air:id:test:1');
	expect(lookUp).toHaveBeenCalledTimes(1);
});

test('the cancel of the last one ends it, and the next one asks again', async () => {
	const cache = new HolderCache();
	const { lookUp, fail, isStopped } = slowly();
	const cancels = [new AbortController(), new AbortController()];
	const waits = cancels.map(
		async ({ signal }) => await airErrorOf(async () => await cache.get(ID, signal, lookUp)),
	);
	for (const cancel of cancels) cancel.abort();
	await Promise.all(waits);
	expect([isStopped(), cache.size]).toEqual([true, 0]);
	const next = await cache.get(ID, undefined, async () => await found(account('did:air:next')));
	fail(new AirError('AIR_CANCELLED'));
	await new Promise(setImmediate);
	expect(next.did).toBe('did:air:next');
	expect(cache.size).toBe(1);
});

test('a call that was cancelled before asks nothing', async () => {
	const cache = new HolderCache();
	const { lookUp } = slowly();
	const error = await airErrorOf(async () => await cache.get(ID, AbortSignal.abort(), lookUp));
	expect([error.code, lookUp.mock.calls.length]).toEqual(['AIR_CANCELLED', 0]);
});

test('all waiting callers get a failure, and it is not kept', async () => {
	const cache = new HolderCache();
	const { lookUp, fail } = slowly();
	const waits = Array.from(
		{ length: 3 },
		async () => await airErrorOf(async () => await cache.get(ID, undefined, lookUp)),
	);
	fail(new AirError('AIR_DNS'));
	expect((await Promise.all(waits)).map(({ code }) => code)).toEqual(Array(3).fill('AIR_DNS'));
	expect(cache.size).toBe(0);
});

test('an account without a signing key is not kept: the person may log in the next moment', async () => {
	const cache = new HolderCache();
	const unbound = { ...account(), binding: undefined };
	expect(
		(await cache.get(ID, undefined, async () => await found(unbound))).binding,
	).toBeUndefined();
	const second = await cache.get(ID, undefined, async () => await found(account()));
	expect(second.binding).toEqual(holder.binding);
});

test('what is forgotten is asked for again', async () => {
	const cache = new HolderCache();
	await cache.get(ID, undefined, async () => await found(account('did:air:old')));
	cache.forget(ID);
	const second = await cache.get(ID, undefined, async () => await found(account('did:air:new')));
	expect(second.did).toBe('did:air:new');
});

test('keeps a bounded number, the oldest leave first', async () => {
	const cache = new HolderCache(3);
	for (const email of ['a', 'b', 'c', 'd', 'e']) {
		await cache.get({ ...ID, email }, undefined, async () => await found(account()));
	}
	expect(cache.size).toBe(3);
	const lookUp = jest.fn(async () => await found(account()));
	await cache.get({ ...ID, email: 'e' }, undefined, lookUp);
	expect(lookUp).not.toHaveBeenCalled();
	await cache.get({ ...ID, email: 'a' }, undefined, lookUp);
	expect(lookUp).toHaveBeenCalledTimes(1);
});
