import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { forgetLimits } from '../../air/pacing/HostLimiter';
import { embeddedLedgerFile, closeLedgers, openLedger } from '../../issuance/session/openLedger';
import { forgetPauses } from '../../issuance/watch/politeness';
import { DEFAULT_RETENTION } from '../../ledger/Ledger';
import { PARTNER_ID, PROGRAM_ID, startTestAir, type TestAir } from './air';
import { makeKey } from '../support/keys';
import { failure, testDurable } from './engineAtHand';
import { activate, type Activated, type ActivateOptions } from './pollTrigger';
import { recordedLog } from './recordedLog';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

/** The trigger in n8n-core's poll context, with the emulated AIR and the embedded ledger. */
let air: TestAir;
let folder: string;
let executions = 0;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-trigger-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	delete process.env.N8N_POLLER_DURABLE_CURSORS_ENABLED;
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
	forgetPauses();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;
const asked = () => control().counts().byOperation.status;
const withLedger = () => ({ ...air.credential, ledger: 'embedded' });
const realm = () => `${air.emulator.baseUrl} ${PARTNER_ID}`;

async function ledger() {
	const opened = await openLedger({ store: 'embedded' });
	if (opened === undefined) throw new Error('no ledger');
	return opened.ledger;
}

/** Issues to people, and lets what was issued be due. */
async function issue(names: readonly string[], options: IDataObject = {}) {
	executions++;
	const { json, error } = await runWorkflow(
		issueWorkflow(
			names.map((name) => person(name)),
			{ options: options as Record<string, string> },
		),
		withLedger(),
		{ executionId: String(executions) },
	);
	expect(error).toBeUndefined();
	await due();
	return json('Done') as { coreClaimHash: string; email: string }[];
}

/** Keep Existing with other claims: AIR gives the hash of what the person holds. */
async function keepWithOtherClaims(...names: readonly string[]) {
	executions++;
	const items = names.map((name) => person(name, { level: 'enhanced' }));
	const { json } = await runWorkflow(
		issueWorkflow(items, { onDuplicate: 'ignore' }),
		withLedger(),
		{ executionId: String(executions) },
	);
	await due();
	expect(json('Done').map(({ outcome }) => outcome)).toEqual(names.map(() => 'kept'));
	return json('Done');
}

async function hashOf(name: string) {
	const rows = await (await ledger()).list({ recipient: `${name}@example.com`, limit: 1 });
	return rows[0]?.coreClaimHash;
}

/** Everything pending is due now: no test waits for it. */
async function due(agoMs = 0) {
	const { DatabaseSync } = await import('node:sqlite');
	const database = new DatabaseSync(embeddedLedgerFile(process.env));
	database.exec(
		`UPDATE issuances SET next_check_at = 1, pending_since = pending_since - ${agoMs},
			answered_at = answered_at - ${agoMs} WHERE next_check_at IS NOT NULL`,
	);
	database.close();
}

/** As if the triggers had been activated for so long. */
async function startedEarlier(ms: number) {
	const { DatabaseSync } = await import('node:sqlite');
	const database = new DatabaseSync(embeddedLedgerFile(process.env));
	database.exec(`UPDATE cursors SET created_at = created_at - ${ms}`);
	database.close();
}

/** Retention takes what has come to its end. */
async function outlived() {
	const { DatabaseSync } = await import('node:sqlite');
	const database = new DatabaseSync(embeddedLedgerFile(process.env));
	database.exec('UPDATE issuances SET state_at = state_at - 91 * 86400000');
	database.close();
	expect(await (await ledger()).prune({ ...DEFAULT_RETENTION, realm: realm() })).toMatchObject({
		deleted: 1,
	});
}

const trigger = (options: Partial<ActivateOptions> = {}): Activated =>
	activate({ credential: withLedger(), ...options });

/** Activated, and the baseline is written. */
async function activated(options: Partial<ActivateOptions> = {}): Promise<Activated> {
	const made = trigger(options);
	expect(await made.poll()).toBeNull();
	return made;
}

