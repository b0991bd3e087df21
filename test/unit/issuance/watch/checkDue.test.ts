import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import { realmOf } from '../../../../issuance/session/realm';
import { askOnce } from '../../../../issuance/status/getStatus';
import { checkDue } from '../../../../issuance/watch/checkDue';
import type { CheckSettings } from '../../../../issuance/watch/Check';
import {
	forgetPauses,
	hasAnswered,
	leaveAlone,
	leftAloneMs,
} from '../../../../issuance/watch/politeness';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../../support/keys';
import { issue, MINUTE } from '../../ledger/contract/requests';

/** The real embedded ledger, and an AIR that answers each hash as told. */
let folder: string;
let ledger: Ledger;
let identity: AirIdentity;
let offset = 0;

beforeAll(async () => {
	identity = {
		baseUrl: 'https://air.example.com/v1',
		partnerId: 'partner',
		kid: 'partner',
		key: await importPrivateKey(makeKey().pem),
		scope: 'issue on-behalf',
		lifetimeSeconds: 300,
	};
});

beforeEach(async () => {
	offset = 0;
	folder = mkdtempSync(join(tmpdir(), 'moca-air-check-'));
	const file = join(folder, 'ledger.sqlite');
	ledger = (await openSqliteLedger({ file, clockOffsetMs: () => offset })).ledger;
});

afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true, force: true });
	forgetPauses();
});

type Answer = string | AirError;

async function setUp(answers: Answer[], takesMs = 0) {
	const client = new AirClient(identity);
	const asked: string[] = [];
	const log: string[] = [];
	jest.spyOn(client, 'getStatus').mockImplementation(async (_recipient, hash) => {
		asked.push(hash);
		if (takesMs > 0) await sleep(takesMs);
		const answer = answers[Number(hash.slice(1))];
		if (answer === undefined) throw new AirError('AIR_HASH_NOT_FOUND');
		if (answer instanceof AirError) throw answer;
		return { vcStatus: answer };
	});
	for (const i of answers.keys()) {
		const key = { realm: realmOf(client), idempotencyKey: `k${i}`, recipient: `r${i}@example.com` };
		await issue(ledger, `h${i}`, key);
		offset += 1;
	}
	const origin = { instance: 'instance-1', workflowId: 'w', executionId: '', nodeId: 'n' };
	const memory = new LedgerSession({
		ledger,
		client,
		origin,
		ownExecutions: { ids: [], began: undefined },
		retentionDays: 90,
		log: (line) => log.push(line),
	});
	const check = async (changes: Partial<CheckSettings> = {}) =>
		await checkDue(memory, {
			maxCalls: 100,
			withinMs: 20_000,
			requestTimeoutMs: 5_000,
			...changes,
		});
	const due = async () =>
		(await ledger.claimDue({ realm: memory.realm, limit: 100, leaseMs: 1 })).map(
			({ coreClaimHash }) => coreClaimHash,
		);
	return { memory, asked, check, due, log, answers };
}

const DOWN = new AirError('AIR_SERVER_FAILURE', { httpStatus: 502 });

test('the longest due first, and so many calls', async () => {
	const { asked, check, due } = await setUp(Array<string>(6).fill('ONCHAIN'));
	expect(await check({ maxCalls: 4 })).toMatchObject({ asked: 4, answered: 4 });
	expect(asked).toEqual(['h0', 'h1', 'h2', 'h3']);
	expect(await due()).toEqual(['h4', 'h5']);
	expect(await check({ maxCalls: 0 })).toMatchObject({ asked: 0 });
});

test('a row is claimed for longer than asking about it, and writing the answer down, can take', async () => {
	const { check } = await setUp(['ONCHAIN']);
	const claimDue = jest.spyOn(ledger, 'claimDue');
	await check({ withinMs: 20_000, requestTimeoutMs: 5_000 });
	const leaseMs = claimDue.mock.calls[0]?.[0].leaseMs ?? 0;
	// Asking begins at the end of the time at the latest; the ledger is waited for as long as for a lock.
	expect(leaseMs).toBeGreaterThanOrEqual(20_000 + 5_000 + 10_000);
});

test('what the time does not suffice for is given back at once', async () => {
	const { check, due } = await setUp(Array<string>(12).fill('ONCHAIN'), 150);
	const { asked } = await check({ withinMs: 1_100 });
	expect(asked).toBe(10);
	expect(await due()).toHaveLength(2);
});

