import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, embeddedLedgerFile } from '../../issuance/session/openLedger';
import { LedgerTables } from '../host/ledgerTables';
import { makeKey } from '../support/keys';
import { PARTNER_ID, startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person, statusWorkflow } from './workflows';

/** Issue on Behalf with its embedded ledger, over several executions. */
let air: TestAir;
let folder: string;
let executions = 0;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-ledger-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;
const posts = () => control().counts().byOperation.issue;

interface Call {
	items?: readonly IDataObject[];
	parameters?: INode['parameters'];
	settings?: Partial<INode>;
	credential?: IDataObject;
}

const withLedger = () => ({ ...air.credential, ledger: 'embedded' });

/** One execution of its own. */
async function execute({ items = [person('ada')], parameters, settings, credential }: Call = {}) {
	executions++;
	return await runWorkflow(
		issueWorkflow(items, { idempotency: 'content', ...parameters }, settings),
		{ ...withLedger(), ...(credential as Record<string, string>) },
		{ executionId: String(executions) },
	);
}

const byEvent = (eventId: string): INode['parameters'] => ({ idempotency: 'event', eventId });

describe('Recognize by Content', () => {
	test('an item that comes again is answered from the ledger, and says so', async () => {
		const first = await execute();
		const again = await execute();
		expect(again.json('Done')[0]).toMatchObject({
			coreClaimHash: first.json('Done')[0]?.coreClaimHash,
			submittedAt: expect.any(String) as string,
			outcome: 'alreadyIssued',
			state: 'submitted',
		});
		expect(posts()).toBe(1);
		const hints = again.run.data.resultData.runData.Issue?.at(-1)?.hints;
		expect(hints?.map(({ message }) => message).join('\n')).toMatch(
			/^1 item had already been issued, so it was not sent again\. Its output is the original answer\.$/m,
		);
	});

	test('within one execution, too', async () => {
		const { json } = await execute({ items: [person('ada'), person('ada')] });
		expect(json('Done').map(({ outcome }) => outcome)).toEqual(['issued', 'alreadyIssued']);
		expect(posts()).toBe(1);
	});

	test('another recipient, subject or issuer is another issuance', async () => {
		await execute({ items: [person('ada'), person('bob'), person('ada', { level: 'enhanced' })] });
		expect(posts()).toBe(3);
	});

	test('Ignore When Comparing leaves out what changes with each delivery', async () => {
		const parameters = { options: { ignoreWhenComparing: 'kycLevel' } };
		await execute({ parameters });
		await execute({ parameters, items: [person('ada', { level: 'enhanced' })] });
		expect(posts()).toBe(1);
	});

	test('what was replaced since is neither repeated nor silently left out', async () => {
		await execute();
		await execute({ items: [person('ada', { level: 'enhanced' })] });
		const { error } = await execute();
		expect(error?.message).toMatch(/no longer stands: ledger row 1, issued 20.*, now superseded/);
		expect(error?.description).toMatch(/Event ID/);
		expect(posts()).toBe(2);
	});

	test('a repeat waits for the same issuance to be on-chain', async () => {
		await execute();
		const { json } = await execute({ parameters: { options: { waitUntilOnChain: true } } });
		expect(json('Done')[0]).toMatchObject({
			outcome: 'alreadyIssued',
			onChain: true,
			vcStatus: 'ONCHAIN',
		});
	});
});

