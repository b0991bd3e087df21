import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeOperationError, UserError, type INode, type WorkflowActivateMode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { forgetLimits } from '../../air/pacing/HostLimiter';
import { closeLedgers, embeddedLedgerFile } from '../../issuance/session/openLedger';
import { forgetPauses } from '../../issuance/watch/politeness';
import { fasterPauses } from '../support/fasterPauses';
import { makeKey } from '../support/keys';
import { startTestAir, type TestAir } from './air';
import { failure } from './engineAtHand';
import { activate, type ActivateOptions } from './pollTrigger';
import { OneCredential } from './runWorkflow';

/** What is waited for between attempts passes faster here. */
fasterPauses(100);
jest.mock('../../air/pacing/backoff', () => jest.requireActual<object>('../support/fasterBackoff'));

/**
 * The first poll of an activation. n8n tries it at 0, 1, 3, 7 and 15 seconds; after that the trigger is
 * off for good, while the list still shows the workflow as active.
 */
let air: TestAir;
let folder: string;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-start-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
	forgetPauses();
	forgetLimits();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const withLedger = () => ({ ...air.credential, ledger: 'embedded' });
/** Nobody listens there. */
const late = () => ({
	...air.credential,
	ledger: 'postgres',
	ledgerSecret: 'postgresql://n8n:secret@127.0.0.1:1/n8n',
});

const start = (activation: WorkflowActivateMode, options: Partial<ActivateOptions> = {}) =>
	activate({ credential: withLedger(), activation, ...options });

const UNATTENDED = ['init', 'leadershipChange', 'update'] as const;
const ATTENDED = ['activate', 'create'] as const;

describe.each(UNATTENDED)('%s: nobody is there to activate it again', (mode) => {
	test('PostgreSQL is late: logged, and the next poll fails where people see it', async () => {
		const b = start(mode, { credential: late() });
		expect(await b.poll()).toBeNull();
		expect(b.log.map(({ level }) => level)).toEqual(['warn']);
		const [line] = b.log;
		expect(line?.message).toMatch(/^Moca AIR Trigger: .*AIR_LEDGER_UNAVAILABLE.*next poll/);
		expect(line?.message).not.toContain('secret');
		await expect(b.poll()).rejects.toMatchObject({
			message: expect.stringMatching(/ledger cannot be reached/) as string,
			...failure({ cause: 'temporarily-unavailable' }),
		});
	});

	test('a disk that is in the way only at the start', async () => {
		const file = embeddedLedgerFile(process.env);
		mkdirSync(dirname(file), { recursive: true });
		mkdirSync(file);
		const b = start(mode);
		expect(await b.poll()).toBeNull();
		rmSync(file, { recursive: true });
		expect(await b.poll()).toBeNull();
		expect(b.log).toHaveLength(1);
	});

	test.each([
		['is down', { kind: 'answer', status: 502 }, 'AIR_SERVER_FAILURE'],
		['limits', { kind: 'answer', status: 429 }, 'AIR_RATE_LIMITED'],
		[
			'answers through a gateway with a page',
			{ kind: 'answer', status: 404, body: { type: 'html' } },
			'AIR_NOT_FOUND_FOREIGN',
		],
		['breaks off', { kind: 'reset' }, 'AIR_CONNECTION_LOST'],
	] as const)('AIR %s while it is to say whether it accepts the key', async (_, fault, code) => {
		air.emulator.control.injectFault({ ...fault, operation: 'status', times: null });
		const b = start(mode);
		expect(await b.poll()).toBeNull();
		expect(b.log.at(-1)?.message).toContain(code);
		air.emulator.control.clearFaults();
		forgetLimits();
		expect(await b.poll()).toBeNull();
	});

	test('AIR cannot fetch the JWKS yet, because this n8n serves it', async () => {
		air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'status',
			status: 401,
			body: { type: 'air', message: 'JWKS endpoint unreachable' },
		});
		const b = start(mode);
		expect(await b.poll()).toBeNull();
		expect(b.log.at(-1)?.message).toContain('AIR_UNAUTHORIZED_JWKS_UNREACHABLE');
		expect(await b.poll()).toBeNull();
	});

	test('the clock of a machine that has just been started is behind', async () => {
		air.emulator.control.injectFault({
			kind: 'answer',
			operation: 'status',
			status: 401,
			body: { type: 'air', message: 'Token has expired' },
		});
		const b = start(mode);
		expect(await b.poll()).toBeNull();
		expect(b.log.at(-1)?.message).toContain('AIR_UNAUTHORIZED_EXPIRED');
		expect(await b.poll()).toBeNull();
	});

	test('no name, or nobody who listens', async () => {
		for (const baseUrl of ['http://air.invalid/v1', 'http://127.0.0.1:1/v1']) {
			const b = start(mode, { credential: { ...withLedger(), environment: 'custom', baseUrl } });
			expect(await b.poll()).toBeNull();
			expect(b.log.at(-1)?.message).toMatch(/AIR_DNS|AIR_CONNECTION_REFUSED/);
			await expect(b.poll()).rejects.toThrow(/AIR/);
		}
	});

	test.each([
		['the ledger off', () => ({ ...withLedger(), ledger: 'off' }), /needs the issuance ledger/],
		['no URL', () => ({ ...late(), ledgerSecret: 'mysql://x' }), /settings of the issuance ledger/],
		['no key', () => ({ ...withLedger(), privateKey: 'nothing' }), /key/],
		[
			'a key that AIR refuses',
			() => ({ ...withLedger(), privateKey: makeKey().pem }),
			/token|key/i,
		],
	])('what does not pass is thrown: %s', async (_, credential, words) => {
		await expect(start(mode, { credential: credential() }).poll()).rejects.toThrow(words);
	});

	test('a file that is not a ledger: said at the start, and with each poll after it', async () => {
		const file = embeddedLedgerFile(process.env);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, 'no database, and longer than a header would be');
		const b = start(mode);
		expect(await b.poll()).toBeNull();
		await expect(b.poll()).rejects.toThrow(/ledger/);
		await expect(b.poll()).rejects.toThrow(/ledger/);
	});
});

