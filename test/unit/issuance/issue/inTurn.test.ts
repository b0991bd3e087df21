import type { AirClient } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { HostLimiter } from '../../../../air/pacing/HostLimiter';
import { inTurn } from '../../../../issuance/issue/inTurn';

/** A client that has nothing but its limiter. */
function client(limiter = new HostLimiter(undefined, undefined, 1)): AirClient {
	return {
		turn: async (signal?: AbortSignal) => await limiter.turn({ signal }),
	} as unknown as AirClient;
}

const tooLong = new AirError('AIR_RATE_LIMITED', { waitTooLong: true, retryAfterMs: 90_000 });

test('what came to nothing because AIR asks to wait for long is begun anew', async () => {
	const repeats: unknown[] = [];
	let tries = 0;
	const result = await inTurn(
		client(),
		{ onRepeat: (error, delayMs) => repeats.push([error.code, delayMs]) },
		async () => {
			await Promise.resolve();
			if (++tries < 3) throw tooLong;
			return 'issued';
		},
	);
	expect(result).toBe('issued');
	expect(repeats).toEqual([
		['AIR_RATE_LIMITED', 90_000],
		['AIR_RATE_LIMITED', 90_000],
	]);
});

test.each([
	['it is asked for again and again', tooLong, 3],
	['AIR may have issued', tooLong.with({ kind: 'outcome-unknown' }), 1],
	['the call has waited itself', new AirError('AIR_RATE_LIMITED', { retryAfterMs: 1_000 }), 1],
	['it is another failure', new AirError('AIR_DNS'), 1],
	['nobody knows what happened', new Error('unexpected'), 1],
])('not when %s', async (_, error, times) => {
	let tries = 0;
	const sending = inTurn(client(), {}, async () => {
		tries++;
		await Promise.resolve();
		throw error;
	});
	await expect(sending).rejects.toBe(error);
	expect(tries).toBe(times);
});

test('a turn that was not used is given back, however it ended', async () => {
	const limiter = new HostLimiter(undefined, undefined, 1);
	await expect(
		inTurn(client(limiter), {}, async () => {
			await Promise.reject(new Error('x'));
		}),
	).rejects.toThrow('x');
	let asked = 0;
	// Undefined asks for another turn, which there is only if the one before was given back.
	await inTurn(
		client(limiter),
		{},
		async () => await Promise.resolve(++asked > 3 ? asked : undefined),
	);
	expect(asked).toBe(4);
});

test('stopped while waiting: nothing is begun', async () => {
	const limiter = new HostLimiter(undefined, undefined, 1);
	await limiter.turn();
	const controller = new AbortController();
	let begun = false;
	const sending = inTurn(client(limiter), { stopped: controller.signal }, async () => {
		begun = true;
		return await Promise.resolve(true);
	});
	controller.abort();
	await expect(sending).rejects.toMatchObject({ code: 'AIR_CANCELLED' });
	expect(begun).toBe(false);
});