/** Sorted, as one poll tells what AIR has confirmed in any order. */
const emails = (items: IDataObject[] | null) => items?.map(({ email }) => email).sort() ?? null;
const ids = (items: IDataObject[] | null) => items?.map(({ eventId }) => eventId) ?? [];

describe('what Keep Existing kept', () => {
	test('while it was pending is told once, as what was issued first', async () => {
		const b = await activated();
		const [ada] = await issue(['ada'], { reference: 'order-7' });
		await keepWithOtherClaims('ada');
		await keepWithOtherClaims('ada');
		const told = await b.poll();
		expect(told).toMatchObject([
			{ event: 'confirmed', coreClaimHash: ada?.coreClaimHash, reference: 'order-7' },
		]);
		expect(told).toHaveLength(1);
		expect(await b.poll()).toBeNull();
		const rows = await (await ledger()).list({ limit: 9 });
		expect(rows.map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed']);
	});

	test('after it was told is not told again', async () => {
		const b = await activated();
		const [ada] = await issue(['ada']);
		expect(await b.poll()).toHaveLength(1);
		const [kept] = await keepWithOtherClaims('ada');
		expect(kept?.coreClaimHash).toBe(ada?.coreClaimHash);
		expect(await b.poll()).toBeNull();
		expect(await b.poll()).toBeNull();
	});

	test('is delayed once', async () => {
		const b = await activated({ parameters: { events: ['delayed', 'confirmed', 'notUsable'] } });
		const [ada] = await issue(['ada']);
		control().setStatus({
			coreClaimHash: ada?.coreClaimHash ?? '',
			vcStatus: 'WAIT_ONCHAIN',
		});
		await keepWithOtherClaims('ada');
		await due(6 * 60_000);
		expect((await b.poll())?.map(({ event }) => event)).toEqual(['delayed']);
		await due(6 * 60_000);
		expect(await b.poll()).toBeNull();
		control().setStatus({ coreClaimHash: ada?.coreClaimHash ?? '', vcStatus: 'EXPIRE' });
		await due();
		expect((await b.poll())?.map(({ event }) => event)).toEqual(['notUsable']);
	});
});

test('with fewer minutes from now on, what has been pending longer than that is delayed, too', async () => {
	const delayed = (delayMinutes: number) => ({ parameters: { events: ['delayed'], delayMinutes } });
	const before = await activated(delayed(60));
	const [ada] = await issue(['ada']);
	const coreClaimHash = ada?.coreClaimHash ?? '';
	control().setStatus({ coreClaimHash, vcStatus: 'WAIT_ONCHAIN' });
	await due(20 * 60_000);
	await startedEarlier(60 * 60_000);
	expect(await before.poll()).toBeNull();
	const after = trigger(delayed(5));
	expect(await after.poll()).toMatchObject([
		{ event: 'delayed', coreClaimHash, delayedMinutes: 5 },
	]);
	expect(await after.poll()).toBeNull();
});

describe('an event', () => {
	test('comes once, with all that is known of it', async () => {
		const b = await activated();
		const [ada] = await issue(['ada'], { reference: 'order-7' });
		expect(await b.poll()).toEqual([
			{
				eventId: expect.stringMatching(/^[0-9a-f]{12}-\d+$/) as string,
				event: 'confirmed',
				time: expect.stringMatching(/^20.*Z$/) as string,
				coreClaimHash: ada?.coreClaimHash,
				email: 'ada@example.com',
				credentialId: PROGRAM_ID,
				reference: 'order-7',
				state: 'confirmed',
				vcId: expect.any(String) as string,
				vcStatus: 'ONCHAIN',
				submittedAt: expect.stringMatching(/^20.*Z$/) as string,
				seenAt: expect.stringMatching(/^20.*Z$/) as string,
				secondsUntilSeen: expect.any(Number) as number,
				delayedMinutes: null,
				ledgerRow: expect.any(Number) as number,
				way: 'on-behalf',
				vct: null,
				attempt: 1,
				reason: null,
				workflowId: 'engine-test',
				executionId: String(executions),
			},
		]);
		expect(await b.poll()).toBeNull();
		expect(asked()).toBe(2);
	});

	test('what was there before the first activation is not told, or all of it', async () => {
		await issue(['ada']);
		await (
			await ledger()
		).observed(realm(), (await hashOf('ada')) ?? '', {
			vcStatus: 'ONCHAIN',
			vcId: null,
			state: 'confirmed',
			nextCheckMs: null,
		});
		const fromNow = await activated();
		await issue(['bob']);
		expect(emails(await fromNow.poll())).toEqual(['bob@example.com']);
		const all = trigger({ workflowId: 'all', parameters: { start: 'beginning' } });
		expect(emails(await all.poll())).toEqual(['ada@example.com', 'bob@example.com']);
	});

	test('every chosen kind, and no other', async () => {
		control().setSettings({ confirmAfterMs: null });
		const watch = async (...events: string[]) =>
			await activated({ workflowId: events.join(), parameters: { events } });
		const confirmed = await watch('confirmed');
		const delayed = await watch('delayed');
		const notUsable = await watch('notUsable');
		const any = await watch('statusChanged');
		const all = await watch('confirmed', 'delayed', 'notUsable', 'statusChanged');
		const [ada] = await issue(['ada']);
		const told = async (b: Activated) =>
			(await b.poll())?.map(({ event, vcStatus }) => `${event as string} ${vcStatus as string}`) ??
			[];
		expect(await told(all)).toEqual(['statusChanged WAIT_ONCHAIN']);
		await due(6 * 60_000);
		expect(await told(all)).toEqual(['delayed WAIT_ONCHAIN']);
		expect(await told(all)).toEqual([]);
		control().setStatus({ coreClaimHash: ada?.coreClaimHash ?? '', vcStatus: 'EXPIRE' });
		await due();
		expect(await told(all)).toEqual(['statusChanged EXPIRE', 'notUsable EXPIRE']);
		expect(await told(confirmed)).toEqual([]);
		expect(await told(delayed)).toEqual(['delayed EXPIRE']);
		expect(await told(notUsable)).toEqual(['notUsable EXPIRE']);
		expect(await told(any)).toEqual(['statusChanged WAIT_ONCHAIN', 'statusChanged EXPIRE']);
	});

	test('Revoke and Reissue replaces, which is no Not Usable', async () => {
		const b = await activated({ parameters: { events: ['notUsable', 'confirmed'] } });
		await issue(['ada']);
		expect(await b.poll()).toHaveLength(1);
		const [again] = await issue(['ada']);
		expect(await b.poll()).toMatchObject([
			{ event: 'confirmed', coreClaimHash: again?.coreClaimHash },
		]);
		await due();
		expect(await b.poll()).toBeNull();
	});

	test('filters: program, reference and workflow', async () => {
		const filtered = async (filters: Record<string, string>) =>
			await activated({ workflowId: JSON.stringify(filters), parameters: { filters } });
		const program = await filtered({ program: 'another' });
		const reference = await filtered({ referencePrefix: 'order-' });
		const workflow = await filtered({ workflowId: ' engine-test ' });
		await issue(['ada']);
		await issue(['bob'], { reference: 'order-7' });
		expect(await program.poll()).toBeNull();
		expect(emails(await reference.poll())).toEqual(['bob@example.com']);
		expect(emails(await workflow.poll())).toEqual(['ada@example.com', 'bob@example.com']);
	});

	test('at most so many at a time, the rest with the next polls', async () => {
		const b = await activated({ parameters: { options: { maxEvents: 2 } } });
		await issue(['a', 'b', 'c', 'd', 'e']);
		const polls = [await b.poll(), await b.poll(), await b.poll(), await b.poll()];
		expect(polls.map((items) => items?.length ?? null)).toEqual([2, 2, 1, null]);
		expect(new Set(polls.flatMap(emails)).size).toBe(6);
	});
});

describe('nothing is lost', () => {
	test('deactivated and activated: the last offer is repeated, with the same IDs', async () => {
		const b = await activated();
		await issue(['ada']);
		const first = await b.poll();
		const again = await trigger().poll();
		expect(ids(again)).toEqual(ids(first));
		const b3 = trigger();
		expect(ids(await b3.poll())).toEqual(ids(first));
		expect(await b3.poll()).toBeNull();
		expect(await trigger().poll()).toBeNull();
	});

	test('republished during the poll: n8n throws the result away, the next one brings it', async () => {
		const b = await activated();
		await issue(['ada']);
		const thrownAway = b.poll();
		const published = trigger();
		expect(await published.poll()).toBeNull();
		expect(await thrownAway).toHaveLength(1);
		expect(emails(await published.poll())).toEqual(['ada@example.com']);
		expect(await published.poll()).toBeNull();
	});

	test('issued while it was off: told when it is on again, also after a restart', async () => {
		await activated();
		await issue(['ada']);
		await closeLedgers();
		expect(emails(await trigger().poll())).toEqual(['ada@example.com']);
	});

	test('the first event ever is not the baseline', async () => {
		await activated();
		const b = trigger();
		expect(await b.poll()).toBeNull();
		await issue(['ada']);
		expect(await b.poll()).toHaveLength(1);
	});

	test('renamed: the same cursor', async () => {
		const b = await activated();
		await issue(['ada']);
		await b.poll();
		expect(await b.poll()).toBeNull();
		const renamed = trigger({ node: { name: 'On-chain' } });
		expect(await renamed.poll()).toBeNull();
		await issue(['bob']);
		expect(emails(await renamed.poll())).toEqual(['bob@example.com']);
	});

	test('copied: a cursor of its own', async () => {
		const b = await activated();
		const copies = [
			await activated({ workflowId: 'copy' }),
			await activated({ node: { id: 'second', name: 'Second' } }),
		];
		await issue(['ada']);
		expect(ids(await b.poll())).toHaveLength(1);
		for (const copy of copies) expect(emails(await copy.poll())).toEqual(['ada@example.com']);
		expect(asked()).toBe(2);
	});

	test('two nodes with one ID are reported', async () => {
		const a = await activated();
		const b = await activated({ node: { name: 'Second' } });
		await expect(a.poll()).rejects.toThrow('Two triggers of this workflow have the same node ID');
		await expect(b.poll()).rejects.toThrow('same node ID');
	});

	test('a second poll while one runs returns null, although there is something to tell', async () => {
		const b = await activated();
		await issue(['ada']);
		expect(await trigger({ workflowId: 'another' }).poll()).toHaveLength(1);
		await issue(['bob']);
		control().setSettings({ latencyMs: 300 });
		const [first, second] = await Promise.all([b.poll(), b.poll()]);
		expect([emails(first), second]).toEqual([['ada@example.com', 'bob@example.com'], null]);
	});

	test('a poll that throws loses nothing', async () => {
		const b = await activated();
		await issue(['ada']);
		control().injectFault({ kind: 'answer', operation: 'status', status: 401, times: null });
		await expect(b.poll()).rejects.toMatchObject({
			httpCode: '401',
			...failure({ cause: 'credential-invalid' }),
		});
		control().clearFaults();
		expect(emails(await b.poll())).toEqual(['ada@example.com']);
	});

	test('off for longer than the retention: it says so once, and goes on with what is left', async () => {
		const gone = {
			message: 'The ledger deleted events before this trigger saw them',
			description: expect.stringMatching(/Ledger Retention.*reported only once/) as string,
			...failure({ cause: 'configuration-invalid' }),
		};
		const b = await activated();
		const other = await activated({ workflowId: 'other' });
		await issue(['ada']);
		expect(emails(await other.poll())).toEqual(['ada@example.com']);
		expect(await other.poll()).toBeNull();
		await outlived();
		await issue(['bob']);

		await expect(b.poll()).rejects.toMatchObject(gone);
		expect(emails(await b.poll())).toEqual(['bob@example.com']);
		expect(await b.poll()).toBeNull();
		// A trigger that has seen it all hears nothing about it.
		expect(emails(await other.poll())).toEqual(['bob@example.com']);
	});

	test('the same found at activation: that is not what keeps the workflow from being activated', async () => {
		await activated();
		await issue(['ada']);
		expect(await trigger({ workflowId: 'other' }).poll()).toHaveLength(1);
		await outlived();
		// What follows is nothing for this trigger; it must not be passed before anybody was told.
		control().setSettings({ confirmAfterMs: null });
		await issue(['bob']);
		const b = await activated();
		expect(b.log).toMatchObject([
			{ level: 'warn', message: expect.stringMatching(/GONE/) as string },
		]);
		await expect(b.poll()).rejects.toThrow('The ledger deleted events');
		expect(await b.poll()).toBeNull();
	});

	testDurable('static data of n8n, whatever is in it, moves nothing by default', async () => {
		const b = await activated();
		await issue(['ada']);
		const first = await b.poll();
		const opened = await ledger();
		const key = { realm: realm(), instance: '', workflowId: 'workflow-b', nodeId: 'trigger-node' };
		await opened.openCursor(key, 'now');
		for (const offer of ['x', 5, null, { upTo: 99 }, { upTo: -1, process: 1 }]) {
			const corrupt = trigger({ staticData: { offer }, budgetMs: 36_000 });
			expect(ids(await corrupt.poll())).toEqual(ids(first));
		}
	});
});

describe('the durable scheduler', () => {
	const scheduled = (staticData: IDataObject) => trigger({ staticData, budgetMs: 36_000 });

	testDurable(
		'what n8n commits with the execution counts as taken, also in another process',
		async () => {
			process.env.N8N_POLLER_DURABLE_CURSORS_ENABLED = 'true';
			await scheduled({}).poll();
			await issue(['ada']);
			const thrownAway: IDataObject = {};
			const first = await scheduled(thrownAway).poll();
			const taken: IDataObject = {};
			expect(ids(await scheduled(taken).poll())).toEqual(ids(first));
			const offer = { ...(taken.offer as IDataObject), process: 'another' };
			expect(await scheduled({ offer }).poll()).toBeNull();
		},
	);

	testDurable('without durable cursors only what this process handed over', async () => {
		await scheduled({}).poll();
		await issue(['ada']);
		const taken: IDataObject = {};
		const first = await scheduled(taken).poll();
		const offer = { ...(taken.offer as IDataObject), process: 'another' };
		expect(ids(await scheduled({ offer }).poll())).toEqual(ids(first));
		expect(await scheduled(taken).poll()).toBeNull();
	});
});

describe('specific issuances', () => {
	const specific = (...issuance: IDataObject[]) => ({
		watch: 'specific',
		events: ['confirmed', 'notUsable'],
		issuances: { issuance },
	});

	test('made elsewhere: reported by triggers that name them, and by no other', async () => {
		const { json } = await runWorkflow(issueWorkflow([person('eve')]), air.credential);
		const [eve] = json('Done');
		const pair = { coreClaimHash: eve?.coreClaimHash, recipient: 'eve@example.com' } as IDataObject;
		const other = await activated();
		const b = trigger({ workflowId: 's', parameters: specific(pair) as never });
		expect(await b.poll()).toMatchObject([
			{ event: 'confirmed', email: 'eve@example.com', credentialId: null, executionId: null },
		]);
		expect(await b.poll()).toBeNull();
		expect(await other.poll()).toBeNull();
	});

	describe('a pair that is wrong', () => {
		const ada = { coreClaimHash: '', recipient: 'ada@example.com' };
		const eve = { coreClaimHash: '', recipient: 'eve@example.com' };

		/** Issued by somebody else, with the same partner ID. */
		const elsewhere = async (name: string) => {
			const { json } = await runWorkflow(issueWorkflow([person(name)]), air.credential);
			return json('Done')[0]?.coreClaimHash as string;
		};

		/** Whether AIR compares the address with the holder is not documented: this one does. */
		const compares = () => {
			control().injectFault({
				kind: 'answer',
				operation: 'status',
				status: 404,
				recipient: 'eve@exmaple.com',
				body: { type: 'air', message: 'Credential not found' },
				times: null,
			});
		};

		beforeEach(async () => {
			eve.coreClaimHash = await elsewhere('eve');
			ada.coreClaimHash = await elsewhere('ada');
		});

		const watch = (pairs: IDataObject[], options: Partial<ActivateOptions> = {}) =>
			trigger({ workflowId: 's', parameters: specific(...pairs) as never, ...options });

		/** Some time has gone by, and all is due. */
		const later = async (ms: number) => {
			const { DatabaseSync } = await import('node:sqlite');
			const database = new DatabaseSync(embeddedLedgerFile(process.env));
			database.exec(`UPDATE issuances SET created_at = created_at - ${ms},
				answered_at = answered_at - ${ms}, missing_since = missing_since - ${ms},
				next_check_at = next_check_at - ${ms}`);
			database.close();
		};

		test('a typo in the address, corrected after days: told for the right person, and nothing false', async () => {
			compares();
			const typo = { ...eve, recipient: 'eve@exmaple.com' };
			const wrong = watch([typo, ada]);
			expect(emails(await wrong.poll())).toEqual(['ada@example.com']);
			await later(11 * 60_000);
			await expect(wrong.poll()).rejects.toMatchObject({
				message: `AIR knows no issuance with this hash for this e-mail address: the hash that begins with ${eve.coreClaimHash.slice(0, 12)}`,
				description: expect.stringMatching(/Recipient Email under Issuances/) as string,
				...failure({ cause: 'configuration-invalid' }),
			});
			// Not with each poll, and never as an event.
			expect(await wrong.poll()).toBeNull();
			await later(2 * 24 * 3_600_000);
			await expect(wrong.poll()).rejects.toThrow('AIR knows no issuance');
			expect(await wrong.poll()).toBeNull();
			const corrected = watch([eve, ada]);
			expect(emails(await corrected.poll())).toEqual(['eve@example.com']);
			expect(await corrected.poll()).toBeNull();
		});

		test('the same at a start that nobody watches, and in the editor', async () => {
			compares();
			const typo = { ...eve, recipient: 'eve@exmaple.com' };
			expect(await watch([typo]).poll()).toBeNull();
			await later(11 * 60_000);
			const b = watch([typo], { activation: 'init' });
			expect(await b.poll()).toBeNull();
			expect(b.log.map(({ message }) => message).join()).toContain('AIR_TRIGGER_PAIR_UNKNOWN');
			await later(2 * 3_600_000);
			await expect(watch([typo], { mode: 'manual' }).poll()).rejects.toThrow(
				'AIR knows no issuance',
			);
		});

		test('another address than this ledger issued to: reported, and the others are delivered', async () => {
			const [bob] = await issue(['bob']);
			const wrong = {
				coreClaimHash: bob?.coreClaimHash,
				recipient: 'x@example.com',
			} as IDataObject;
			const words = 'An issuance that the trigger watches was made to another e-mail address';
			await expect(watch([wrong]).poll()).rejects.toMatchObject({
				message: expect.stringMatching(words) as string,
				description: expect.not.stringMatching(/bob@/) as string,
			});
			const b = watch([wrong, eve], { activation: 'init' });
			expect(emails(await b.poll())).toEqual(['eve@example.com']);
			await expect(b.poll()).rejects.toThrow(words);
			const [row] = await (await ledger()).list({ recipient: 'bob@example.com', limit: 1 });
			expect(row).toMatchObject({ coreClaimHash: bob?.coreClaimHash });
			// Capitals make no other person of what was issued here.
			const capitals = { ...wrong, recipient: 'Bob@Example.com' };
			expect(emails(await watch([capitals], { workflowId: 't' }).poll())).toEqual([
				'bob@example.com',
			]);
		});

		test('an AIR that does not compare: after the correction it is told for the right person', async () => {
			const typo = { ...eve, recipient: 'eve@exmaple.com' };
			expect(emails(await watch([typo]).poll())).toEqual(['eve@exmaple.com']);
			// A look in the editor takes nothing away from the trigger.
			expect(emails(await watch([eve], { mode: 'manual' }).poll())).toEqual(['eve@example.com']);
			const corrected = watch([eve]);
			expect(emails(await corrected.poll())).toEqual(['eve@example.com']);
			expect(await corrected.poll()).toBeNull();
		});

		test('two triggers with two addresses: the right one is told once, the other one is told why', async () => {
			compares();
			const typo = { ...eve, recipient: 'eve@exmaple.com' };
			const wrong = watch([typo], { workflowId: 'wrong' });
			const right = watch([eve], { workflowId: 'right' });
			expect(await wrong.poll()).toBeNull();
			expect(emails(await right.poll())).toEqual(['eve@example.com']);
			expect(await wrong.poll()).toBeNull();
			await later(11 * 60_000);
			await expect(wrong.poll()).rejects.toThrow('AIR knows no issuance');
			expect(await right.poll()).toBeNull();
		});

		test('one hash with two addresses in one node is refused, and the same pair twice is one', async () => {
			const typo = { ...eve, recipient: 'eve@exmaple.com' };
			await expect(watch([eve, ada, typo]).poll()).rejects.toThrow(
				/Issuances 1 and 3 have the same hash and two addresses/,
			);
			expect(await watch([eve, ada, { ...eve }]).poll()).toHaveLength(2);
		});
	});

	test.each([
		[[], /1 to 100 issuances, not 0/],
		[
			[
				{ coreClaimHash: 'ab', recipient: 'a@b.cd' },
				{ coreClaimHash: 'c d', recipient: 'a@b.cd' },
			],
			/\(issuance 2 of the list\)/,
		],
		[[{ coreClaimHash: '', recipient: 'a@example.com' }], /hash is not valid/],
		[[{ coreClaimHash: 'ab', recipient: 'nobody' }], /not a valid e-mail/],
		[
			Array.from({ length: 101 }, (_, i) => ({ coreClaimHash: `h${i}`, recipient: 'a@b.cd' })),
			/not 101/,
		],
	])('%# are refused', async (pairs, words) => {
		const b = trigger({ parameters: specific(...(pairs as IDataObject[])) as never });
		await expect(b.poll()).rejects.toThrow(words);
	});
});

describe('asking AIR', () => {
	test('one bad row never blocks the others', async () => {
		const b = await activated();
		await issue(['bad', 'ada', 'bob']);
		const fault = { operation: 'status', recipient: 'bad@example.com', times: null } as const;
		for (const status of [500, 400, 401]) {
			control().clearFaults();
			control().injectFault({ ...fault, kind: 'answer', status });
			await due();
			const items = await b.poll();
			if (status === 500) expect(emails(items)).toEqual(['ada@example.com', 'bob@example.com']);
			await issue([`next-${status}`]);
			expect(emails(await b.poll())).toEqual([`next-${status}@example.com`]);
		}
	});

	test('a 404 of anybody else stops the poll and changes no row', async () => {
		const b = await activated();
		await issue(['ada']);
		const before = await (await ledger()).list({ limit: 1 });
		control().injectFault({
			kind: 'answer',
			operation: 'status',
			status: 404,
			body: { type: 'html' },
			times: null,
		});
		await expect(b.poll()).rejects.toMatchObject({
			message: 'There is no such AIR endpoint at this address',
			...failure({ cause: 'configuration-invalid' }),
		});
		const after = await (await ledger()).list({ limit: 1 });
		expect(after).toEqual(before);
	});

	test('Retry-After is obeyed across polls and triggers', async () => {
		const b = await activated();
		const other = await activated({ workflowId: 'other' });
		await issue(['ada']);
		control().injectFault({
			kind: 'answer',
			operation: 'status',
			status: 429,
			retryAfter: { seconds: 30 },
		});
		await expect(b.poll()).rejects.toMatchObject(
			failure({ cause: 'rate-limited', retryAfterMs: 30_000 }),
		);
		const before = asked();
		expect(await b.poll()).toBeNull();
		expect(await other.poll()).toBeNull();
		expect(asked()).toBe(before);
		forgetPauses();
		forgetLimits();
		await due();
		expect(emails(await b.poll())).toEqual(['ada@example.com']);
	});

	test('a Retry-After of a year: said, capped, and what is known is told meanwhile', async () => {
		const b = await activated();
		const other = await activated({ workflowId: 'other' });
		await issue(['ada', 'bob']);
		const year = { seconds: 365 * 24 * 3600 };
		const limits = { kind: 'answer', operation: 'status', status: 429, retryAfter: year } as const;
		const log = recordedLog();
		control().injectFault({ ...limits, times: null });
		await expect(b.poll()).rejects.toMatchObject(
			failure({ cause: 'rate-limited', retryAfterMs: 15 * 60_000 }),
		);
		expect(log.filter(({ message }) => message.includes('left alone'))).toHaveLength(1);
		const before = asked();
		await expect(trigger({ mode: 'manual' }).poll()).rejects.toMatchObject({
			description: expect.stringMatching(/asked for a pause.*again in 1[45] minutes/) as string,
		});
		await (
			await ledger()
		).observed(realm(), (await hashOf('bob')) ?? '', {
			vcStatus: 'ONCHAIN',
			vcId: null,
			state: 'confirmed',
			nextCheckMs: null,
		});
		expect(emails(await other.poll())).toEqual(['bob@example.com']);
		expect(emails(await b.poll())).toEqual(['bob@example.com']);
		expect(await b.poll()).toBeNull();
		expect(asked()).toBe(before);
		control().clearFaults();
		forgetPauses();
		forgetLimits();
		await due();
		expect(emails(await b.poll())).toEqual(['ada@example.com']);
	});

	test('no more calls than the option says', async () => {
		const b = await activated({ parameters: { options: { maxCalls: 2 } } });
		const before = asked();
		await issue(['a', 'b', 'c']);
		expect(await b.poll()).toHaveLength(2);
		expect(asked() - before).toBe(2);
		expect(await b.poll()).toHaveLength(1);
	});

	test('an AIR that is down: activated anyway, told later, and nothing is lost', async () => {
		await activated();
		await issue(['ada']);
		control().injectFault({ kind: 'answer', operation: 'status', status: 502, times: null });
		const b = await activated();
		await due();
		await expect(b.poll()).rejects.toMatchObject(failure({ cause: 'temporarily-unavailable' }));
		control().clearFaults();
		await due();
		expect(emails(await b.poll())).toEqual(['ada@example.com']);
	});
});

describe('Wait Until On-Chain', () => {
	test('holds the row: a trigger does not ask about it meanwhile, and tells it anyway', async () => {
		control().setSettings({ confirmAfterMs: 1_500 });
		const b = await activated();
		const waiting = runWorkflow(
			issueWorkflow([person('ada')], { options: { waitUntilOnChain: true } }),
			withLedger(),
			{ executionId: 'waiting' },
		);
		await new Promise((resolve) => setTimeout(resolve, 500));
		await due();
		const before = asked();
		expect(await b.poll()).toBeNull();
		expect(asked()).toBe(before);
		expect((await waiting).json('Done')[0]).toMatchObject({ onChain: true });
		expect(emails(await b.poll())).toEqual(['ada@example.com']);
	});
});

describe('activation and the editor', () => {
	test('without a ledger it says so', async () => {
		const b = trigger({ credential: { ...air.credential, ledger: 'off' } });
		await expect(b.poll()).rejects.toMatchObject({
			message: 'The trigger needs the issuance ledger',
			description: expect.stringMatching(/Embedded/) as string,
		});
	});

	test('a key that AIR does not accept is given nothing', async () => {
		const b = trigger({ credential: { ...withLedger(), privateKey: makeKey().pem } });
		await expect(b.poll()).rejects.toMatchObject({ httpCode: '401' });
	});

	test('Fetch Test Event shows a real one, and moves no cursor', async () => {
		const b = await activated();
		const look = trigger({ mode: 'manual' });
		await expect(look.poll()).rejects.toMatchObject({
			message: 'There is no such event yet',
			description: expect.stringMatching(/Filters/) as string,
		});
		await issue(['ada']);
		expect(emails(await look.poll())).toEqual(['ada@example.com']);
		expect(emails(await look.poll())).toEqual(['ada@example.com']);
		expect(emails(await b.poll())).toEqual(['ada@example.com']);
	});

	test.each([
		[{ events: [] }, /Events must name/],
		[{ events: ['delayed'], delayMinutes: 0 }, /Delayed After/],
		[{ options: { maxCalls: 0 } }, /Status Calls per Poll/],
		[{ watch: 'nothing' }, /Watch is not/],
	])('%j is refused', async (parameters, words) => {
		await expect(trigger({ parameters }).poll()).rejects.toThrow(words);
	});
});
