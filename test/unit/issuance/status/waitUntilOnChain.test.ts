import fc from 'fast-check';
import { AirClient, type CallOptions } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { pause } from '../../../../air/pacing/backoff';
import type { AirErrorCode } from '../../../../errors/errorCatalogue';
import type { StatusAnswer } from '../../../../air/answers/schemas';
import { readSettings } from '../../../../issuance/settings/settings';
import { waitUntilOnChain, type WaitSettings } from '../../../../issuance/status/waitUntilOnChain';
import { makeKey } from '../../../support/keys';

/** What the next question meets: a status, an error, or either after so many milliseconds. */
type Step = string | AirError | { readonly takesMs: number; readonly then: string | AirError };

const BEGIN = 1_000_000;
const { pem } = makeKey();

/** A client that answers from a list, on a clock that only pauses and answers move on. */
class ScriptedClient extends AirClient {
	clock = BEGIN;
	/** When it was asked, in milliseconds after the beginning. */
	readonly asked: number[] = [];
	readonly options: CallOptions[] = [];

	constructor(
		identity: AirClient['identity'],
		private readonly steps: readonly Step[],
	) {
		super(identity);
	}

	override async getStatus(
		recipient: string,
		coreClaimHash: string,
		options: CallOptions = {},
	): Promise<StatusAnswer> {
		expect([recipient, coreClaimHash]).toEqual(['ada@example.com', 'hash']);
		this.asked.push(this.clock - BEGIN);
		this.options.push(options);
		const step = this.steps[Math.min(this.asked.length, this.steps.length) - 1] ?? 'WAIT_ONCHAIN';
		const timed = typeof step === 'object' && 'takesMs' in step;
		const answer = timed ? step.then : step;
		if (timed) {
			const timeoutMs = options.timeoutMs ?? Infinity;
			this.clock += Math.min(step.takesMs, timeoutMs);
			if (step.takesMs > timeoutMs) throw new AirError('AIR_TIMEOUT');
		}
		if (typeof answer !== 'string') throw answer;
		return await Promise.resolve({ vcStatus: answer, coreClaimHash: 'hash' });
	}
}

async function waiting(steps: readonly Step[], settings: Partial<WaitSettings> = {}) {
	const { identity } = await readSettings({ partnerId: 'p', privateKey: pem });
	const client = new ScriptedClient(identity, steps);
	const result = await waitUntilOnChain(client, 'ada@example.com', 'hash', {
		timeoutMs: 120_000,
		now: () => client.clock,
		pause: async (ms, signal) => {
			client.clock += ms;
			return await Promise.resolve(signal?.aborted !== true);
		},
		...settings,
	});
	return { ...result, client, asked: client.asked };
}

const failure = (code: AirErrorCode) => new AirError(code);

