import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { idempotencyOf } from '../../../../issuance/issue/idempotency';
import type { IssueRequest } from '../../../../issuance/issue/Issuing';
import { issueOnce } from '../../../../issuance/issue/issueOnce';
import {
	LedgerSession,
	type LedgerSessionSettings,
} from '../../../../issuance/session/LedgerSession';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../../support/keys';
import { issuingOf } from '../support';
import { CONFIRMED, DAY } from '../../ledger/contract/requests';

/** The ledger as a run sees it: what counts as its own, and what it may do away with. */
let folder: string;
let ledger: Ledger;
let ahead = 0;

const REALM = 'https://air.example.com/v1 partner';

const identityOf = async (): Promise<AirIdentity> => ({
	baseUrl: 'https://air.example.com/v1',
	partnerId: 'partner',
	kid: 'partner',
	key: await importPrivateKey(makeKey().pem),
	scope: 'issue on-behalf',
	lifetimeSeconds: 300,
});

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-memory-'));
	ahead = 0;
	const file = join(folder, 'ledger.sqlite');
	ledger = (await openSqliteLedger({ file, clockOffsetMs: () => ahead })).ledger;
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

let hashes = 0;

/** One execution with a credential; AIR accepts its key or answers 401. */
function runOf(
	identity: AirIdentity,
	changes: Partial<LedgerSessionSettings> = {},
	accepts = true,
) {
	const client = new AirClient(identity);
	const refused = new AirError('AIR_UNAUTHORIZED', { httpStatus: 401 });
	jest.spyOn(client, 'issueOnBehalf').mockImplementation(async () => {
		if (!accepts) throw refused;
		return await Promise.resolve({ coreClaimHash: `hash-${++hashes}` });
	});
	jest.spyOn(client, 'getStatus').mockImplementation(async () => {
		return await Promise.reject(accepts ? new AirError('AIR_HASH_NOT_FOUND') : refused);
	});
	const memory = new LedgerSession({
		ledger,
		client,
		origin: { instance: 'n8n', workflowId: 'w', executionId: '381', nodeId: 'n' },
		ownExecutions: { ids: ['381'], began: undefined },
		retentionDays: 90,
		log: () => undefined,
		...changes,
	});
	const issue = async (tier = 'Gold', mode: 'content' | 'event' = 'content') => {
		const asked = { ...request, credentialSubject: { tier } };
		const how =
			mode === 'event'
				? ({ mode, eventId: tier } as const)
				: ({ mode, rememberHours: 24 } as const);
		const idempotency = idempotencyOf(identity.key, asked, how, []);
		return await issueOnce(memory, issuingOf(asked), idempotency);
	};
	return { memory, issue };
}

describe('retention', () => {
	const old = async (identity: AirIdentity) => {
		const { issue, memory } = runOf(identity);
		const { coreClaimHash } = await issue('evt_1', 'event');
		await ledger.observed(REALM, coreClaimHash, CONFIRMED);
		ahead += 2 * DAY;
		return { memory, issue };
	};

	test('a key that AIR never accepted takes nothing away, whatever it does', async () => {
		const owner = await identityOf();
		await old(owner);
		const events = await ledger.events(0, 100);
		const stranger = runOf(await identityOf(), { retentionDays: 1 }, false);
		await expect(stranger.issue('evt_1', 'event')).rejects.toMatchObject({ httpStatus: 401 });
		await expect(stranger.issue('evt_2', 'event')).rejects.toMatchObject({ httpStatus: 401 });
		await stranger.memory.end();
		expect(await ledger.events(0, 100)).toEqual(events);
		// Delivered again, the event issues nothing.
		const again = await runOf(owner).issue('evt_1', 'event');
		expect(again.outcome).toBe('alreadyIssued');
	});

	test('nor does it keep its owner from tidying up', async () => {
		const owner = await identityOf();
		await old(owner);
		await runOf(await identityOf(), { retentionDays: 1 }, false).memory.end();
		const run = runOf(owner, { retentionDays: 1 });
		await run.memory.assertKeyAccepted();
		await run.memory.end();
		expect(await ledger.list({ limit: 10 })).toEqual([]);
	});

	test('a new key tidies up as soon as AIR has accepted it', async () => {
		await old(await identityOf());
		const next = runOf(await identityOf(), { retentionDays: 1 });
		await next.memory.assertKeyAccepted();
		await next.memory.end();
		expect(await ledger.list({ limit: 10 })).toEqual([]);
	});
});

describe('writes that failed', () => {
	/** A run with 1,000 writes, each of which fails after ten seconds of a clock that nobody waits for. */
	const failing = async () => {
		const logged: string[] = [];
		const { memory } = runOf(await identityOf(), { log: (line) => logged.push(line) });
		let now = performance.now();
		jest.spyOn(performance, 'now').mockImplementation(() => now);
		let works = false;
		const tried: number[] = [];
		for (let index = 0; index < 1_000; index++) {
			await memory.write(`write ${index}`, async () => {
				tried.push(index);
				await Promise.resolve();
				if (works) return;
				now += 10_000;
				throw new Error('down');
			});
		}
		tried.length = 0;
		const recover = (): void => {
			works = true;
		};
		return { memory, logged, tried, recover };
	};

	test('the run ends although the ledger stays down', async () => {
		const { memory, logged, tried } = await failing();
		await memory.end();
		expect(tried).toEqual([0, 1, 2, 3, 4, 5, 6]);
		expect(logged.at(-1)).toBe('given up: 1000 writes of this run are not in the ledger');
	});

	test('all are written, in order, when the ledger is back', async () => {
		const { memory, logged, tried, recover } = await failing();
		logged.length = 0;
		recover();
		await memory.end();
		expect(tried).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
		expect(logged).toEqual([]);
	});
});

describe('what replaced content that comes again', () => {
	/** The first issuance of this content was superseded since. */
	const superseded = async (
		identity: AirIdentity,
		changes: Partial<LedgerSessionSettings> = {},
	) => {
		const { issue } = runOf(identity, changes);
		const first = await issue('Gold');
		await issue('Silver');
		return first;
	};

	test('is a retry in the same execution', async () => {
		const identity = await identityOf();
		const first = await superseded(identity);
		expect(await runOf(identity).issue('Gold')).toMatchObject({
			coreClaimHash: first.coreClaimHash,
			outcome: 'alreadyIssued',
			state: 'superseded',
			submittedAt: first.submittedAt,
		});
	});

	test.each<[string, Partial<LedgerSessionSettings>]>([
		[
			'another n8n, whose execution has the same number',
			{ origin: { instance: 'other', workflowId: 'w', executionId: '381', nodeId: 'n' } },
		],
		['another execution', { ownExecutions: { ids: ['382'], began: undefined } }],
		[
			'a new database of this n8n, where the number comes again',
			{ ownExecutions: { ids: ['381'], began: Date.now() + DAY } },
		],
	])('is not a retry in %s', async (_, changes) => {
		const identity = await identityOf();
		await superseded(identity);
		await expect(runOf(identity, changes).issue('Gold')).rejects.toMatchObject({
			code: 'AIR_ISSUED_NOT_STANDING',
		});
	});

	test('is a retry although the clocks differ by some minutes', async () => {
		const identity = await identityOf();
		const began = Date.now() + 5 * 60_000;
		const own = { ownExecutions: { ids: ['381'], began } };
		await superseded(identity, own);
		expect(await runOf(identity, own).issue('Gold')).toMatchObject({ state: 'superseded' });
	});
});
