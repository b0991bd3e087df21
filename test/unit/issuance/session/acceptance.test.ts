import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { DEFAULT_REPEAT_LIMITS } from '../../../../air/pacing/repeat';
import { AirError } from '../../../../errors/AirError';
import { idempotencyOf } from '../../../../issuance/issue/idempotency';
import type { IssueRequest, Issuing } from '../../../../issuance/issue/Issuing';
import { issueOnce } from '../../../../issuance/issue/issueOnce';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import { pollEvents, sampleEvent } from '../../../../issuance/watch/pollEvents';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../../support/keys';
import { issuingOf } from '../support';
import { CONFIRMED, DAY, HOUR } from '../../ledger/contract/requests';

/** Whom AIR accepts, as the ledger remembers it: who gets rows, and who leaves some. */
let folder: string;
let ledger: Ledger;
let owner: AirIdentity;
let ahead = 0;

const REALM = 'https://air.example.com/v1 partner';
const REFUSED = new AirError('AIR_UNAUTHORIZED', { httpStatus: 401 });
const YES = new AirError('AIR_HASH_NOT_FOUND');
const AWAY = new AirError('AIR_CONNECT_TIMEOUT');

const identityOf = async (): Promise<AirIdentity> => ({
	baseUrl: 'https://air.example.com/v1',
	partnerId: 'partner',
	kid: 'partner',
	key: await importPrivateKey(makeKey().pem),
	scope: 'issue on-behalf',
	lifetimeSeconds: 300,
});

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-acceptance-'));
	ahead = 0;
	const file = join(folder, 'ledger.sqlite');
	ledger = (await openSqliteLedger({ file, clockOffsetMs: () => ahead })).ledger;
	owner = await identityOf();
});

afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true, force: true });
	jest.restoreAllMocks();
});

const request: IssueRequest = {
	recipient: 'ada@example.com',
	issuerDid: 'did:web:issuer.example',
	credentialId: 'c1',
	credentialSubject: { tier: 'Gold' },
	onDuplicate: 'revoke',
};

interface Air {
	/** What AIR says to each question about the key, the last again and again. */
	readonly questions: readonly AirError[];
	/** What it says to each attempt to issue; a hash where nothing is said. */
	readonly posts?: AirError;
	/** How long a question takes, in milliseconds. */
	readonly takesMs?: number;
}

/** One run of a node with a credential, and what it has asked AIR for. */
function runOf(identity: AirIdentity, { questions, posts, takesMs = 0 }: Air) {
	const client = new AirClient(identity);
	const left = [...questions];
	const asked = jest
		.spyOn(client, 'getStatus')
		.mockImplementation(async (_recipient, _hash, { signal } = {}) => {
			const answer = left.length > 1 ? left.shift() : left[0];
			await sleep(takesMs);
			if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
			throw answer ?? YES;
		});
	const sent = jest.spyOn(client, 'issueOnBehalf').mockImplementation(async (recipient) => {
		if (posts !== undefined) throw posts;
		return await Promise.resolve({ coreClaimHash: `hash of ${recipient} ${Math.random()}` });
	});
	const log: string[] = [];
	const session = new LedgerSession({
		ledger,
		client,
		origin: { instance: 'n8n', workflowId: 'w', executionId: '1', nodeId: 'n' },
		ownExecutions: { ids: ['1'], began: undefined },
		retentionDays: 1,
		log: (line) => log.push(line),
	});
	const issue = async (
		eventId: string,
		changes: Partial<IssueRequest> = {},
		how?: Partial<Issuing>,
	) => {
		const asks = { ...request, ...changes };
		const idempotency = idempotencyOf(identity.key, asks, { mode: 'event', eventId }, []);
		return await issueOnce(session, issuingOf(asks, how), idempotency);
	};
	const count = () => [asked.mock.calls.length, sent.mock.calls.length];
	const repeats = () => asked.mock.calls.map(([, , options]) => options?.repeat);
	return { session, issue, count, repeats, log };
}

/** The owner, with one issuance of which AIR has said that it is confirmed. */
async function ownersRow() {
	const { coreClaimHash } = await runOf(owner, { questions: [YES] }).issue('evt_1');
	await ledger.observed(REALM, coreClaimHash, CONFIRMED);
	return coreClaimHash;
}

const everything = async () => ({
	rows: await ledger.list({ limit: 100 }),
	events: await ledger.events(0, 100),
});

test('a new key asks AIR once, before anything is begun, however many items there are', async () => {
	const first = runOf(owner, { questions: [YES], takesMs: 50 });
	const begin = jest.spyOn(ledger, 'begin');
	const issuing = Promise.all(
		Array.from({ length: 50 }, async (_, i) => await first.issue(`evt_${i}`)),
	);
	await sleep(25);
	expect(begin).not.toHaveBeenCalled();
	await issuing;
	expect(first.count()).toEqual([1, 50]);
	const second = runOf(owner, { questions: [YES] });
	await second.issue('evt_0');
	await second.issue('evt_50');
	expect(second.count()).toEqual([0, 1]);
});