describe('what n8n itself throws', () => {
	afterEach(() => {
		jest.restoreAllMocks();
	});

	test('a database of n8n that is not there yet passes', async () => {
		const read = jest
			.spyOn(OneCredential.prototype, 'getDecrypted')
			.mockRejectedValueOnce(new Error('Connection terminated unexpectedly'));
		const b = start('init');
		expect(await b.poll()).toBeNull();
		expect(b.log.at(-1)?.message).toMatch(/n8n itself/);
		expect(b.log.at(-1)?.message).not.toMatch(/terminated/);
		expect(await b.poll()).toBeNull();
		expect(read).toHaveBeenCalledTimes(2);
	});

	test.each([
		new UserError('Credential with ID "1" could not be found'),
		new NodeOperationError({ name: 'a', type: 'b' } as INode, 'no credentials set'),
	])('a credential that is not there does not: %s', async (error) => {
		jest.spyOn(OneCredential.prototype, 'getDecrypted').mockRejectedValue(error);
		await expect(start('init').poll()).rejects.toThrow(error.message);
	});
});

describe.each(ATTENDED)('%s: somebody has just pressed the button', (mode) => {
	test('a ledger that cannot be reached is shown to them', async () => {
		const b = start(mode, { credential: late() });
		await expect(b.poll()).rejects.toThrow(/ledger cannot be reached/);
		expect(b.log).toEqual([]);
	});
});

test('Fetch Test Event shows it, whatever the activation mode', async () => {
	const b = start('init', { credential: late(), mode: 'manual' });
	await expect(b.poll()).rejects.toThrow(/ledger cannot be reached/);
});

test('the durable scheduler calls no first poll: its polls fail, and are backed off from', async () => {
	const b = start('update', { credential: late(), budgetMs: 36_000, staticData: {} });
	await expect(b.poll()).rejects.toMatchObject(failure({ cause: 'temporarily-unavailable' }));
});

test('what came meanwhile is delivered once the ledger is there', async () => {
	const file = embeddedLedgerFile(process.env);
	expect(await start('init').poll()).toBeNull();
	await closeLedgers();
	rmSync(dirname(file), { recursive: true });
	mkdirSync(dirname(file), { recursive: true });
	mkdirSync(file);
	const b = start('init');
	expect(await b.poll()).toBeNull();
	rmSync(file, { recursive: true });
	expect(await b.poll()).toBeNull();
	expect(await b.poll()).toBeNull();
});
