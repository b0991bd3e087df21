import { AirError } from '../../../../errors/AirError';
import * as backoff from '../../../../air/pacing/backoff';
import type { AirErrorCode } from '../../../../errors/errorCatalogue';
import { HostLimiter } from '../../../../air/pacing/HostLimiter';
import {
	DEFAULT_REPEAT_LIMITS,
	NO_REPEAT,
	repeating,
	type RepeatOptions,
} from '../../../../air/pacing/repeat';
import { VirtualTime } from '../../../support/virtualTime';
import { airErrorOf } from '../support';

jest.mock('../../../../air/pacing/backoff', () => {
	const real = jest.requireActual<typeof backoff>('../../../../air/pacing/backoff');
	return { ...real, pause: jest.fn() };
});
const pause = jest.mocked(backoff.pause);

/** Time passes only while somebody waits. */
let time = 0;
beforeEach(() => {
	time = 0;
	pause.mockReset().mockImplementation((ms) => {
		time += ms;
		return Promise.resolve(true);
	});
});

const waits = () => pause.mock.calls.map(([ms]) => ms);

/** Runs attempts that end as told, the last of them again and again. */
async function run(
	endings: readonly (AirErrorCode | AirError | 'ok')[],
	options: Partial<RepeatOptions> = {},
): Promise<{ attempts: number; result: string | AirError }> {
	let attempts = 0;
	const send = () => {
		const ending = endings[Math.min(attempts++, endings.length - 1)] ?? 'ok';
		if (ending === 'ok') return Promise.resolve('ok');
		return Promise.reject(typeof ending === 'string' ? new AirError(ending) : ending);
	};
	const calling = repeating(() => ({ send }), {
		limiter: () => new HostLimiter(),
		limits: { attempts: 4, withinMs: 60_000 },
		repeatUnknown: false,
		now: () => time,
		random: () => 1,
		...options,
	});
	try {
		return { result: await calling, attempts };
	} catch {
		return { result: await airErrorOf(async () => await calling), attempts };
	}
}

test('what succeeds is not repeated', async () => {
	expect(await run(['ok'])).toEqual({ result: 'ok', attempts: 1 });
	expect(pause).not.toHaveBeenCalled();
});

test('waits double', async () => {
	expect((await run(['AIR_RATE_LIMITED'])).attempts).toBe(4);
	expect(waits()).toEqual([500, 1000, 2000]);
});

test('waits have jitter', async () => {
	await run(['AIR_RATE_LIMITED'], { random: () => 0 });
	expect(waits()).toEqual([250, 500, 1000]);
});

test('Retry-After makes a wait longer, never shorter', async () => {
	const after = (retryAfterMs: number) => new AirError('AIR_RATE_LIMITED', { retryAfterMs });
	await run([after(7000), after(100), 'ok']);
	expect(waits()).toEqual([7000, 1000]);
});

test('no attempt begins after the time is over, and nobody waits for nothing', async () => {
	const tooLong = new AirError('AIR_RATE_LIMITED', { retryAfterMs: 60_001 });
	expect(await run([tooLong])).toEqual({ result: tooLong, attempts: 1 });
	expect(pause).not.toHaveBeenCalled();
	const half = new AirError('AIR_UNAVAILABLE', { retryAfterMs: 30_000 });
	expect((await run([half])).attempts).toBe(3);
	expect(time).toBe(60_000);
});

test('NO_REPEAT repeats nothing', async () => {
	expect((await run(['AIR_DNS'], { limits: NO_REPEAT })).attempts).toBe(1);
});

