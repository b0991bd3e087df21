import fc from 'fast-check';
import { AirError } from '../../../../errors/AirError';
import { HostLimiter, limiterFor } from '../../../../air/pacing/HostLimiter';
import type { Permit } from '../../../../air/pacing/Permit';
import { LONGEST_WISH_MS } from '../../../../air/pacing/retryAfter';
import { VirtualTime } from '../../../support/virtualTime';

/** A limiter, and who got leave when. */
function limited() {
	const time = new VirtualTime();
	const limiter = new HostLimiter(time, () => 0.5);
	const permits: Permit[] = [];
	const at: number[] = [];
	const errors: unknown[] = [];
	const ask = (options?: Parameters<HostLimiter['permit']>[0]) => {
		limiter.permit(options).then(
			(permit) => {
				permits.push(permit);
				at.push(time.now());
			},
			(error: unknown) => {
				errors.push(error);
			},
		);
	};
	const nth = (index: number): Permit => {
		const permit = permits[index];
		if (permit === undefined) throw new Error(`no permit ${index}`);
		return permit;
	};
	return { time, limiter, permits, nth, at, errors, ask };
}

const ask = (times: number, once: () => void) => {
	for (let i = 0; i < times; i++) once();
};

describe('without a limit', () => {
	test('ten go at once, and then as many as there are answers', async () => {
		const { time, ask: once, nth, at } = limited();
		ask(15, once);
		await time.run(1_000);
		expect(at).toEqual(Array(10).fill(0));
		nth(0).answered();
		nth(0).answered();
		nth(1).ended();
		await time.run(2_000);
		expect(at.slice(10)).toEqual([1_000, 1_000]);
	});

	test('up to what connections there are, where somebody chose how many', async () => {
		const { time, ask: once, at } = limited();
		for (let i = 0; i < 120; i++) once({ share: { fixed: true } });
		await time.run(1_000);
		expect(at).toHaveLength(100);
	});
});

describe('a limit that a user sets', () => {
	test('spaces requests, in the order in which they came', async () => {
		const { time, limiter, ask: once, at } = limited();
		limiter.restrict(10);
		ask(5, once);
		await time.run();
		expect(at).toEqual([0, 100, 200, 300, 400]);
	});

	test('the lowest counts until it is lifted, and then nobody waits for it any more', async () => {
		const { time, limiter, ask: once, at } = limited();
		limiter.restrict(10);
		const lift = limiter.restrict(1);
		expect(limiter.perSecond).toBe(1);
		ask(4, once);
		await time.run(1_500);
		expect(at).toEqual([0, 1_000]);
		lift();
		expect(limiter.perSecond).toBe(10);
		await time.run();
		expect(at).toEqual([0, 1_000, 1_500, 1_580]);
	});

	test('a permit that is given back goes to the next', async () => {
		const { time, limiter, ask: once, nth, at } = limited();
		limiter.restrict(1);
		ask(2, once);
		await time.run(100);
		nth(0).giveBack();
		nth(0).giveBack();
		await time.run();
		expect(at).toEqual([0, 100]);
	});

	test('what is being sent cannot be given back', async () => {
		const { time, limiter, ask: once, nth, at } = limited();
		limiter.restrict(1);
		ask(2, once);
		await time.run(100);
		nth(0).use();
		nth(0).giveBack();
		await time.run();
		expect(at).toEqual([0, 1_000]);
	});
});