test.each([
	new AirError('AIR_REFUSED', { httpStatus: 400 }),
	new AirError('AIR_TIMEOUT', { kind: 'not-sent' }),
	new AirError('AIR_ANSWER_UNREADABLE', { kind: 'not-sent' }),
	new AirError('AIR_RECIPIENT_INVALID'),
	DOWN,
])('$code of one row is its own: it is asked about later', async (error) => {
	const { check, due } = await setUp(['ONCHAIN', error, 'ONCHAIN']);
	expect(await check()).toMatchObject({ asked: 3, answered: 2, lastError: error });
	expect(await ledger.totals()).toEqual({ confirmed: 2, submitted: 1 });
	expect(await due()).toEqual([]);
	offset += MINUTE;
	expect(await due()).toEqual(['h1']);
});

test.each([
	['AIR_NOT_FOUND_FOREIGN', 404],
	['AIR_REDIRECT', 302],
	['AIR_TARGET_PRIVATE', undefined],
] as const)('%s is everybody’s: nothing is changed', async (code, httpStatus) => {
	const error = new AirError(code, { httpStatus });
	const { check, due } = await setUp(Array<AirError>(8).fill(error));
	await expect(check()).rejects.toBe(error);
	expect(await due()).toHaveLength(8);
	expect((await ledger.list({ limit: 10 })).every(({ checks }) => checks === 0)).toBe(true);
});

test('AIR is down: after some failures no other row is tried', async () => {
	const { asked, check, due } = await setUp(Array<AirError>(40).fill(DOWN), 5);
	expect(await check()).toMatchObject({ answered: 0, lastError: DOWN });
	expect(asked.length).toBeLessThan(15);
	expect((await due()).length).toBeGreaterThan(25);
});

test('Retry-After: nobody asks before; what was asked comes after the others', async () => {
	const slow = new AirError('AIR_RATE_LIMITED', { httpStatus: 429, retryAfterMs: 30_000 });
	const { memory, asked, check, due } = await setUp(Array<AirError>(20).fill(slow), 5);
	expect(await check()).toMatchObject({ answered: 0, lastError: slow });
	expect(asked.length).toBeLessThanOrEqual(10);
	expect(await due()).toHaveLength(20 - asked.length);
	offset += 5_000;
	expect(await due()).toEqual(expect.arrayContaining(asked));
	expect(leftAloneMs(memory.realm)).toBeGreaterThan(29_000);
	expect(await check()).toMatchObject({ asked: 0, answered: 0 });
});

