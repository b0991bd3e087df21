import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AirClient, type AirIdentity } from '../../../../air/AirClient';
import { AirError } from '../../../../errors/AirError';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import type { IssueAnswer } from '../../../../air/answers/schemas';
import { idempotencyOf, type Idempotency } from '../../../../issuance/issue/idempotency';
import type { IssueRequest } from '../../../../issuance/issue/Issuing';
import { issueOnce } from '../../../../issuance/issue/issueOnce';
import { LedgerSession } from '../../../../issuance/session/LedgerSession';
import type { Ledger } from '../../../../ledger/Ledger';
import { LedgerError } from '../../../../ledger/LedgerError';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { makeKey } from '../../../support/keys';
import { issuingOf } from '../support';

/** The real embedded ledger, and an AIR that does what each test says. */
let folder: string;
let ledger: Ledger;
let identity: AirIdentity;
let log: string[];

const HASH = 'a'.repeat(64);
const request: IssueRequest = {
	recipient: 'ada@example.com',
	issuerDid: 'did:web:issuer.example',
	credentialId: 'c1',
	credentialSubject: { tier: 'Gold' },
	onDuplicate: 'revoke',
};

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
	folder = mkdtempSync(join(tmpdir(), 'moca-air-once-'));
	ledger = (await openSqliteLedger({ file: join(folder, 'ledger.sqlite') })).ledger;
	await ledger.acceptKey('https://air.example.com/v1 partner', identity.key.thumbprint);
	log = [];
});

afterEach(async () => {
	await ledger.close();
	rmSync(folder, { recursive: true, force: true });
	jest.restoreAllMocks();
});

/** A client whose POSTs end as told; counts them. */
function clientThat(answer: () => Promise<IssueAnswer>): AirClient & { posts: () => number } {
	const client = new AirClient(identity);
	const post = jest.spyOn(client, 'issueOnBehalf').mockImplementation(answer);
	return Object.assign(client, { posts: () => post.mock.calls.length });
}

const accepted = async (): Promise<IssueAnswer> => await Promise.resolve({ coreClaimHash: HASH });

const memoryOf = (client: AirClient, store: Ledger = ledger) =>
	new LedgerSession({
		ledger: store,
		client,
		origin: { instance: 'n8n', workflowId: 'w', executionId: '1', nodeId: 'n' },
		ownExecutions: { ids: ['1'], began: undefined },
		retentionDays: 90,
		log: (line) => log.push(line),
	});

const event = (eventId: string): Idempotency =>
	idempotencyOf(identity.key, request, { mode: 'event', eventId }, []);

/** The ledger, with one of its operations failing the first times. */
function failing(operation: keyof Ledger, times: number): Ledger {
	let left = times;
	return new Proxy(ledger, {
		get(target, name: keyof Ledger) {
			if (name === operation && left-- > 0) {
				return async () =>
					await Promise.reject(new LedgerError('LEDGER_NOT_WRITABLE', 'the disk is full'));
			}
			return target[name].bind(target);
		},
	});
}

const row = async () =>
	await ledger.find('https://air.example.com/v1 partner', {
		program: 'c1',
		idempotencyKey: 'event:e1',
	});

test('a ledger that cannot be written stops the item before anything is sent', async () => {
	const client = clientThat(accepted);
	const memory = memoryOf(client, failing('begin', 1));
	await expect(issueOnce(memory, issuingOf(request), event('e1'))).rejects.toMatchObject({
		code: 'AIR_LEDGER_NOT_WRITABLE',
		kind: 'not-sent',
	});
	expect(client.posts()).toBe(0);
});

test('a write that fails after AIR accepted does not undo it, and is made up for', async () => {
	const client = clientThat(accepted);
	const memory = memoryOf(client, failing('answered', 2));
	const issuance = await issueOnce(memory, issuingOf(request), event('e1'));
	expect(issuance).toMatchObject({ coreClaimHash: HASH, recorded: false });
	expect(log.join()).toContain(HASH);
	expect(await row()).toMatchObject({ state: 'sending' });
	await memory.end();
	expect(await row()).toMatchObject({ state: 'submitted', coreClaimHash: HASH });
});

test.each([
	['another subject', { tier: 'Silver' }, false],
	['the same subject', { tier: 'Gold' }, true],
])(
	'what could not be written is told as kept, if the hash can be read: %s',
	async (_, subject, same) => {
		const client = clientThat(accepted);
		const first = await issueOnce(memoryOf(client), issuingOf(request), event('e1'));
		const asked = { ...request, credentialSubject: subject };
		const second = idempotencyOf(identity.key, asked, { mode: 'event', eventId: 'e2' }, []);
		const memory = memoryOf(client, failing('answered', 1));
		expect(await issueOnce(memory, issuingOf(asked), second)).toMatchObject({
			recorded: false,
			outcome: 'kept',
			sameClaims: same,
			submittedAt: first.submittedAt,
		});
	},
);

test('what could be neither written nor read was issued, as far as anybody knows', async () => {
	const client = clientThat(accepted);
	const broken = failing('answered', 1);
	const memory = memoryOf(client, broken);
	jest.spyOn(ledger, 'find').mockRejectedValue(new LedgerError('LEDGER_UNAVAILABLE', 'x'));
	expect(await issueOnce(memory, issuingOf(request), event('e1'))).toMatchObject({
		recorded: false,
		outcome: 'issued',
	});
});

