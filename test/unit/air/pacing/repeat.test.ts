import { AirError } from '../../../../errors/AirError';
import * as backoff from '../../../../air/pacing/backoff';
import type { AirErrorCode } from '../../../../errors/errorCatalogue';
import { NO_REPEAT, repeating, type RepeatOptions } from '../../../../air/pacing/repeat';
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
	const attempt = () => {
		const ending = endings[Math.min(attempts++, endings.length - 1)] ?? 'ok';
		if (ending === 'ok') return Promise.resolve('ok');
		return Promise.reject(typeof ending === 'string' ? new AirError(ending) : ending);
	};
	const calling = repeating(attempt, {
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
	const { signal } = new AbortController();
	const onRepeat = jest.fn();
	await run(['AIR_DNS', 'AIR_PROXY', 'ok'], { signal, onRepeat });
	expect(pause.mock.calls).toEqual([
		[500, signal],
		[1000, signal],
	]);
	expect(
		onRepeat.mock.calls.map(([error, ms]: unknown[]) => [(error as AirError).code, ms]),
	).toEqual([
		['AIR_DNS', 500],
		['AIR_PROXY', 1000],
	]);
});

test('a bug is not repeated', async () => {
	const attempt = jest.fn().mockRejectedValue(new TypeError('a bug'));
	await expect(
		repeating(attempt, { limits: { attempts: 4, withinMs: 1 }, repeatUnknown: true }),
	).rejects.toThrow('a bug');
	expect(attempt).toHaveBeenCalledTimes(1);
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
				() => {
					attempts++;
					offset = jump;
					return Promise.reject(new AirError('AIR_CONNECTION_REFUSED'));
				},
				{ limits: { attempts: 3, withinMs }, repeatUnknown: false },
			);
			await expect(failing).rejects.toMatchObject({ code: 'AIR_CONNECTION_REFUSED' });
			expect(attempts).toBe(expected);
		} finally {
			jest.restoreAllMocks();
		}
	},
);