test('two executions at once ask once', async () => {
	const runs = [1, 2].map(() => runOf(owner, { questions: [YES], takesMs: 50 }));
	await Promise.all(runs.map(async ({ issue }, i) => await issue(`evt_${i}`)));
	expect(runs.map(({ count }) => count()[0])).toEqual([1, 0]);
});

test('a cancelled execution takes the question of another one not along', async () => {
	const cancel = new AbortController();
	const first = runOf(owner, { questions: [YES], takesMs: 100 });
	const cancelled = first.issue('evt_1', {}, { signal: cancel.signal });
	const second = runOf(owner, { questions: [YES] });
	const going = second.issue('evt_2');
	await sleep(20);
	cancel.abort();
	await expect(cancelled).rejects.toMatchObject({ code: 'AIR_CANCELLED' });
	await expect(going).resolves.toMatchObject({ outcome: 'issued' });
	expect([first.count(), second.count()]).toEqual([
		[1, 0],
		[0, 1],
	]);
});

test('when all are cancelled nothing is sent, and the next one asks again', async () => {
	const cancel = new AbortController();
	const first = runOf(owner, { questions: [YES], takesMs: 100 });
	const cancelled = first.issue('evt_1', {}, { signal: cancel.signal });
	await sleep(20);
	cancel.abort();
	await expect(cancelled).rejects.toMatchObject({ code: 'AIR_CANCELLED' });
	const second = runOf(owner, { questions: [YES] });
	await second.issue('evt_1');
	expect([first.count(), second.count()]).toEqual([
		[1, 0],
		[1, 1],
	]);
});

describe('somebody with the partner ID and a key of their own', () => {
	const stranger = async (air: Partial<Air> = {}) =>
		runOf(await identityOf(), { questions: [REFUSED], ...air });

	test('leaves nothing, even where AIR would be too slow to refuse', async () => {
		const eve = await stranger({ posts: new AirError('AIR_TIMEOUT') });
		const issuing = eve.issue('evt_1', { recipient: 'eve@example.com' });
		await expect(issuing).rejects.toMatchObject({ code: 'AIR_UNAUTHORIZED', kind: 'refused' });
		expect(eve.count()).toEqual([1, 0]);
		await eve.session.end();
		expect(await everything()).toEqual({ rows: [], events: [] });
		// And so does not stand in the owner's way.
		const mine = await runOf(owner, { questions: [YES] }).issue('evt_1');
		expect(mine.outcome).toBe('issued');
	});

	test('can delete, hold, take and learn nothing', async () => {
		const hash = await ownersRow();
		ahead += 3 * DAY;
		const before = await everything();
		const eve = await stranger();
		for (const [eventId, recipient] of [
			['evt_1', 'ada@example.com'],
			['evt_1', 'eve@example.com'],
			['evt_2', 'eve@example.com'],
		] as const) {
			const again = eve.issue(eventId, { recipient }, { repeatUnknown: true });
			// The same words, whether there is a row or not.
			await expect(again).rejects.toBe(REFUSED);
		}
		await expect(eve.session.find(hash)).rejects.toMatchObject({ code: 'AIR_UNAUTHORIZED' });
		await eve.session.hold(hash, DAY);
		const poll = {
			watch: 'everywhere',
			filter: { types: ['confirmed'], delayMinutes: 5 },
			maxCalls: 10,
			maxEvents: 10,
			withinMs: 5_000,
			requestTimeoutMs: 1_000,
		} as const;
		const evidence = {
			keeping: 'kept',
			noted: undefined,
			saved: undefined,
			process: 'p',
		} as const;
		const polls = pollEvents(eve.session, { ...poll, start: 'beginning', evidence });
		await expect(polls).rejects.toMatchObject({ code: 'AIR_UNAUTHORIZED' });
		await expect(sampleEvent(eve.session, poll)).rejects.toMatchObject({
			code: 'AIR_UNAUTHORIZED',
		});
		await eve.session.end();
		expect(await everything()).toEqual(before);
		expect(eve.count()[1]).toBe(0);
	});

	test('does not end what AIR thinks of the owner', async () => {
		await ownersRow();
		const eve = await stranger();
		for (let i = 0; i < 3; i++) await expect(eve.issue('evt_1')).rejects.toBe(REFUSED);
		const mine = runOf(owner, { questions: [REFUSED] });
		expect(await mine.issue('evt_1')).toMatchObject({ outcome: 'alreadyIssued' });
		expect(mine.count()).toEqual([0, 0]);
	});
});

test('while AIR cannot be asked about a new key nothing is sent, and why is said', async () => {
	const run = runOf(owner, { questions: [AWAY] });
	const issuing = run.issue('evt_1');
	await expect(issuing).rejects.toMatchObject({ code: 'AIR_CONNECT_TIMEOUT', kind: 'not-sent' });
	const told = await issuing.catch((error: unknown) => error);
	expect((told as AirError).description).toContain('asked whether it accepts this private key');
	expect((told as AirError).description).toContain('Nothing was issued.');
	expect(run.count()).toEqual([1, 0]);
	// The client repeats it as it repeats an attempt.
	expect(run.repeats()).toEqual([DEFAULT_REPEAT_LIMITS]);
	expect(await everything()).toEqual({ rows: [], events: [] });
});