describe('when AIR is asked', () => {
	test('after 1 s, doubling, at most every 30 s, and once more when time runs out', async () => {
		const { asked, status, waitedMs } = await waiting(['WAIT_ONCHAIN'], { timeoutMs: 170_000 });
		expect(asked).toEqual([1, 3, 7, 15, 31, 61, 91, 121, 151, 170].map((s) => s * 1000));
		expect(status).toMatchObject({ vcStatus: 'WAIT_ONCHAIN', state: 'pending', onChain: false });
		expect(waitedMs).toBe(170_000);
	});

	test('a quarter of an hour is some 35 questions', async () => {
		const { asked } = await waiting(['WAIT_ONCHAIN'], { timeoutMs: 900_000 });
		expect(asked).toHaveLength(34);
		expect(asked.at(-1)).toBe(900_000);
	});

	test('at once, if wanted, and then as ever', async () => {
		const { asked } = await waiting(['WAIT_ONCHAIN'], { timeoutMs: 10_000, askAtOnce: true });
		expect(asked).toEqual([0, 1000, 3000, 7000, 10_000]);
	});

	test('less than a second is one question at its end', async () => {
		expect((await waiting(['WAIT_ONCHAIN'], { timeoutMs: 400 })).asked).toEqual([400]);
	});

	test('no time at all is one question', async () => {
		expect((await waiting(['ONCHAIN'], { timeoutMs: 0 })).asked).toEqual([0]);
		expect((await waiting(['WAIT_ONCHAIN'], { timeoutMs: 0, askAtOnce: true })).asked).toEqual([0]);
	});

	test('slow answers do not add to the pauses', async () => {
		const slow = { takesMs: 500, then: 'WAIT_ONCHAIN' };
		const { asked } = await waiting([slow], { timeoutMs: 10_000 });
		expect(asked).toEqual([1000, 3500, 8000, 10_000]);
	});

	test('AIR’s Retry-After is honoured where it is longer than the pause', async () => {
		const busy = new AirError('AIR_RATE_LIMITED', { retryAfterMs: 20_000 });
		const { asked, status } = await waiting([busy, 'WAIT_ONCHAIN', 'ONCHAIN']);
		expect(asked).toEqual([1000, 21_000, 25_000]);
		expect(status?.onChain).toBe(true);
	});

	test('a shorter Retry-After does not make it ask sooner', async () => {
		const busy = new AirError('AIR_RATE_LIMITED', { retryAfterMs: 0 });
		expect((await waiting([busy, 'ONCHAIN'])).asked).toEqual([1000, 3000]);
	});

	test('a Retry-After beyond the end ends the wait: nothing more could be learned', async () => {
		const busy = new AirError('AIR_RATE_LIMITED', { retryAfterMs: 300_000 });
		const { asked, lastError, waitedMs } = await waiting(['WAIT_ONCHAIN', busy, 'ONCHAIN']);
		expect(asked).toEqual([1000, 3000]);
		expect(lastError).toBe(busy);
		expect(waitedMs).toBe(3000);
	});
});

describe('what ends the wait', () => {
	test('on-chain', async () => {
		const { asked, status, lastError, waitedMs } = await waiting(['WAIT_ONCHAIN', 'ONCHAIN', 'X']);
		expect(asked).toEqual([1000, 3000]);
		expect(status).toMatchObject({ state: 'confirmed', onChain: true });
		expect(lastError).toBeUndefined();
		expect(waitedMs).toBe(3000);
	});

	test.each(['EXPIRE', 'WAIT_REMOVE', 'REMOVE', 'NO_EXIST'])('%s', async (vcStatus) => {
		const { asked, status } = await waiting(['WAIT_ONCHAIN', vcStatus, 'ONCHAIN']);
		expect(asked).toHaveLength(2);
		expect(status).toMatchObject({ vcStatus, state: 'unusable', onChain: false });
	});

	test.each(['PROCESSING', 'onchain', 'Compliant', 'FAILED'])(
		'not %s, a word nobody has documented',
		async (word) => {
			const { asked, status } = await waiting([word, word, 'ONCHAIN']);
			expect(asked).toHaveLength(3);
			expect(status?.onChain).toBe(true);
			const never = await waiting([word], { timeoutMs: 5000 });
			expect(never.status).toMatchObject({ vcStatus: word, state: 'unknown', onChain: false });
		},
	);

	test.each<AirErrorCode>([
		'AIR_UNAUTHORIZED',
		'AIR_UNAUTHORIZED_SIGNATURE',
		'AIR_FORBIDDEN_FEATURE',
		'AIR_FORBIDDEN_GATEWAY',
		'AIR_NOT_FOUND_FOREIGN',
		'AIR_REDIRECT',
		'AIR_TLS',
		'AIR_TARGET_PRIVATE',
		'AIR_ANSWER_TOO_LARGE',
		'AIR_BAD_REQUEST',
	])('%s: asking again gives the same', async (code) => {
		const error = failure(code);
		const { asked, status, lastError } = await waiting(['WAIT_ONCHAIN', error, 'ONCHAIN']);
		expect(asked).toHaveLength(2);
		expect(lastError).toBe(error);
		expect(status?.state).toBe('pending');
	});

	test.each<AirErrorCode>([
		'AIR_CONNECTION_REFUSED',
		'AIR_DNS',
		'AIR_CONNECT_TIMEOUT',
		'AIR_CONNECTION_LOST',
		'AIR_TIMEOUT',
		'AIR_RATE_LIMITED',
		'AIR_UNAVAILABLE',
		'AIR_UNAVAILABLE_GATEWAY',
		'AIR_SERVER_FAILURE',
		'AIR_ANSWER_UNREADABLE',
		'AIR_ANSWER_ENVELOPE',
	])('not %s, which passes', async (code) => {
		const { asked, status, lastError } = await waiting([failure(code), failure(code), 'ONCHAIN']);
		expect(asked).toHaveLength(3);
		expect(status?.onChain).toBe(true);
		expect(lastError).toBeUndefined();
	});

	test('what was said last is kept when AIR then falls silent', async () => {
		const { status, lastError, waitedMs } = await waiting(
			['WAIT_ONCHAIN', failure('AIR_SERVER_FAILURE')],
			{ timeoutMs: 20_000 },
		);
		expect(status?.vcStatus).toBe('WAIT_ONCHAIN');
		expect(lastError?.code).toBe('AIR_SERVER_FAILURE');
		expect(waitedMs).toBe(20_000);
	});

	test('whatever else is thrown is a mistake of ours, and is not swallowed', async () => {
		const broken = waiting([], {
			now: () => {
				throw new TypeError('broken');
			},
		});
		await expect(broken).rejects.toThrow(TypeError);
	});
});

