import { createServer } from 'node:http';
import { AirClient } from '../../../../air/AirClient';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { limiterFor } from '../../../../air/pacing/HostLimiter';
import { importPrivateKey, type PrivateKey } from '../../../../air/keys/privateKey';
import { NO_REPEAT } from '../../../../air/pacing/repeat';
import { makeKey } from '../../../support/keys';
import { airErrorOf, listening, type Listening } from '../support';

/** What AIR, or what stands before it, may write into `Retry-After`, over TCP and through the client. */
const MINUTE_MS = 60_000;
const YEAR = '31536000';

let key: PrivateKey;
let server: Listening;
let answer: { status: number; headers: [string, string][]; body: string };
let baseUrl: string;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	key = await importPrivateKey(makeKey().pem);
});

beforeEach(async () => {
	server = await listening(
		createServer((_request, response) => {
			const date = answer.headers.some(([name]) => name === 'Date');
			response.sendDate = !date;
			response.writeHead(answer.status, answer.headers.flat()).end(answer.body);
		}),
	);
	baseUrl = `http://127.0.0.1:${server.port}/v1`;
});

afterEach(async () => {
	await closeDispatchers();
	await server.close();
});

const client = (partnerId: string) =>
	new AirClient({
		baseUrl,
		partnerId,
		kid: partnerId,
		key,
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	});
const ask = async (partnerId = 'a', queueMs = 100) =>
	await client(partnerId).getStatus('ada@example.com', 'hash', { repeat: NO_REPEAT, queueMs });

/** @returns for how long the host is left alone after this answer, in milliseconds */
async function leftAlone(
	status: number,
	headers: [string, string][],
	body = '{}',
): Promise<number> {
	answer = { status, headers, body };
	await ask().catch(() => undefined);
	return limiterFor(baseUrl).pauseMs;
}

test.each<[string, number, [string, string][], [number, number]]>([
	['a year', 429, [['Retry-After', YEAR]], [MINUTE_MS - 1_000, MINUTE_MS]],
	['a year, of a 503', 503, [['Retry-After', YEAR]], [MINUTE_MS - 1_000, MINUTE_MS]],
	['400 digits', 429, [['Retry-After', '9'.repeat(400)]], [MINUTE_MS - 1_000, MINUTE_MS]],
	[
		'two: 1, a year',
		429,
		[
			['Retry-After', '1'],
			['Retry-After', YEAR],
		],
		[0, MINUTE_MS],
	],
	[
		'two: a year, 1',
		429,
		[
			['Retry-After', YEAR],
			['Retry-After', '1'],
		],
		[0, MINUTE_MS],
	],
	['two in one', 429, [['Retry-After', `1, ${YEAR}`]], [0, 2_000]],
	['negative', 429, [['Retry-After', '-31536000']], [0, 2_000]],
	['1e308', 429, [['Retry-After', '1e308']], [0, 2_000]],
	['with a year, and a 200', 200, [['Retry-After', YEAR]], [0, 0]],
	[
		'with a year, and a 307',
		307,
		[
			['Location', '/'],
			['Retry-After', YEAR],
		],
		[0, 0],
	],
	['with a year, and a 404', 404, [['Retry-After', YEAR]], [0, 0]],
	[
		'a date, by a clock that is a year ahead',
		429,
		[
			['Date', 'Sun, 28 Nov 2027 19:00:00 GMT'],
			['Retry-After', 'Sun, 28 Nov 2027 19:00:05 GMT'],
		],
		[4_000, 6_000],
	],
	[
		'a date, by a clock that stands at 1970',
		429,
		[
			['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
			['Retry-After', 'Thu, 01 Jan 1970 00:00:05 GMT'],
		],
		[4_000, 6_000],
	],
	[
		'a date before the answer was written',
		429,
		[
			['Date', 'Sun, 28 Nov 2027 19:00:00 GMT'],
			['Retry-After', 'Sun, 28 Nov 2027 18:00:00 GMT'],
		],
		[0, 1_000],
	],
])(
	'%s: the host is left alone for as long as makes sense',
	async (_, status, headers, [least, most]) => {
		const pauseMs = await leftAlone(status, headers);
		expect(pauseMs).toBeGreaterThanOrEqual(least);
		expect(pauseMs).toBeLessThanOrEqual(most);
	},
);

test('one partner is told a year: another is kept waiting for a minute, and not until a restart', async () => {
	const elapsed = performance.now.bind(performance);
	let passed = 0;
	const clock = jest.spyOn(performance, 'now').mockImplementation(() => elapsed() + passed);
	try {
		await leftAlone(429, [['Retry-After', YEAR]]);
		answer = { status: 200, headers: [], body: '{"vcStatus":"ONCHAIN"}' };
		const error = await airErrorOf(() => ask('b'));
		expect([error.code, error.kind]).toEqual(['AIR_RATE_LIMITED', 'not-sent']);
		passed = MINUTE_MS + 1_000;
		expect(await ask('b')).toEqual({ vcStatus: 'ONCHAIN' });
		const all = await Promise.all(Array.from({ length: 20 }, async () => await ask('b', 5_000)));
		expect(all).toHaveLength(20);
	} finally {
		clock.mockRestore();
	}
});