test.each<[AirErrorCode, number, number]>([
	['AIR_DNS', 4, 4],
	['AIR_CONNECTION_REFUSED', 4, 4],
	['AIR_CONNECT_TIMEOUT', 4, 4],
	['AIR_PROXY', 4, 4],
	['AIR_RATE_LIMITED', 4, 4],
	['AIR_UNAVAILABLE', 4, 4],
	['AIR_TLS', 1, 1],
	['AIR_TIMEOUT', 1, 4],
	['AIR_CONNECTION_LOST', 1, 4],
	['AIR_SERVER_FAILURE', 1, 4],
	['AIR_UNAVAILABLE_GATEWAY', 1, 4],
	['AIR_ANSWER_UNREADABLE', 1, 4],
	['AIR_ANSWER_ENVELOPE', 1, 4],
	['AIR_ANSWER_TOO_LARGE', 1, 1],
	['AIR_CANCELLED', 1, 1],
	['AIR_CANCELLED_IN_FLIGHT', 1, 1],
	['AIR_BAD_REQUEST', 1, 1],
	['AIR_UNAUTHORIZED', 1, 1],
	['AIR_CONFLICT_DUPLICATE', 1, 1],
	['AIR_REDIRECT', 1, 1],
	['AIR_TARGET_PRIVATE', 1, 1],
])('%s: %d attempts, %d where an unknown outcome may be repeated', async (code, plain, unknown) => {
	expect((await run([code])).attempts).toBe(plain);
	expect((await run([code], { repeatUnknown: true })).attempts).toBe(unknown);
});

test.each<[AirErrorCode, AirErrorCode, number]>([
	['AIR_TIMEOUT', 'AIR_BAD_REQUEST', 2],
	['AIR_CONNECTION_LOST', 'AIR_CONFLICT_DUPLICATE', 2],
	['AIR_SERVER_FAILURE', 'AIR_RATE_LIMITED', 4],
	['AIR_SERVER_FAILURE', 'AIR_CONNECTION_REFUSED', 4],
	['AIR_SERVER_FAILURE', 'AIR_TLS', 2],
	['AIR_TIMEOUT', 'AIR_CANCELLED', 2],
])('after %s, %s does not make the outcome known', async (first, second, count) => {
	const { result, attempts } = await run([first, second], { repeatUnknown: true });
	expect(attempts).toBe(count);
	expect(result).toMatchObject({ code: second, kind: 'outcome-unknown' });
	expect(result).toMatchObject({ advice: expect.stringMatching(/^An earlier attempt/) as string });
	// The catalogue's words are about the last attempt only.
	expect(result).not.toMatchObject({
		advice: expect.stringMatching(/nothing was sent/i) as string,
	});
});

test('a refusal after attempts that were not sent is a refusal', async () => {
	const { result } = await run(['AIR_RATE_LIMITED', 'AIR_DNS', 'AIR_BAD_REQUEST']);
	expect(result).toMatchObject({ code: 'AIR_BAD_REQUEST', kind: 'refused' });
});

test('an unknown outcome that comes last is the last word', async () => {
	const { result, attempts } = await run(['AIR_RATE_LIMITED', 'AIR_TIMEOUT']);
	expect(result).toMatchObject({ code: 'AIR_TIMEOUT', kind: 'outcome-unknown' });
	expect(attempts).toBe(2);
});

test('a wait that is cut short ends the call', async () => {
	pause.mockResolvedValue(false);
	const { result, attempts } = await run(['AIR_RATE_LIMITED']);
	expect(result).toMatchObject({ code: 'AIR_RATE_LIMITED' });
	expect(attempts).toBe(1);
});

test('the signal reaches the wait, and the log hears of each repeat', async () => {
	const { signal: stopped } = new AbortController();
	const onRepeat = jest.fn();
	await run(['AIR_DNS', 'AIR_PROXY', 'ok'], { stopped, onRepeat });
	expect(pause.mock.calls).toEqual([
		[500, stopped],
		[1000, stopped],
	]);
	expect(
		onRepeat.mock.calls.map(([error, ms]: unknown[]) => [(error as AirError).code, ms]),
	).toEqual([
		['AIR_DNS', 500],
		['AIR_PROXY', 1000],
	]);
});