describe('after a refusal', () => {
	test('everybody waits as AIR asks, and goes on one by one', async () => {
		const { time, ask: once, nth, at } = limited();
		ask(1, once);
		await time.run(10);
		nth(0).refused('too-many', 5_000);
		ask(5, once);
		await time.run();
		const [, first = 0, ...later] = at;
		expect(first).toBeGreaterThanOrEqual(5_010);
		expect(first).toBeLessThanOrEqual(5_260);
		// Ten a second, and soon some more.
		for (const [index, when] of later.entries()) {
			expect(when - (at[index + 1] ?? 0)).toBeGreaterThan(60);
		}
	});

	test.each([
		['503', 'unavailable'],
		['429', 'too-many'],
	] as const)('%s without a time: pauses double while nothing passes', async (_, refusal) => {
		const { time, limiter, ask: once, nth } = limited();
		const pauses: number[] = [];
		for (let i = 0; i < 8; i++) {
			once();
			await time.run();
			nth(i).refused(refusal, undefined);
			pauses.push(limiter.pauseMs);
		}
		const rounded = pauses.map((ms) => Math.floor(ms / 1000));
		expect(rounded).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
	});

	test('refusals of what was under way already are the same refusal', async () => {
		const { time, limiter, ask: once, nth } = limited();
		ask(3, once);
		await time.run(10);
		nth(0).refused('too-many', 1_000);
		const { perSecond } = limiter;
		nth(1).refused('too-many', 1_000);
		nth(2).refused('too-many', 3_000);
		expect(limiter.perSecond).toBe(perSecond);
		expect(limiter.pauseMs).toBeGreaterThanOrEqual(3_000);
	});

	test('a rate far below the guess is found', async () => {
		const rates: number[] = [];
		const { time, limiter, ask: once, nth } = limited();
		for (let i = 0; i < 10; i++) {
			once();
			await time.run();
			nth(i).refused('too-many', 1_000);
			rates.push(limiter.perSecond);
		}
		expect(rates.slice(0, 4)).toEqual([
			10,
			expect.any(Number),
			expect.any(Number),
			expect.any(Number),
		]);
		expect(rates.at(-1)).toBeLessThan(0.1 * 2);
		expect(rates.at(-1)).toBeGreaterThanOrEqual(0.1);
	});

	test.each([0, undefined, 1_000])(
		'503 for however long (Retry-After %s) says nothing about the rate: afterwards it goes on as after the first',
		async (retryAfterMs) => {
			const { time, limiter, ask: once, nth } = limited();
			const rates: number[] = [];
			for (let i = 0; i < 30; i++) {
				once();
				await time.run();
				nth(i).refused('unavailable', retryAfterMs);
				rates.push(limiter.perSecond);
			}
			expect(rates).toEqual(Array(30).fill(rates[0]));
			expect(rates[0]).toBe(10);
		},
	);

	test.each([
		{ everySeconds: 5, restMs: 0, least: 7 },
		{ everySeconds: 10, restMs: 0, least: 8 },
		{ everySeconds: 60, restMs: 0, least: 9 },
		{ everySeconds: 10, restMs: 3_000, least: 2.5 },
		{ everySeconds: 23, restMs: 3_000, least: 2.8 },
	])(
		'a refusal now and then ($everySeconds s) brings nothing to a standstill, with $restMs ms of rest',
		async ({ everySeconds, restMs, least }) => {
			const time = new VirtualTime();
			const limiter = new HostLimiter(time, () => 0.5);
			const minute = 60_000;
			let refusals = 0;
			let accepted = 0;
			const worker = async (): Promise<void> => {
				while (time.now() < 15 * minute) {
					const permit = await limiter.permit();
					permit.use();
					await time.sleep(30);
					if (time.now() > (refusals + 1) * everySeconds * 1_000) {
						refusals++;
						permit.refused(refusals % 2 === 0 ? 'too-many' : 'unavailable', 1_000);
					} else {
						permit.answered();
						if (time.now() > 10 * minute) accepted++;
					}
					await time.sleep(restMs);
				}
			};
			const workers = Array.from({ length: 10 }, worker);
			await time.run();
			await Promise.all(workers);
			// Of ten each second, or of as many as were asked for, what the pauses leave.
			expect(accepted / 300).toBeGreaterThan(least);
		},
	);

	test('in time the limit is forgotten', async () => {
		const { time, limiter, ask: once, nth } = limited();
		once();
		await time.run(10);
		nth(0).refused('too-many', 1_000);
		await time.run(10 * 60_000);
		expect(limiter.perSecond).toBe(Number.POSITIVE_INFINITY);
	});
});