describe('Event ID', () => {
	test('a redelivered event issues nothing', async () => {
		await execute({ parameters: byEvent('evt_1') });
		const { json } = await execute({ parameters: byEvent('evt_1') });
		expect(json('Done')[0]).toMatchObject({ outcome: 'alreadyIssued' });
		await execute({ parameters: byEvent('evt_2') });
		expect(posts()).toBe(2);
	});

	test('the same event for another person is an error that names no one', async () => {
		await execute({ parameters: byEvent('evt_1') });
		const { error } = await execute({ parameters: byEvent('evt_1'), items: [person('bob')] });
		expect(error?.message).toMatch(/already used for another recipient: ledger row 1, used 20/);
		expect(JSON.stringify(error)).not.toContain('ada@example.com');
		expect(posts()).toBe(1);
	});

	test('the same event with other claims is an error that says what to do', async () => {
		await execute({ parameters: byEvent('evt_1') });
		const { error } = await execute({
			parameters: byEvent('evt_1'),
			items: [person('ada', { level: 'enhanced' })],
		});
		expect(error?.message).toMatch(/another credential subject/);
		expect(error?.description).toMatch(/current time.*Ignore When Comparing/);
		expect(posts()).toBe(1);
	});

	test('a late repeat of an event does not undo a later one', async () => {
		await execute({ parameters: byEvent('evt_1') });
		await execute({
			parameters: byEvent('evt_2'),
			items: [person('ada', { level: 'enhanced' })],
		});
		const { json } = await execute({ parameters: byEvent('evt_1') });
		expect(json('Done')[0]).toMatchObject({ outcome: 'alreadyIssued', state: 'superseded' });
		expect(posts()).toBe(2);
	});

	test('an empty event ID is refused', async () => {
		const { error } = await execute({ parameters: byEvent('={{ $json.nothing }}') });
		expect(error?.message).toBe(
			'The event ID is not valid: the item has no field called “nothing”; it has: email, level, adult',
		);
	});

	test('what AIR refused may be corrected and sent again', async () => {
		control().injectFault({ kind: 'answer', operation: 'issue', status: 400 });
		const refused = await execute({ parameters: byEvent('evt_1') });
		expect(refused.error?.httpCode).toBe('400');
		const { error } = await execute({
			parameters: byEvent('evt_1'),
			items: [person('ada', { level: 'enhanced' })],
		});
		expect(error).toBeUndefined();
		expect(posts()).toBe(2);
	});
});

describe('what may have happened', () => {
	test('an unknown outcome under Revoke and Reissue is never sent again', async () => {
		control().injectFault({ kind: 'reset', operation: 'issue', afterWork: true });
		const first = await execute();
		expect(first.error?.message).toMatch(/connection to AIR broke/);
		const again = await execute();
		expect(again.error?.message).toMatch(
			/do not know whether an earlier attempt issued this credential: ledger row 1, begun 20/,
		);
		expect(again.error?.description).toMatch(/Claim Records.*ledger list/);
		expect(posts()).toBe(1);
	});

	test('unless the user says so', async () => {
		control().injectFault({ kind: 'reset', operation: 'issue' });
		await execute();
		const { error } = await execute({ parameters: { options: { sendAgainWhenUnknown: true } } });
		expect(error).toBeUndefined();
		expect(posts()).toBe(2);
	});

	test('under Keep Existing it is sent again, and issued once', async () => {
		control().injectFault({ kind: 'hang', operation: 'issue', afterWork: true, times: 4 });
		const parameters = { onDuplicate: 'ignore', options: { requestTimeout: 1 } };
		await execute({ parameters });
		control().clearFaults();
		const { error } = await execute({ parameters });
		expect(error).toBeUndefined();
		expect(control().counts().issuances).toBe(1);
	}, 20_000);

	test.each([
		['ignore', /^Not known whether this was issued: /],
		['revoke', /^Not known whether this was issued – look before you send it again: /],
	])(
		'a refusal leaves an unknown outcome as it is; the title under %s',
		async (onDuplicate, title) => {
			const options = { requestTimeout: 1, sendAgainWhenUnknown: true };
			const fault = { operation: 'issue', afterWork: true, times: null } as const;
			control().injectFault({ ...fault, kind: 'answer', status: 500 });
			await execute({ parameters: { onDuplicate, options } });
			control().clearFaults();
			control().injectFault({ kind: 'answer', operation: 'issue', status: 400, times: null });
			const { error } = await execute({ parameters: { onDuplicate, options } });
			expect(error?.message).toMatch(title);
			expect(error?.description).toMatch(/An earlier attempt .* \(ledger row 1\)/);
		},
		30_000,
	);

	test('Retry On Fail after a partial success issues nothing twice', async () => {
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bob@example.com',
		});
		const { error, json } = await execute({
			items: [person('ada'), person('bob')],
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(error).toBeUndefined();
		expect(json('Done').map(({ outcome }) => outcome)).toEqual(['alreadyIssued', 'issued']);
		expect(
			control()
				.issuances()
				.map(({ recipient }) => recipient),
		).toEqual(['ada@example.com', 'bob@example.com']);
	});

	test('Retry On Fail repeats what a later item of the same run replaced, without any harm', async () => {
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bob@example.com',
		});
		const { error, json } = await execute({
			items: [person('ada'), person('ada', { level: 'enhanced' }), person('bob')],
			parameters: { options: { concurrency: 1 } },
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(error).toBeUndefined();
		expect(json('Done').map(({ state }) => state)).toEqual(['superseded', 'submitted', undefined]);
		expect(control().counts().issuances).toBe(3);
	});

	test('Retry On Fail with a value that changes on each try issues nothing twice', async () => {
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bob@example.com',
		});
		const { error } = await execute({
			items: [person('ada'), person('bob')],
			parameters: {
				subjectMode: 'json',
				subjectJson: '={{ { kycLevel: $json.level, score: Math.random() } }}',
				options: { concurrency: 1 },
			},
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(error?.message).toMatch(/another credential subject: ledger row 1/);
		expect(error?.description).toMatch(/^Row 1 of 2\. /);
		expect(error?.description).toMatch(/Ignore When Comparing/);
		expect(control().counts()).toMatchObject({ issuances: 1, revoked: 0 });
	});

	test('Retry On Fail after a time-out under Revoke and Reissue sends nothing again', async () => {
		control().injectFault({ kind: 'hang', operation: 'issue', afterWork: true });
		const { error } = await execute({
			parameters: { options: { requestTimeout: 1 } },
			settings: { retryOnFail: true, maxTries: 3, waitBetweenTries: 0 },
		});
		expect(error?.message).toMatch(/do not know whether an earlier attempt issued/);
		expect(posts()).toBe(1);
	});
});

