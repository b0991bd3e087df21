import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { PartnerJwtCache } from '../../../../air/tokens/PartnerJwtCache';
import * as partnerJwt from '../../../../air/tokens/partnerJwt';
import { importPrivateKey, type PrivateKey } from '../../../../air/keys/privateKey';
import { airErrorOf, ecKey } from '../support';

jest.mock('../../../../air/tokens/partnerJwt', () => {
	const real = jest.requireActual<typeof partnerJwt>('../../../../air/tokens/partnerJwt');
	return { ...real, signPartnerJwt: jest.fn(real.signPartnerJwt) };
});
const sign = jest.mocked(partnerJwt.signPartnerJwt);
afterEach(() => sign.mockClear());

const BASE = 'https://air.example.com/v1';
const NOW = Date.parse('2026-01-19T07:18:45.000Z');
const seconds = (count: number) => NOW + count * 1000;
const claims: partnerJwt.PartnerJwtClaims = {
	partnerId: 'partner-1',
	kid: 'kid-1',
	scope: 'issue on-behalf',
	email: 'ada@example.com',
	lifetimeSeconds: 300,
};

let key: PrivateKey;
let otherKey: PrivateKey;
const read = async (which: string) =>
	await importPrivateKey(ecKey('P-256', which).export({ type: 'pkcs8', format: 'pem' }).toString());
beforeAll(async () => {
	key = await read('first');
	otherKey = await read('second');
});

/** The clock of the machine, and one that never jumps: both in seconds after NOW. */
function clocks() {
	const at = { wall: 0, elapsed: 0 };
	const cache = new PartnerJwtCache(10_000, () => at.elapsed * 1000);
	return {
		cache,
		/** Time passes. */
		pass: (count: number) => {
			at.wall += count;
			at.elapsed += count;
		},
		/** Somebody, or NTP, sets the clock. */
		set: (by: number) => {
			at.wall += by;
		},
		/** Only where the machine sleeps does the other clock stand still. */
		suspend: (count: number) => {
			at.wall += count;
		},
		get: async () => decodeJwt(await cache.get(key, BASE, claims, seconds(at.wall))),
		elapsed: () => at.elapsed,
	};
}

test('the same call gets the same token and signs once', async () => {
	const cache = new PartnerJwtCache();
	const first = await cache.get(key, BASE, claims, NOW);
	expect(await cache.get(key, BASE, { ...claims }, seconds(100))).toBe(first);
	expect(sign).toHaveBeenCalledTimes(1);
});

test.each([
	[239.999, 1],
	[240, 1],
	[240.001, 2],
	[300, 2],
	[100_000, 2],
])('%d seconds later %d have been signed', async (later, signed) => {
	const cache = new PartnerJwtCache();
	await cache.get(key, BASE, claims, NOW);
	const token = await cache.get(key, BASE, claims, seconds(later));
	expect(sign).toHaveBeenCalledTimes(signed);
	expect((decodeJwt(token).exp ?? 0) * 1000 - seconds(later)).toBeGreaterThanOrEqual(60_000);
});

test('a token signed while the clock was ahead is not used once the clock is right', async () => {
	const cache = new PartnerJwtCache();
	await cache.get(key, BASE, claims, seconds(3600));
	const token = await cache.get(key, BASE, claims, NOW);
	expect(decodeJwt(token).exp).toBe(NOW / 1000 + 300);
});

test('a token that has expired is not sent because the clock was set back meanwhile', async () => {
	const { pass, set, get } = clocks();
	const first = await get();
	pass(290);
	set(-200);
	// By the clock of the machine it has 210 s left; it was signed 290 s ago.
	expect((await get()).exp).not.toBe(first.exp);
});

test('a token that has expired while the machine slept is not sent', async () => {
	const { suspend, get } = clocks();
	const first = await get();
	suspend(280);
	expect((await get()).exp).toBe((first.exp ?? 0) + 280);
});

test.each([
	['back', -3600],
	['forward', 3600],
])('the clock set %s, and right again: right tokens at once', async (_way, by) => {
	const { pass, set, get } = clocks();
	await get();
	pass(5);
	set(by);
	await get();
	pass(5);
	set(-by);
	const { iat = 0, exp = 0 } = await get();
	expect(iat).toBeLessThanOrEqual(NOW / 1000 + 10);
	expect(exp).toBeGreaterThan(NOW / 1000 + 10 + 60);
	expect(exp).toBeLessThanOrEqual(NOW / 1000 + 10 + 300);
});