describe('a hash that AIR does not know', () => {
	const unknown = failure('AIR_HASH_NOT_FOUND');

	test('is not visible yet for 15 s, and an error from then on', async () => {
		const { asked, lastError } = await waiting([unknown]);
		expect(asked).toEqual([1000, 3000, 7000, 15_000]);
		expect(lastError).toBe(unknown);
	});

	test('may become known', async () => {
		const { status, lastError } = await waiting([unknown, unknown, 'WAIT_ONCHAIN', 'ONCHAIN']);
		expect(status?.onChain).toBe(true);
		expect(lastError).toBeUndefined();
	});

	test('a short wait ends before, with the reason', async () => {
		const { status, lastError } = await waiting([unknown], { timeoutMs: 5000 });
		expect(status).toBeUndefined();
		expect(lastError).toBe(unknown);
	});
});

describe('cancelling', () => {
	test('during a pause: at once, and nothing more is asked', async () => {
		const controller = new AbortController();
		const { asked, status } = await waiting(['WAIT_ONCHAIN', 'ONCHAIN'], {
			signal: controller.signal,
			pause: async (ms) => {
				const first = ms === 1000;
				if (!first) controller.abort();
				return await Promise.resolve(first);
			},
		});
		expect(asked).toHaveLength(1);
		expect(status?.state).toBe('pending');
	});

	test('a signal aborted before it begins: nothing is asked, not even at once', async () => {
		for (const askAtOnce of [false, true]) {
			const { asked, status } = await waiting(['ONCHAIN'], {
				askAtOnce,
				signal: AbortSignal.abort(),
			});
			expect(asked).toEqual([]);
			expect(status).toBeUndefined();
		}
	});

	test('while a question is under way: no further one', async () => {
		const { identity } = await readSettings({ partnerId: 'p', privateKey: pem });
		const controller = new AbortController();
		class Cancelled extends ScriptedClient {
			override async getStatus(...args: Parameters<AirClient['getStatus']>) {
				controller.abort();
				return await super.getStatus(...args);
			}
		}
		const client = new Cancelled(identity, [failure('AIR_CANCELLED_IN_FLIGHT')]);
		const { status, lastError } = await waitUntilOnChain(client, 'ada@example.com', 'hash', {
			timeoutMs: 60_000,
			askAtOnce: true,
			signal: controller.signal,
		});
		expect(client.asked).toHaveLength(1);
		expect(status).toBeUndefined();
		expect(lastError?.code).toBe('AIR_CANCELLED_IN_FLIGHT');
	});

	test('the signal reaches each question', async () => {
		const { signal } = new AbortController();
		const { client } = await waiting(['WAIT_ONCHAIN', 'ONCHAIN'], { signal });
		expect(client.options.map((options) => options.signal)).toEqual([signal, signal]);
	});
});