test('a bug is not repeated', async () => {
	const send = jest.fn().mockRejectedValue(new TypeError('a bug'));
	await expect(
		repeating(() => ({ send }), {
			limiter: () => new HostLimiter(),
			limits: { attempts: 4, withinMs: 1 },
			repeatUnknown: true,
		}),
	).rejects.toThrow('a bug');
	expect(send).toHaveBeenCalledTimes(1);
});

test.each([
	['back', -3_600_000, 60, 1],
	['forward', 3_600_000, 60_000, 3],
])(
	'the clock of the machine, set %s, does not change for how long it repeats',
	async (_way, jump, withinMs, expected) => {
		const { now } = Date;
		let offset = 0;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + offset);
		let attempts = 0;
		try {
			const failing = repeating(
				() => ({
					send: () => {
						attempts++;
						offset = jump;
						return Promise.reject(new AirError('AIR_CONNECTION_REFUSED'));
					},
				}),
				{
					limiter: () => new HostLimiter(),
					limits: { attempts: 3, withinMs },
					repeatUnknown: false,
				},
			);
			await expect(failing).rejects.toMatchObject({ code: 'AIR_CONNECTION_REFUSED' });
			expect(attempts).toBe(expected);
		} finally {
			jest.restoreAllMocks();
		}
	},
);