test('however the clock is set, no token is older than it may be', async () => {
	const step = fc.oneof(
		fc.record({ do: fc.constant('pass' as const), by: fc.integer({ min: 0, max: 400 }) }),
		fc.record({ do: fc.constant('set' as const), by: fc.integer({ min: -4000, max: 4000 }) }),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
			const { pass, set, get, elapsed } = clocks();
			const signedAt = new Map<string, number>();
			for (const { do: what, by } of steps) {
				if (what === 'pass') pass(by);
				else set(by);
				const before = sign.mock.calls.length;
				const id = JSON.stringify(await get());
				if (sign.mock.calls.length > before) signedAt.set(id, elapsed());
				expect(elapsed() - (signedAt.get(id) ?? Infinity)).toBeLessThanOrEqual(240);
			}
		}),
		{ numRuns: 60 },
	);
});

test('nobody gets a token that was signed for something else', async () => {
	const cache = new PartnerJwtCache();
	const calls: [PrivateKey, string, partnerJwt.PartnerJwtClaims][] = [
		[key, BASE, claims],
		[otherKey, BASE, claims],
		[key, 'https://elsewhere.example.com/v1', claims],
		[key, BASE, { ...claims, partnerId: 'partner-2' }],
		[key, BASE, { ...claims, kid: 'kid-2' }],
		[key, BASE, { ...claims, scope: 'issue' }],
		[key, BASE, { ...claims, email: 'bob@example.com' }],
		[key, BASE, { ...claims, email: 'Ada@example.com' }],
		[key, BASE, { ...claims, lifetimeSeconds: 301 }],
		// Joined without a separator these two would be the same as others above.
		[key, BASE, { ...claims, partnerId: 'partner-1kid', kid: '-1' }],
		[key, BASE, { ...claims, partnerId: 'partner-1","kid-1', kid: '' }],
	];
	const tokens = [];
	for (const call of calls) tokens.push(await cache.get(...call, NOW));
	expect(sign).toHaveBeenCalledTimes(calls.length);
	expect(new Set(tokens).size).toBe(calls.length);
	expect(cache.size).toBe(calls.length);
});

test('it stays as small as it was told, and forgets the oldest', async () => {
	const cache = new PartnerJwtCache(3);
	const get = async (name: string) =>
		await cache.get(key, BASE, { ...claims, email: `${name}@example.com` }, NOW);
	for (const name of ['a', 'b', 'c', 'd']) await get(name);
	expect(cache.size).toBe(3);
	await get('d');
	expect(sign).toHaveBeenCalledTimes(4);
	await get('a');
	expect(sign).toHaveBeenCalledTimes(5);
	expect(cache.size).toBe(3);
});

test('a signing that failed is not kept', async () => {
	const cache = new PartnerJwtCache();
	sign.mockRejectedValueOnce(new Error('no entropy'));
	await expect(cache.get(key, BASE, claims, NOW)).rejects.toThrow('no entropy');
	expect(cache.size).toBe(0);
	expect(await cache.get(key, BASE, claims, NOW)).toMatch(/^eyJ/);
});

test('a lifetime out of range is refused each time and leaves nothing behind', async () => {
	const cache = new PartnerJwtCache();
	const wrong = { ...claims, lifetimeSeconds: 5 };
	for (let turn = 0; turn < 2; turn++) {
		const error = await airErrorOf(() => cache.get(key, BASE, wrong, NOW));
		expect(error.code).toBe('AIR_SETTING_INVALID');
	}
	expect(cache.size).toBe(0);
});

test.each([
	['none is kept', NOW],
	['the one kept is about to expire', seconds(250)],
])('callers at the same time sign once when %s', async (_name, later) => {
	const cache = new PartnerJwtCache();
	if (later !== NOW) await cache.get(key, BASE, claims, NOW);
	sign.mockClear();
	const tokens = await Promise.all(
		Array.from({ length: 20 }, async () => await cache.get(key, BASE, claims, later)),
	);
	expect(new Set(tokens).size).toBe(1);
	expect(sign).toHaveBeenCalledTimes(1);
});

test('callers that share a failed signing all fail, and nothing else waits for it', async () => {
	const cache = new PartnerJwtCache();
	sign.mockRejectedValueOnce(new Error('no entropy'));
	const results = await Promise.allSettled([
		cache.get(key, BASE, claims, NOW),
		cache.get(key, BASE, claims, NOW),
	]);
	expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
	expect(cache.size).toBe(0);
});