describe('nobody waits forever', () => {
	test('a cancel ends the wait at once, and nobody behind waits for it', async () => {
		const { time, limiter, ask: once, at, errors } = limited();
		limiter.restrict(1);
		const controller = new AbortController();
		once();
		once({ signal: controller.signal });
		once();
		await time.run(500);
		controller.abort();
		await time.run();
		expect(errors).toEqual([expect.objectContaining({ code: 'AIR_CANCELLED' })]);
		expect(at).toEqual([0, 1_000]);
	});

	test('a cancel of the last one that waits leaves no timer behind', async () => {
		const { time, limiter, ask: once } = limited();
		limiter.restrict(1);
		const controller = new AbortController();
		once();
		once({ signal: controller.signal });
		await time.run(500);
		controller.abort();
		await time.run();
		expect(time.now()).toBe(500);
	});

	test('a timer that is late makes nobody late but the one it is for', async () => {
		const time = new VirtualTime();
		const after: VirtualTime['after'] = (ms, callback) => time.after(ms + 15, callback);
		const limiter = new HostLimiter({ now: time.now, busyMs: time.busyMs, after }, () => 0.5);
		limiter.restrict(10);
		const at: number[] = [];
		for (let i = 0; i < 4; i++) void limiter.permit().then(() => at.push(time.now()));
		await time.run();
		expect(at).toEqual([0, 115, 215, 315]);
	});

	test('aborted before: no permit', async () => {
		const { limiter } = limited();
		await expect(limiter.permit({ signal: AbortSignal.abort() })).rejects.toThrow(AirError);
	});

	test('one that has no time to wait for its permit is told so when its time is over', async () => {
		const { time, limiter, ask: once, at, errors } = limited();
		limiter.restrict(0.1);
		once();
		once({ withinMs: 3_000 });
		await time.run(2_999);
		expect(errors).toEqual([]);
		await time.run(3_001);
		expect(errors).toEqual([expect.objectContaining({ code: 'AIR_RATE_LIMITED' })]);
		await time.run();
		expect(at).toEqual([0]);
	});

	test('one that has no time for AIR’s pause is told so at once, and for how long it is', async () => {
		const { time, ask: once, nth, errors } = limited();
		once();
		await time.run(0);
		nth(0).refused('too-many', 30_000);
		once({ withinMs: 10_000 });
		await time.run(1);
		expect(errors).toEqual([expect.objectContaining({ code: 'AIR_RATE_LIMITED' })]);
		const [error] = errors;
		expect((error as AirError).retryAfterMs).toBeGreaterThan(29_000);
	});

	test('one whose turn does not come while AIR does not answer is told that, and not to send fewer', async () => {
		const { time, ask: once, nth, errors } = limited();
		ask(6, once);
		await time.run(0);
		for (let i = 0; i < 5; i++) nth(i).broken();
		once({ withinMs: 10_000 });
		await time.run(10_000);
		expect(errors).toEqual([
			expect.objectContaining({ code: 'AIR_UNAVAILABLE', kind: 'not-sent', retryAfterMs: 1 }),
		]);
	});
});