describe('who may ask', () => {
	test('the right partner ID with a wrong key is given nothing', async () => {
		const { json } = await execute({ parameters: byEvent('evt_1') });
		const hash = json('Done')[0]?.coreClaimHash as string;
		const wrong = { privateKey: makeKey().pem };
		const again = await execute({ parameters: byEvent('evt_1'), credential: wrong });
		expect(again.error?.httpCode).toBe('401');
		expect(JSON.stringify(again.run)).not.toContain(hash);
		expect(posts()).toBe(1);
	});

	test('a new key that AIR accepts finds the old rows', async () => {
		await execute({ parameters: byEvent('evt_1') });
		const next = makeKey();
		air.jwks.keys.push(next.jwk('next'));
		const again = await execute({
			parameters: byEvent('evt_1'),
			credential: { privateKey: next.pem, kid: 'next' },
		});
		expect(again.json('Done')[0]).toMatchObject({ outcome: 'alreadyIssued' });
		expect(posts()).toBe(1);
	});
});

describe('when the ledger is not there', () => {
	test('the file is made for the user alone', async () => {
		await execute();
		const file = embeddedLedgerFile(process.env);
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
	});

	test('a ledger that cannot be opened stops the item before anything is sent', async () => {
		const broken = join(folder, 'file');
		writeFileSync(broken, '');
		chmodSync(broken, 0o400);
		process.env.N8N_USER_FOLDER = broken;
		const { error } = await execute();
		expect(error?.message).toMatch(/issuance ledger cannot be/);
		expect(error?.description).toMatch(/nothing was sent/i);
		expect(posts()).toBe(0);
	});

	test('the embedded one is refused in queue mode, in words that say what to do', async () => {
		process.env.EXECUTIONS_MODE = 'queue';
		try {
			const { error } = await execute();
			expect(error?.message).toMatch(/cannot be used in queue mode/);
			expect(error?.description).toMatch(/PostgreSQL/);
			expect(posts()).toBe(0);
		} finally {
			delete process.env.EXECUTIONS_MODE;
		}
	});

	test('Off: a retry within the execution is still answered from memory', async () => {
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bob@example.com',
		});
		const { json, run } = await execute({
			items: [person('ada'), person('bob')],
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
			credential: { ledger: 'off' },
		});
		expect(json('Done').map(({ outcome }) => outcome)).toEqual(['alreadyIssued', 'issued']);
		expect(
			run.data.resultData.runData.Issue?.at(-1)
				?.hints?.map(({ message }) => message)
				.join('\n'),
		).toMatch(/Ledger is off/);
		await execute({ credential: { ledger: 'off' } });
		expect(control().counts().issuances).toBe(3);
	});
});