describe('a pause', () => {
	const YEAR = 365 * 24 * 60 * MINUTE;
	const slow = (retryAfterMs: number) =>
		new AirError('AIR_RATE_LIMITED', { httpStatus: 429, retryAfterMs });
	let later = 0;

	beforeEach(() => {
		later = 0;
		const now = performance.now.bind(performance);
		jest.spyOn(performance, 'now').mockImplementation(() => now() + later);
	});

	afterEach(() => {
		jest.restoreAllMocks();
	});

	test.each([YEAR, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
		'%d ms: a quarter of an hour, then one question, and the rest when it is answered',
		async (ms) => {
			const { memory, asked, check, answers, log } = await setUp(
				Array<Answer>(20).fill(slow(ms)),
				5,
			);
			await check();
			expect(leftAloneMs(memory.realm)).toBeLessThanOrEqual(15 * MINUTE);
			expect(log).toEqual([expect.stringMatching(/left alone.* again in 15 minutes/)]);
			later += 14 * MINUTE;
			asked.length = 0;
			expect(await check()).toMatchObject({ asked: 0 });
			later += 2 * MINUTE;
			offset += MINUTE;
			expect(await check()).toMatchObject({
				asked: 1,
				answered: 0,
				lastError: { code: 'AIR_RATE_LIMITED' },
			});
			expect(leftAloneMs(memory.realm)).toBeGreaterThan(14 * MINUTE);
			// Once for each pause.
			await check();
			expect(log).toHaveLength(2);
			later += 16 * MINUTE;
			offset += MINUTE;
			answers.fill('ONCHAIN');
			expect(await check()).toMatchObject({ asked: 20, answered: 20 });
			expect(leftAloneMs(memory.realm)).toBe(0);
			expect(log).toHaveLength(2);
		},
	);

	test('what still waits to be sent when AIR asks for it is not asked any more, and stays due', async () => {
		const { memory, check, due } = await setUp([slow(MINUTE), 'ONCHAIN', 'ONCHAIN']);
		const { client } = memory.settings;
		jest.spyOn(client, 'getStatus').mockImplementation(async (_recipient, hash, options) => {
			if (hash === 'h0') {
				await sleep(100);
				throw slow(MINUTE);
			}
			await sleep(5_000, undefined, { signal: options?.signal }).catch(() => {
				throw new AirError('AIR_CANCELLED');
			});
			return { vcStatus: 'ONCHAIN' };
		});
		expect(await check()).toMatchObject({ asked: 1, answered: 0 });
		expect(await due()).toEqual(['h1', 'h2']);
	});

	test('with the last question of many nothing else that is due is asked', async () => {
		const answers = [...Array<Answer>(249).fill('ONCHAIN'), slow(MINUTE), 'ONCHAIN'];
		const { check } = await setUp(answers);
		expect(await check({ maxCalls: 1_000 })).toMatchObject({ asked: 250, answered: 249 });
	});

	test('each trigger announces it, once; a short one is not worth a line', async () => {
		const { memory, check, log } = await setUp(['ONCHAIN']);
		leaveAlone(memory.realm, 30_000);
		await check();
		expect(log).toEqual([]);
		leaveAlone(memory.realm, YEAR);
		await check();
		await check();
		expect(log).toHaveLength(1);
	});

	test('negative, or not said at all', async () => {
		const { memory } = await setUp([]);
		leaveAlone(memory.realm, -5);
		expect(leftAloneMs(memory.realm)).toBe(0);
		leaveAlone(memory.realm, undefined);
		expect(leftAloneMs(memory.realm)).toBeGreaterThan(59_000);
	});

	test('is over with the first answer to a later question, and not with an earlier one', async () => {
		const { memory } = await setUp([]);
		const before = performance.now();
		later += 10;
		leaveAlone(memory.realm, YEAR);
		hasAnswered(memory.realm, before);
		expect(leftAloneMs(memory.realm)).toBeGreaterThan(0);
		later += 10;
		hasAnswered('another realm', performance.now());
		expect(leftAloneMs(memory.realm)).toBeGreaterThan(0);
		// As Get Issuance Status asks, for one.
		const { client } = memory.settings;
		jest.spyOn(client, 'getStatus').mockResolvedValue({ vcStatus: 'ONCHAIN' });
		await askOnce(client, 'ada@example.com', 'h1');
		expect(leftAloneMs(memory.realm)).toBe(0);
	});

	test('AIR limits one recipient only: the others get their answers, pause after pause', async () => {
		const { check, answers } = await setUp(Array<Answer>(12).fill('ONCHAIN'));
		answers[0] = slow(MINUTE);
		for (let i = 0; i < 4; i++) {
			await check({ maxCalls: 4 });
			later += 2 * MINUTE;
			offset += 2 * MINUTE;
		}
		expect(await ledger.totals()).toEqual({ confirmed: 11, submitted: 1 });
		answers[0] = 'ONCHAIN';
		await check();
		expect(await ledger.totals()).toEqual({ confirmed: 12 });
	});

	test('nothing is due when it is over: the one question comes with what is due next', async () => {
		const { memory, asked, check, answers } = await setUp([slow(YEAR), slow(YEAR), slow(YEAR)]);
		await check({ maxCalls: 1 });
		later += 16 * MINUTE;
		await ledger.claimDue({ realm: memory.realm, limit: 9, leaseMs: MINUTE });
		expect(await check()).toMatchObject({ asked: 0 });
		offset += 2 * MINUTE;
		asked.length = 0;
		answers.fill(DOWN);
		// AIR is down and not limiting: still one question only.
		expect(await check()).toMatchObject({ asked: 1, answered: 0, lastError: DOWN });
		expect(asked).toHaveLength(1);
	});
});

test('“no such hash” says something, and condemns only after a day', async () => {
	const missing = new AirError('AIR_HASH_NOT_FOUND', { httpStatus: 404 });
	const { check } = await setUp([missing]);
	expect(await check()).toMatchObject({ asked: 1, answered: 1, lastError: undefined });
	offset += 23 * 60 * MINUTE;
	await check();
	expect(await ledger.totals()).toEqual({ submitted: 1 });
	offset += 2 * 60 * MINUTE;
	await check();
	expect(await ledger.totals()).toEqual({ unusable: 1 });
});