describe('AIR asks for more than anybody waits for', () => {
	const MINUTE_MS = 60_000;
	const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;

	/** Refused for so long at 0; three others wait. */
	async function refusedFor(retryAfterMs: number) {
		const stage = limited();
		stage.ask();
		await stage.time.run(0);
		stage.nth(0).refused('too-many', retryAfterMs);
		ask(3, stage.ask);
		return stage;
	}

	test.each([LONGEST_WISH_MS, YEAR_MS, Number.MAX_VALUE])(
		'once (%d ms): after a minute one request tries it, and all go on when it is answered',
		async (retryAfterMs) => {
			const { time, nth, at, errors } = await refusedFor(retryAfterMs);
			await time.run(MINUTE_MS - 1);
			expect(at).toEqual([0]);
			await time.run(MINUTE_MS + 5_000);
			expect(at).toHaveLength(2);
			nth(1).answered();
			await time.run(MINUTE_MS + 10_000);
			expect(at).toHaveLength(4);
			expect(errors).toEqual([]);
		},
	);

	test('and the one that tries it is refused for as long: all who wait are told for how long', async () => {
		const { time, nth, at, errors } = await refusedFor(YEAR_MS);
		await time.run(MINUTE_MS + 1_000);
		nth(1).refused('too-many', LONGEST_WISH_MS);
		await time.run(MINUTE_MS + 1_001);
		expect(errors).toHaveLength(2);
		expect((errors[0] as AirError).description).toMatch(/asks to wait (899|900|901) seconds/);
		expect((errors[0] as AirError).facts).toMatchObject({ waitTooLong: true });
		expect(at).toHaveLength(2);
	});

	test('each time: a new one is told at once, except for one a minute', async () => {
		const { time, ask: once, permits, nth, errors } = await refusedFor(YEAR_MS);
		let told = 0;
		for (let second = 0; second < 1_800; second++) {
			await time.run(second * 1_000);
			once();
			await time.run(second * 1_000 + 1);
			if (permits.length > told) nth(told++).refused('too-many', LONGEST_WISH_MS);
		}
		expect(permits.length).toBeGreaterThan(25);
		expect(permits.length).toBeLessThanOrEqual(31);
		expect(errors.length).toBeGreaterThan(1_600);
		// AIR has come to its senses.
		await time.run(1_870_000);
		ask(3, once);
		await time.run(1_870_001);
		nth(permits.length - 1).answered();
		await time.run(1_880_000);
		expect(permits.length - told).toBe(3);
	});

	test('and what was under way then is refused, too: that tries nothing', async () => {
		const { time, ask: once, nth, at, errors } = limited();
		ask(3, once);
		await time.run(0);
		for (const index of [0, 1, 2]) nth(index).refused('too-many', YEAR_MS);
		once();
		await time.run(MINUTE_MS + 1_000);
		expect(errors).toEqual([]);
		expect(at).toHaveLength(4);
	});

	test('and then for a second: everybody waits for that', async () => {
		const { time, nth, at, errors } = await refusedFor(YEAR_MS);
		await time.run(MINUTE_MS + 1_000);
		nth(1).refused('too-many', 1_000);
		await time.run(MINUTE_MS + 30_000);
		expect(errors).toEqual([]);
		expect(at).toHaveLength(4);
	});

	test('and the one that tries it gets no answer: the next one tries it', async () => {
		const { time, nth, at, errors } = await refusedFor(YEAR_MS);
		await time.run(MINUTE_MS + 1_000);
		nth(1).ended();
		await time.run(MINUTE_MS + 2_000);
		expect([errors.length, at.length]).toEqual([0, 3]);
		nth(2).giveBack();
		await time.run(MINUTE_MS + 3_000);
		expect([errors.length, at.length]).toEqual([0, 4]);
	});

	test('one that has less than the minute is told at once', async () => {
		const { time, ask: once, errors } = await refusedFor(YEAR_MS);
		once({ withinMs: 10_000 });
		await time.run(1);
		expect(errors).toEqual([expect.objectContaining({ code: 'AIR_RATE_LIMITED' })]);
	});

	test('a little less than that is waited for', async () => {
		const { time, at, errors } = await refusedFor(LONGEST_WISH_MS - 1_000);
		await time.run(LONGEST_WISH_MS - 2_000);
		expect([errors.length, at.length]).toEqual([0, 1]);
		await time.run(LONGEST_WISH_MS + 1_000);
		expect([errors.length, at.length]).toEqual([0, 4]);
	});
});

test('one for each host, whatever the path', () => {
	expect(limiterFor('https://a.example/v1')).toBe(limiterFor('https://a.example/v2'));
	expect(limiterFor('https://a.example/v1')).not.toBe(limiterFor('https://b.example/v1'));
});