describe('Get Issuance Status', () => {
	const status = async (items: IDataObject[], credential = {}) =>
		await runWorkflow(statusWorkflow(items), { ...withLedger(), ...credential });

	test('needs no e-mail for what this ledger knows, and records what it sees', async () => {
		const { json } = await execute();
		const coreClaimHash = json('Done')[0]?.coreClaimHash;
		const asked = await status([{ coreClaimHash, email: '' }]);
		expect(asked.json('Done')[0]).toMatchObject({ email: 'ada@example.com', onChain: true });
		const replay = await execute();
		expect(replay.json('Done')[0]).toMatchObject({ state: 'confirmed', vcStatus: 'ONCHAIN' });
	});

	test('goes on without a ledger, and says so', async () => {
		const { json } = await execute();
		const item = { coreClaimHash: json('Done')[0]?.coreClaimHash, email: 'ada@example.com' };
		process.env.EXECUTIONS_MODE = 'queue';
		try {
			const asked = await status([item]);
			expect(asked.json('Done')[0]).toMatchObject({ onChain: true });
			const hints = asked.run.data.resultData.runData.Status?.at(-1)?.hints;
			expect(hints?.[0]?.message).toMatch(/queue mode.*not recorded/);
			const withoutAddress = await status([{ ...item, email: '' }]);
			expect(withoutAddress.error?.message).toMatch(/cannot be used in queue mode/);
		} finally {
			delete process.env.EXECUTIONS_MODE;
		}
	});

	test('gives an address to no key that AIR has not accepted', async () => {
		const { json } = await execute();
		const coreClaimHash = json('Done')[0]?.coreClaimHash;
		const asked = await status([{ coreClaimHash, email: '' }], { privateKey: makeKey().pem });
		expect(asked.error?.httpCode).toBe('401');
		expect(JSON.stringify(asked.run)).not.toContain('ada@example.com');
	});

	test('lets no key that AIR has not accepted keep others from asking', async () => {
		const { json } = await execute();
		const item = { coreClaimHash: json('Done')[0]?.coreClaimHash, email: 'ada@example.com' };
		const waiting = async (credential: Record<string, string>) =>
			await runWorkflow(statusWorkflow([item], { waitUntilOnChain: true, waitTimeout: 60 }), {
				...withLedger(),
				...credential,
			});
		const asked = await waiting({ privateKey: makeKey().pem });
		expect(asked.error?.httpCode).toBe('401');
		const tables = LedgerTables.inFile(embeddedLedgerFile(process.env));
		expect(await tables.claims()).toBe(0);
	});
});

test('an event that a key tried which AIR refuses is not taken away from the others', async () => {
	await execute();
	const parameters = byEvent('evt_7');
	const stranger = await execute({
		items: [person('eve')],
		parameters,
		credential: { privateKey: makeKey().pem },
	});
	expect(stranger.error?.httpCode).toBe('401');
	const own = await execute({ parameters });
	expect(own.json('Done')[0]).toMatchObject({ email: 'ada@example.com' });
	const again = await execute({ parameters });
	expect(again.json('Done')[0]).toMatchObject({
		email: 'ada@example.com',
		outcome: 'alreadyIssued',
	});
	// Where it is one's own key, another recipient for the same event is a mistake.
	const other = await execute({ items: [person('eve')], parameters });
	expect(other.error?.message).toMatch(/another recipient/);
	expect(
		control()
			.issuances()
			.map(({ recipient }) => recipient),
	).toEqual(['ada@example.com', 'ada@example.com']);
}, 60_000);

test('AIR is told nothing about the ledger', async () => {
	await execute({ parameters: { options: { reference: 'customer-7' } } });
	expect(JSON.stringify(control().requests())).not.toContain('customer-7');
	expect(control().requests()[0]?.partnerId).toBe(PARTNER_ID);
});