describe('a call that begins something before it sends', () => {
	const tooLong = new AirError('AIR_RATE_LIMITED', { waitTooLong: true, retryAfterMs: 90_000 });

	const oneAtATime = () => {
		const limiter = new HostLimiter();
		for (let taken = 0; taken < 9; taken++) void limiter.permit();
		return () => limiter;
	};

	/** Begins, and sends as told; says how often it did either, and what was said of its failures. */
	function patient(ends: (count: number) => unknown, options: Partial<RepeatOptions> = {}) {
		const seen = { begun: 0, sent: 0, failed: [] as unknown[], repeats: [] as unknown[] };
		const result = repeating(
			() => {
				seen.begun++;
				return {
					send: async () => {
						const end = ends(++seen.sent);
						await Promise.resolve();
						if (end instanceof Error) throw end;
						return end;
					},
					failed: async (error) => {
						seen.failed.push(error);
						return await Promise.resolve(error);
					},
				};
			},
			{
				limiter: oneAtATime(),
				limits: DEFAULT_REPEAT_LIMITS,
				repeatUnknown: false,
				patient: true,
				now: () => time,
				random: () => 1,
				onRepeat: (error, delayMs) => seen.repeats.push([error.code, delayMs]),
				...options,
			},
		);
		return { seen, result };
	}

	test('begins again when AIR asks to wait for longer than a series can', async () => {
		const { seen, result } = patient((count) => (count < 3 ? tooLong : 'issued'));
		expect(await result).toBe('issued');
		expect(seen).toMatchObject({
			begun: 3,
			sent: 3,
			repeats: [
				['AIR_RATE_LIMITED', 90_000],
				['AIR_RATE_LIMITED', 90_000],
			],
		});
		expect(seen.failed).toHaveLength(2);
	});

	test('and repeats as at first when it has begun again', async () => {
		const { seen, result } = patient((count) => {
			if (count > 1) return count < 4 ? new AirError('AIR_DNS') : 'issued';
			time += 90_000;
			return tooLong;
		});
		expect(await result).toBe('issued');
		expect(seen).toMatchObject({ begun: 2, sent: 4 });
	});

	test('repeats within what it has begun', async () => {
		const { seen, result } = patient((count) => (count < 3 ? new AirError('AIR_DNS') : 'issued'));
		expect(await result).toBe('issued');
		expect(seen).toMatchObject({ begun: 1, sent: 3, failed: [] });
	});

	test.each<[string, Error, number, number]>([
		['it is asked for again and again', tooLong, 3, 3],
		['AIR may have issued', tooLong.with({ kind: 'outcome-unknown' }), 1, 1],
		['it has waited itself', new AirError('AIR_RATE_LIMITED', { retryAfterMs: 1_000 }), 1, 4],
		['it is another failure', new AirError('AIR_DNS'), 1, 4],
		['nobody knows what happened', new Error('unexpected'), 1, 1],
	])('does not begin again when %s', async (_, error, begun, sent) => {
		const { seen, result } = patient(() => error);
		await expect(result).rejects.toThrow(error.message);
		expect(seen).toMatchObject({ begun, sent });
		expect(seen.failed).toHaveLength(begun);
	});

	test('what fails while it begins is not repeated, and was not an attempt', async () => {
		const error = new AirError('AIR_LEDGER_LOCKED');
		const begin = jest.fn().mockRejectedValue(error);
		const options = { limits: DEFAULT_REPEAT_LIMITS, repeatUnknown: true, patient: true };
		await expect(repeating(begin, { limiter: () => new HostLimiter(), ...options })).rejects.toBe(
			error,
		);
		expect(begin).toHaveBeenCalledTimes(1);
	});

	test('a permit that was not used is given back, however it ended', async () => {
		const limiter = oneAtATime();
		await expect(patient(() => new Error('x'), { limiter }).result).rejects.toThrow('x');
		let asked = 0;
		// Again asks for another permit, which there is only if the one before was given back.
		const begin = () => (++asked > 3 ? { result: asked } : 'again');
		const options = { limits: NO_REPEAT, repeatUnknown: false, patient: true };
		expect(await repeating(begin, { limiter, ...options })).toBe(4);
	});

	test('stopped while waiting: nothing is begun', async () => {
		const limiter = oneAtATime();
		await limiter().permit();
		const controller = new AbortController();
		const { seen, result } = patient(() => 'issued', { limiter, stopped: controller.signal });
		controller.abort();
		await expect(result).rejects.toMatchObject({ code: 'AIR_CANCELLED' });
		expect(seen.begun).toBe(0);
	});

	describe('ahead of its place', () => {
		const wanted = { kind: 'issue', ahead: true } as const;
		const full = async () => {
			const limiter = new HostLimiter();
			const held = Array.from({ length: 10 }, async () => limiter.permit({ kind: 'issue' }));
			return { limiter: () => limiter, held: await Promise.all(held) };
		};

		test('a repeat has nothing to begin, and waits for its place', async () => {
			const { limiter, held } = await full();
			held[0]?.giveBack();
			const { seen, result } = patient(
				(count) => {
					// Somebody else takes the place.
					void limiter().permit({ kind: 'issue' });
					return count === 1 ? new AirError('AIR_DNS') : 'issued';
				},
				{ limiter, wanted },
			);
			await new Promise((resolve) => setTimeout(resolve, 20));
			expect(seen).toMatchObject({ begun: 1, sent: 1 });
			held[1]?.giveBack();
			expect(await result).toBe('issued');
		});

		test('stopped before it has its place: it is not sent, and that is written down at once', async () => {
			const { limiter } = await full();
			const controller = new AbortController();
			const { seen, result } = patient(() => 'issued', {
				limiter,
				wanted,
				stopped: controller.signal,
			});
			await new Promise((resolve) => setTimeout(resolve, 20));
			controller.abort();
			await expect(result).rejects.toMatchObject({ code: 'AIR_CANCELLED' });
			expect(seen).toMatchObject({ begun: 1, sent: 0, failed: [{ code: 'AIR_CANCELLED' }] });
		});
	});
});

test.each([
	[5, 'ok'],
	[15, expect.objectContaining({ code: 'AIR_RATE_LIMITED' })],
])(
	'what may not be repeated waits for its turn for 10 s: AIR asks for %d',
	async (seconds, end) => {
		const virtual = new VirtualTime();
		const limiter = new HostLimiter(virtual, () => 0);
		(await limiter.permit()).refused('too-many', seconds * 1_000);
		const running = run(['ok'], { limiter: () => limiter, limits: NO_REPEAT });
		await virtual.run();
		expect((await running).result).toEqual(end);
	},
);