interface Against {
	readonly perSecond: number;
	readonly burst: number;
	readonly latencyMs: number;
	readonly retryAfterMs: number | undefined;
	readonly concurrency: number;
	readonly requests: number;
}

/** A run against a server with a token bucket, as the emulator and most gateways have it. */
async function runAgainst(server: Against) {
	const time = new VirtualTime();
	const limiter = new HostLimiter(time, () => 0.5);
	let tokens = server.burst;
	let filledAt = 0;
	let sent = 0;
	let refused = 0;
	let accepted = 0;
	let early = 0;
	const admit = (): boolean => {
		tokens = Math.min(server.burst, tokens + ((time.now() - filledAt) / 1000) * server.perSecond);
		filledAt = time.now();
		if (tokens < 1) return false;
		tokens -= 1;
		return true;
	};
	const worker = async (): Promise<void> => {
		while (accepted + inFlight < server.requests) {
			inFlight++;
			const permit = await limiter.permit();
			permit.use();
			sent++;
			if (limiter.pauseMs > 0) early++;
			await time.sleep(server.latencyMs / 2);
			const passed = admit();
			await time.sleep(server.latencyMs / 2);
			inFlight--;
			if (passed) {
				accepted++;
				permit.answered();
			} else {
				refused++;
				permit.refused('too-many', server.retryAfterMs);
			}
		}
	};
	let inFlight = 0;
	const workers = Array.from({ length: server.concurrency }, worker);
	await time.run();
	await Promise.all(workers);
	return { sent, refused, accepted, early, seconds: time.now() / 1000 };
}

describe('against a server that limits', () => {
	const usual: Against = {
		perSecond: 100,
		burst: 100,
		latencyMs: 20,
		retryAfterMs: 1_000,
		concurrency: 50,
		requests: 3_000,
	};

	test.each([
		['20 ms away', usual],
		['100 ms away', { ...usual, latencyMs: 100 }],
		['that does not say for how long', { ...usual, retryAfterMs: undefined }],
		['with ten at a time', { ...usual, concurrency: 10 }],
	])('%s: under 3 %% refused, under 1.1 times the ideal time', async (_, server) => {
		const { sent, refused, accepted, early, seconds } = await runAgainst(server);
		expect(accepted).toBe(server.requests);
		expect(sent).toBe(accepted + refused);
		expect(early).toBe(0);
		expect(refused / sent).toBeLessThan(0.03);
		expect(seconds).toBeLessThan(1.1 * (server.requests / server.perSecond));
	});

	// What passes at first says nothing about such a limit: it has to be looked for from below.
	test('hardly any burst: under 3 % refused, under 1.4 times the ideal time', async () => {
		const { sent, refused, seconds } = await runAgainst({ ...usual, burst: 5 });
		expect(refused / sent).toBeLessThan(0.03);
		expect(seconds).toBeLessThan(1.4 * (usual.requests / usual.perSecond));
	});

	test('of any kind: all is sent, nothing during a pause, little in vain', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.record({
					perSecond: fc.integer({ min: 5, max: 300 }),
					burst: fc.integer({ min: 5, max: 300 }),
					latencyMs: fc.integer({ min: 1, max: 300 }),
					retryAfterMs: fc.option(
						fc.integer({ min: 1, max: 10 }).map((s) => s * 1_000),
						{
							nil: undefined,
						},
					),
					concurrency: fc.integer({ min: 1, max: 60 }),
					requests: fc.constant(600),
				}),
				async (server) => {
					const { refused, accepted, early } = await runAgainst(server);
					expect(accepted).toBe(600);
					expect(early).toBe(0);
					// What was under way at the first refusal, and what looking for the limit costs.
					expect(refused).toBeLessThan(server.concurrency + server.requests / 4);
				},
			),
			{ numRuns: 25 },
		);
	});
});
