import type { FaultInput } from '../../../emulator';
import { BROKEN, eventually, reasonOf, useRig, type Reply } from './support';

const rig = useRig();

const inject = (fault: FaultInput): void => {
	rig().emulator.control.injectFault(fault);
};
const issuances = (): number => rig().emulator.control.counts().issuances;
const lastRequest = (): unknown => rig().emulator.control.requests().at(-1);

describe('an answer fault', () => {
	type Expected = (reply: Reply) => void;
	const json = 'application/json; charset=utf-8';

	test.each<[string, Omit<Extract<FaultInput, { kind: 'answer' }>, 'kind'>, Expected]>([
		[
			'sends an AIR error',
			{ status: 500 },
			({ status, body }) => {
				expect([status, body]).toEqual([
					500,
					{ error: 500, message: 'Server-side failure. Retry with exponential backoff.' },
				]);
			},
		],
		[
			'sends an AIR error of any text',
			{ status: 403, body: { type: 'air', message: 'no' } },
			({ body }) => {
				expect(body).toEqual({ error: 403, message: 'no' });
			},
		],
		[
			'sends an envelope with 200',
			{ status: 200, body: { type: 'envelope', code: 50000001, msg: 'bad' } },
			({ status, body }) => {
				expect(status).toBe(200);
				expect(body).toEqual({
					code: 50000001,
					msg: 'bad',
					data: null,
					timestamp: expect.any(Number) as unknown,
				});
			},
		],
		[
			'sends HTML',
			{ status: 503, body: { type: 'html' } },
			({ status, text, headers }) => {
				expect([status, headers.get('content-type')]).toEqual([503, 'text/html']);
				expect(text).toContain('<h1>503 Service Temporarily Unavailable</h1>');
			},
		],
		[
			'sends nothing',
			{ status: 502, body: { type: 'empty' } },
			({ status, text }) => {
				expect([status, text]).toEqual([502, '']);
			},
		],
		[
			'sends cut JSON',
			{ status: 200, body: { type: 'cut' } },
			({ text, body }) => {
				expect(text).toMatch(/^\{"/);
				expect(body).toBeUndefined();
			},
		],
		[
			'sends a huge body',
			{ status: 500, body: { type: 'huge', bytes: 3_000_000 } },
			({ text, body }) => {
				expect(text).toHaveLength(3_000_000);
				expect(body?.error).toBe(500);
			},
		],
		[
			'sends text',
			{ status: 500, body: { type: 'text', text: 'oops' } },
			({ text, headers }) => {
				expect([text, headers.get('content-type')]).toEqual(['oops', 'text/plain; charset=utf-8']);
			},
		],
		[
			'sends a wrong content type',
			{ status: 404, contentType: 'text/html' },
			({ body, headers }) => {
				expect([body?.error, headers.get('content-type')]).toEqual([404, 'text/html']);
			},
		],
		[
			'sends Retry-After in seconds',
			{ status: 429, retryAfter: { seconds: 7 }, headers: { 'X-Extra': 'yes' } },
			({ headers }) => {
				expect([headers.get('retry-after'), headers.get('x-extra')]).toEqual(['7', 'yes']);
			},
		],
		[
			'sends Retry-After as a date',
			{ status: 503, retryAfter: { dateInSeconds: 60 } },
			({ headers }) => {
				const ahead = Date.parse(headers.get('retry-after') ?? '') - Date.now();
				expect(Math.abs(ahead - 60_000)).toBeLessThan(5_000);
			},
		],
	])('%s', async (_name, fault, check) => {
		inject({ kind: 'answer', ...fault });
		const reply = await rig().issue();
		check(reply);
		expect(issuances()).toBe(0);
		expect(lastRequest()).toMatchObject({
			outcome: 'not done',
			fault: 'answer',
			status: reply.status,
		});
		const next = await rig().issue();
		expect([next.status, next.headers.get('content-type')]).toEqual([200, json]);
	});

	test('after the work leaves an issuance the client was not told about', async () => {
		inject({ kind: 'answer', status: 502, body: { type: 'html' }, afterWork: true });
		expect((await rig().issue()).status).toBe(502);
		expect(issuances()).toBe(1);
		expect(lastRequest()).toMatchObject({ outcome: 'issued', status: 502 });
	});

	test('can cut the real answer', async () => {
		inject({ kind: 'answer', status: 200, body: { type: 'cut' }, afterWork: true });
		const { text } = await rig().issue();
		const [issuance] = rig().emulator.control.issuances();
		expect(text).toMatch(/^\{"coreClaimHash":"/);
		expect(text).toContain(issuance?.coreClaimHash.slice(0, 8) ?? 'none');
	});
});

test('delay answers late, having done the work at once', async () => {
	inject({ kind: 'delay', delayMs: 200 });
	const started = performance.now();
	const pending = rig().issue();
	await eventually(() => issuances() === 1);
	expect((await pending).status).toBe(200);
	expect(performance.now() - started).toBeGreaterThan(190);
});

test('latency is a delay of every answer', async () => {
	rig().emulator.control.setSettings({ latencyMs: 100 });
	const started = performance.now();
	await rig().issue();
	expect(performance.now() - started).toBeGreaterThan(95);
});

test('two workers: a third request waits in line, and is answered after one of the two', async () => {
	rig().emulator.control.setSettings({ latencyMs: 100, workers: 2 });
	const started = performance.now();
	const took = await Promise.all(
		Array.from({ length: 3 }, async () => {
			await rig().issue();
			return performance.now() - started;
		}),
	);
	expect(Math.max(...took)).toBeGreaterThan(195);
	expect(rig().emulator.control.counts().maxInFlight).toBe(3);
});

test('a client that hangs up during a delay leaves its issuance behind', async () => {
	inject({ kind: 'delay', delayMs: 5_000 });
	expect(await reasonOf(rig().issue({ signal: AbortSignal.timeout(100) }))).toBe('TimeoutError');
	await eventually(() => rig().emulator.control.counts().inFlight === 0);
	expect(issuances()).toBe(1);
	expect(lastRequest()).toMatchObject({ outcome: 'issued', cutOff: true });
});

test('stall pauses in the middle of the body', async () => {
	inject({ kind: 'stall', stallMs: 150 });
	const started = performance.now();
	const reply = await rig().issue();
	expect(reply.status).toBe(200);
	expect(reply.body?.coreClaimHash).toMatch(/^[0-9a-f]{64}$/);
	expect(performance.now() - started).toBeGreaterThan(140);
});

describe('reset', () => {
	test.each([
		['before', {}, 0, 'not done'],
		['after', { afterWork: true }, 1, 'issued'],
		['in the answer after', { midBody: true }, 1, 'issued'],
	])('%s the work breaks the connection', async (_name, how, count, outcome) => {
		inject({ kind: 'reset', ...how });
		expect(await reasonOf(rig().issue())).toMatch(BROKEN);
		expect(issuances()).toBe(count);
		await eventually(() => rig().emulator.control.counts().inFlight === 0);
		expect(lastRequest()).toMatchObject({ outcome, fault: 'reset', cutOff: true });
		expect((await rig().issue()).status).toBe(200);
	});
});

test.each([
	[undefined, 307],
	[302, 302],
] as const)('redirect %s says where to', async (status, sent) => {
	inject({ kind: 'redirect', location: 'https://elsewhere.example/', status });
	const reply = await rig().issue();
	expect([reply.status, reply.headers.get('location')]).toEqual([
		sent,
		'https://elsewhere.example/',
	]);
	expect(issuances()).toBe(0);
});

test.each([
	[false, 0],
	[true, 1],
])('hang (after the work: %s) never answers', async (afterWork, count) => {
	inject({ kind: 'hang', afterWork });
	expect(await reasonOf(rig().issue({ signal: AbortSignal.timeout(150) }))).toBe('TimeoutError');
	expect(issuances()).toBe(count);
});

test('dropField leaves out the hash, or other fields', async () => {
	inject({ kind: 'dropField' });
	const reply = await rig().issue();
	expect([reply.status, Object.keys(reply.body ?? {})]).toEqual([
		200,
		['credentialId', 'userUuid'],
	]);
	const hash = rig().emulator.control.issuances()[0]?.coreClaimHash;
	inject({ kind: 'dropField', operation: 'status', fields: ['vcStatus', 'vcId'] });
	const status = await rig().status(hash);
	expect(Object.keys(status.body ?? {})).not.toContain('vcStatus');
	expect(status.body?.coreClaimHash).toBe(hash);
});

test('headers and a skewed date are put on a real answer', async () => {
	inject({ kind: 'headers', dateSkewMs: -3_600_000, headers: { 'content-type': 'text/plain' } });
	const reply = await rig().issue();
	expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/plain']);
	const behind = Date.now() - Date.parse(reply.headers.get('date') ?? '');
	expect(Math.abs(behind - 3_600_000)).toBeLessThan(5_000);
});

describe('a fault hits', () => {
	const statuses = async (calls: number): Promise<number[]> => {
		const found: number[] = [];
		for (let i = 0; i < calls; i += 1) found.push((await rig().issue()).status);
		return found;
	};

	test('so many times', async () => {
		inject({ kind: 'answer', status: 503, times: 2 });
		expect(rig().emulator.control.overview().faults).toMatchObject([{ hits: 0, left: 2 }]);
		expect(await statuses(3)).toEqual([503, 503, 200]);
		expect(rig().emulator.control.counts().faults).toBe(2);
		expect(rig().emulator.control.overview().faults).toEqual([]);
	});

	test('until it is cleared', async () => {
		inject({ kind: 'answer', times: null });
		expect(await statuses(3)).toEqual([500, 500, 500]);
		rig().emulator.control.clearFaults();
		expect(await statuses(1)).toEqual([200]);
	});

	test('in the order of injection', async () => {
		inject({ kind: 'answer', status: 500 });
		inject({ kind: 'answer', status: 503 });
		expect(await statuses(3)).toEqual([500, 503, 200]);
	});

	test('only its operation', async () => {
		inject({ kind: 'answer', operation: 'status', status: 503 });
		const hash = await rig().issued();
		expect((await rig().status(hash)).status).toBe(503);
		expect((await rig().status(hash)).status).toBe(200);
	});

	test('only its recipient', async () => {
		inject({ kind: 'answer', recipient: 'grace@example.com' });
		expect((await rig().issue()).status).toBe(200);
		expect((await rig().issue({ email: 'grace@example.com' })).status).toBe(500);
	});

	test('by chance, but the same for the same seed', async () => {
		const fault = { kind: 'answer', probability: 0.5, seed: 42 } as const;
		inject(fault);
		const first = await statuses(20);
		rig().emulator.control.clearFaults();
		inject(fault);
		expect(await statuses(20)).toEqual(first);
		expect(new Set(first)).toEqual(new Set([200, 500]));
	});

	test('the fetch of a JWKS', async () => {
		inject({ kind: 'reset', operation: 'jwks' });
		expect((await rig().issue()).body).toMatchObject({ message: 'JWKS endpoint unreachable' });
		inject({ kind: 'delay', operation: 'jwks', delayMs: 100 });
		const started = performance.now();
		expect((await rig().issue()).status).toBe(200);
		expect(performance.now() - started).toBeGreaterThan(95);
	});
});