describe('an acceptance ends', () => {
	beforeEach(ownersRow);
	const replay = async (air: Air) => {
		const run = runOf(owner, air);
		return { run, replayed: await run.issue('evt_1') };
	};

	test('not within a day: AIR is not asked', async () => {
		ahead += 23 * HOUR;
		const { run, replayed } = await replay({ questions: [REFUSED] });
		expect(replayed.outcome).toBe('alreadyIssued');
		expect(run.count()).toEqual([0, 0]);
	});

	test.each([25 * HOUR, -25 * HOUR])('after a day, %i ms later: AIR is asked once', async (ms) => {
		ahead += ms;
		const { run, replayed } = await replay({ questions: [YES] });
		expect(replayed.outcome).toBe('alreadyIssued');
		expect(run.count()).toEqual([1, 0]);
		expect((await replay({ questions: [REFUSED] })).run.count()).toEqual([0, 0]);
	});

	test('each issuance puts it off', async () => {
		for (let i = 2; i < 6; i++) {
			ahead += 20 * HOUR;
			const run = runOf(owner, { questions: [REFUSED] });
			await run.issue(`evt_${i}`);
			expect(run.count()).toEqual([0, 1]);
		}
	});

	test('a status that AIR gives puts it off, too', async () => {
		ahead += 20 * HOUR;
		const status = { vcStatus: 'ONCHAIN', state: 'confirmed', onChain: true } as const;
		await runOf(owner, { questions: [YES] }).session.observed('a hash', status);
		ahead += 20 * HOUR;
		expect((await replay({ questions: [REFUSED] })).run.count()).toEqual([0, 0]);
	});

	test('a day later when AIR cannot be asked: then nothing is shown', async () => {
		ahead += 47 * HOUR;
		const { run, replayed } = await replay({ questions: [AWAY] });
		expect(replayed.outcome).toBe('alreadyIssued');
		expect(run.count()).toEqual([1, 0]);
		expect(run.log).toHaveLength(1);
		ahead += 2 * HOUR;
		await expect(replay({ questions: [AWAY] })).rejects.toMatchObject({
			code: 'AIR_CONNECT_TIMEOUT',
			kind: 'not-sent',
		});
	});

	test('not with one refusal: AIR is asked again at once', async () => {
		ahead += 25 * HOUR;
		const { run, replayed } = await replay({ questions: [REFUSED, YES] });
		expect(replayed.outcome).toBe('alreadyIssued');
		expect(run.count()).toEqual([2, 0]);
		const key = [REALM, owner.key.thumbprint] as const;
		expect(await ledger.keyAcceptance(...key)).toMatchObject({ refused: false });
	});

	test('with the second: no replay, no row, no address', async () => {
		ahead += 25 * HOUR;
		const run = runOf(owner, { questions: [REFUSED] });
		await expect(run.issue('evt_1')).rejects.toBe(REFUSED);
		expect(run.count()).toEqual([2, 0]);
		expect(await ledger.keyAcceptance(REALM, owner.key.thumbprint)).toBeUndefined();
		const before = await everything();
		const next = runOf(owner, { questions: [REFUSED] });
		await expect(next.issue('evt_1')).rejects.toMatchObject({ code: 'AIR_UNAUTHORIZED' });
		await expect(next.issue('evt_2')).rejects.toMatchObject({ code: 'AIR_UNAUTHORIZED' });
		await next.session.end();
		expect(await everything()).toEqual(before);
		expect(next.count()[1]).toBe(0);
	});

	test('with a refused attempt and a refused question', async () => {
		const run = runOf(owner, { questions: [REFUSED], posts: REFUSED });
		await expect(run.issue('evt_2')).rejects.toBe(REFUSED);
		expect(run.count()).toEqual([0, 1]);
		await expect(run.issue('evt_1')).rejects.toBe(REFUSED);
		expect(run.count()).toEqual([1, 1]);
		expect(await ledger.keyAcceptance(REALM, owner.key.thumbprint)).toBeUndefined();
	});

	test('not with many attempts that were refused at once', async () => {
		const run = runOf(owner, { questions: [YES], posts: REFUSED });
		const refused = ['evt_2', 'evt_3', 'evt_4', 'evt_5'].map(
			async (eventId) => await run.issue(eventId),
		);
		const ended = await Promise.allSettled(refused);
		expect(ended.map(({ status }) => status)).not.toContain('fulfilled');
		expect(await ledger.keyAcceptance(REALM, owner.key.thumbprint)).toMatchObject({
			refused: true,
		});
		expect((await replay({ questions: [YES] })).replayed.outcome).toBe('alreadyIssued');
	});
});