test('the token is signed while the ledger is written; where all was issued before, none is', async () => {
	const client = clientThat(accepted);
	const signed = jest.spyOn(client, 'token');
	const memory = memoryOf(client);
	const begun = ledger.begin.bind(ledger);
	const atBegin: number[] = [];
	jest.spyOn(ledger, 'begin').mockImplementation(async (asked) => {
		atBegin.push(signed.mock.calls.length);
		return await begun(asked);
	});
	for (const eventId of ['e1', 'e1', 'e1', 'e1', 'e2', 'e3']) {
		await issueOnce(memory, issuingOf(request), event(eventId));
	}
	// What comes after a replay is likely to be one, too.
	expect(atBegin).toEqual([1, 2, 2, 2, 2, 3]);
	expect(client.posts()).toBe(3);
});

test('two at once with one key: one POST, and both are given its answer', async () => {
	const client = clientThat(async () => {
		await sleep(300);
		return { coreClaimHash: HASH };
	});
	const memory = memoryOf(client);
	const both = await Promise.all(
		[1, 2].map(async () => await issueOnce(memory, issuingOf(request), event('e1'))),
	);
	expect(both.map(({ coreClaimHash }) => coreClaimHash)).toEqual([HASH, HASH]);
	expect(both.filter(({ outcome }) => outcome === 'alreadyIssued')).toHaveLength(1);
	expect(client.posts()).toBe(1);
});

test.each([
	['its answer comes', { coreClaimHash: HASH }, { state: 'submitted', coreClaimHash: HASH }],
	[
		'none comes in time',
		new AirError('AIR_CANCELLED_IN_FLIGHT'),
		{ state: 'unknown', reason: 'AIR_CANCELLED_IN_FLIGHT' },
	],
])('a POST that a cancel overtook is recorded when %s', async (_, outcome, recorded) => {
	const cancel = new AbortController();
	let end: () => void = () => undefined;
	const client = clientThat(async () => {
		await new Promise<void>((resolve) => {
			end = resolve;
			cancel.abort();
		});
		if (outcome instanceof Error) throw outcome;
		return outcome;
	});
	const { signal } = cancel;
	const issuing = issueOnce(memoryOf(client), issuingOf(request, { signal }), event('e1'));
	await expect(issuing).rejects.toMatchObject({ code: 'AIR_CANCELLED_IN_FLIGHT' });
	expect(await row()).toMatchObject({ state: 'sending' });
	end();
	while ((await row())?.state === 'sending') await sleep(10);
	expect(await row()).toMatchObject(recorded);
});

test.each([
	['AIR_FORBIDDEN', 'rejected', true],
	['AIR_CONNECTION_REFUSED', 'rejected', true],
	['AIR_CANCELLED', 'rejected', true],
	['AIR_TIMEOUT', 'unknown', false],
	['AIR_ANSWER_UNREADABLE', 'unknown', false],
] as const)('after %s the row is %s, and may be sent again: %s', async (code, state, again) => {
	const refusing = clientThat(async () => await Promise.reject(new AirError(code)));
	await expect(
		issueOnce(memoryOf(refusing), issuingOf(request), event('e1')),
	).rejects.toMatchObject({ code });
	expect(await row()).toMatchObject({ state, reason: code });

	const client = clientThat(accepted);
	const second = issueOnce(memoryOf(client), issuingOf(request), event('e1'));
	if (again) await expect(second).resolves.toMatchObject({ coreClaimHash: HASH });
	else await expect(second).rejects.toMatchObject({ code: 'AIR_ISSUED_UNKNOWN' });
	expect(client.posts()).toBe(again ? 1 : 0);
});

test('nothing of the claims, and no address in clear where a key is made of content', () => {
	const { key, subjectHmac } = idempotencyOf(
		identity.key,
		request,
		{ mode: 'content', rememberHours: 24 },
		[],
	);
	expect(`${key}${subjectHmac}`).not.toMatch(/ada|Gold|tier/);
});

describe('waiting for another attempt with the same key', () => {
	const HOUR_MS = 3_600_000;

	/** Another attempt is under way for as long as it is asked; time passes as told at each question. */
	function busyLedger(passes: () => void): Ledger {
		return new Proxy(ledger, {
			get(target, name: keyof Ledger) {
				if (name !== 'begin') return target[name].bind(target);
				return async (...given: Parameters<Ledger['begin']>) => {
					const begun = await target.begin(...given);
					passes();
					return begun;
				};
			},
		});
	}

	test.each([
		['back', -HOUR_MS],
		['forward', HOUR_MS],
	])('lasts 30 s, though the clock is set %s meanwhile', async (_way, jump) => {
		const client = clientThat(accepted);
		const memory = memoryOf(client);
		const hung = jest.spyOn(client, 'issueOnBehalf').mockReturnValue(new Promise(() => undefined));
		void issueOnce(memory, issuingOf(request), event('e1'));
		while (hung.mock.calls.length === 0) await sleep(5);

		const { now } = Date;
		const elapsed = performance.now.bind(performance);
		let [wall, monotonic, questions] = [0, 0, 0];
		jest.spyOn(Date, 'now').mockImplementation(() => now() + wall);
		jest.spyOn(performance, 'now').mockImplementation(() => elapsed() + monotonic);
		const store = busyLedger(() => {
			questions++;
			wall = jump;
			if (questions === 2) monotonic = 31_000;
			if (questions > 3) throw new Error('it is waited for too long');
		});
		await expect(
			issueOnce(memoryOf(client, store), issuingOf(request), event('e1')),
		).rejects.toMatchObject({ code: 'AIR_ISSUE_BUSY' });
		expect(questions).toBe(2);
	});
});