describe('the time it may take', () => {
	const SHORT_MS = 2000;

	test('a question gets no longer than is left, but never less than a short one needs', async () => {
		const { client } = await waiting(['WAIT_ONCHAIN'], { timeoutMs: 12_000 });
		expect(client.asked).toEqual([1000, 3000, 7000, 12_000]);
		expect(client.options.map(({ timeoutMs }) => timeoutMs)).toEqual([11_000, 9000, 5000, 2000]);
	});

	test('the node’s own request timeout holds where it is shorter', async () => {
		const { client } = await waiting(['WAIT_ONCHAIN'], {
			timeoutMs: 12_000,
			requestTimeoutMs: 1000,
		});
		expect(new Set(client.options.map(({ timeoutMs }) => timeoutMs))).toEqual(new Set([1000]));
	});

	test('a question is not repeated inside: the wait itself repeats, and knows the deadline', async () => {
		const { client } = await waiting(['WAIT_ONCHAIN'], { timeoutMs: 5000 });
		expect(client.options.map(({ repeat }) => repeat?.attempts)).toEqual([1, 1, 1]);
	});

	test('a first question that hangs is not followed by a second one after the end', async () => {
		const hangs = { takesMs: 60_000, then: 'WAIT_ONCHAIN' };
		const { asked, waitedMs, lastError } = await waiting([hangs], {
			timeoutMs: 1000,
			askAtOnce: true,
		});
		expect(asked).toEqual([0]);
		expect(waitedMs).toBe(SHORT_MS);
		expect(lastError?.code).toBe('AIR_TIMEOUT');
	});

	test('is never over by more than one short question, whatever AIR does', async () => {
		const step = fc.record({
			takesMs: fc.integer({ min: 0, max: 40_000 }),
			then: fc.oneof(
				fc.constant('WAIT_ONCHAIN'),
				fc.constantFrom<AirErrorCode>('AIR_SERVER_FAILURE', 'AIR_CONNECTION_LOST').map(failure),
				fc
					.integer({ min: 0, max: 100_000 })
					.map((retryAfterMs) => new AirError('AIR_RATE_LIMITED', { retryAfterMs })),
			),
		});
		await fc.assert(
			fc.asyncProperty(
				fc.array(step, { minLength: 1, maxLength: 8 }),
				fc.integer({ min: 0, max: 90_000 }),
				fc.boolean(),
				async (steps, timeoutMs, askAtOnce) => {
					const { waitedMs, asked } = await waiting(steps, { timeoutMs, askAtOnce });
					expect(waitedMs).toBeLessThanOrEqual(timeoutMs + SHORT_MS);
					expect(asked.every((at) => at <= timeoutMs)).toBe(true);
					expect(asked.length).toBeGreaterThan(0);
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('the clock of the machine', () => {
	const HOUR_MS = 3_600_000;

	test.each([
		['back', -HOUR_MS],
		['forward', HOUR_MS],
	])('may be set %s by an hour: the wait lasts as long as it was told', async (_way, jump) => {
		const { identity } = await readSettings({ partnerId: 'p', privateKey: pem });
		const client = new ScriptedClient(identity, ['WAIT_ONCHAIN']);
		const { now } = Date;
		let offset = 0;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + offset);
		const lost = new AbortController();
		const alarm = setTimeout(() => {
			lost.abort();
		}, 5_000);
		const began = performance.now();
		try {
			const { waitedMs, lastError } = await waitUntilOnChain(client, 'ada@example.com', 'hash', {
				timeoutMs: 1_300,
				askAtOnce: true,
				signal: lost.signal,
				pause: async (ms, signal) => {
					offset = jump;
					return await pause(ms, signal);
				},
			});
			expect(lastError).toBeUndefined();
			expect(lost.signal.aborted).toBe(false);
			expect(performance.now() - began).toBeGreaterThanOrEqual(1_250);
			expect(waitedMs).toBeGreaterThanOrEqual(1_250);
			expect(waitedMs).toBeLessThan(5_000);
		} finally {
			clearTimeout(alarm);
			jest.restoreAllMocks();
		}
	});
});
