import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import { startDemoAir, type DemoAir } from '../../scripts/demoAir';
import { BULK_WITHIN_MS, issueInBulk, PEOPLE } from './bulkDirect';
import { imbalances, summaryOf, type Books } from './books';
import { poll } from '../../harness/poll';
import { packAndInstall } from '../../harness/installPackage';
import { N8nApi } from '../../harness/n8nApi';
import { startN8n, type N8nProcess } from '../../harness/n8nProcess';
import { Provider } from './provider';
import { acceptedPosts, armFaults, kycEvents, stormWorkflow, underWay } from './storm';
import { CREDENTIAL, inRow, issueNode, items, start } from './workflows';

/** n8n is killed while it issues: afterwards the ledger, AIR and the sender agree. */
const seed = Number(process.env.STORM_SEED ?? randomInt(1_000_000));
const say = (line: string) => process.stderr.write(`crash: ${line}\n`);

let folder: string;
let air: DemoAir;
let n8n: N8nProcess;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-crash-'));
	await packAndInstall({ userFolder: folder, log: say });
	air = await startDemoAir(300, true);
	n8n = await startN8n({ userFolder: folder, editor: false, log: say });
}, 900_000);

afterAll(async () => {
	await n8n.stop();
	await air.close();
	rmSync(folder, { recursive: true, force: true });
}, 60_000);

let books: Books;

test('50 webhooks, n8n killed in the middle, all resent: the books balance', async () => {
	say(`seed ${seed} (STORM_SEED repeats it)`);
	const events = kycEvents(seed);
	armFaults(air.emulator, events, seed);
	let api = await N8nApi.signIn(n8n.url);
	const credential = await api.credentials.create('mocaAirApi', 'Moca AIR', air.credential);
	const { id } = await api.workflows.create(stormWorkflow('kyc-storm', credential));
	await api.workflows.activate(id);

	const url = `${n8n.url}/webhook/kyc-storm`;
	const provider = new Provider({ url, workflowId: id, events });
	const began = Date.now();
	const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
	const round = provider.round();
	const { killedAt, answered, issuances, inFlight } = await underWay(air.emulator, provider.ends);
	await n8n.kill();
	await round;
	say(
		`killed after ${seconds()}: ${answered} answered, ${issuances} issued, ${inFlight} in flight`,
	);

	await n8n.restart();
	api = await N8nApi.signIn(n8n.url);
	await provider.untilAllEnded(api, 240_000);
	say(`every webhook has its end after ${seconds()} and ${provider.deliveries} deliveries`);
	say(provider.describeSetbacks());

	const { ledger } = await openSqliteLedger({
		file: embeddedLedgerFile({ N8N_USER_FOLDER: folder }),
	});
	const rows = await ledger.list({ limit: 1000 });
	await ledger.close();
	books = { rows, accepted: acceptedPosts(air.emulator, killedAt), ends: provider.ends };
	for (const line of summaryOf(books)) say(line);

	const requestsBefore = air.emulator.control.counts().byOperation.issue;
	expect(inFlight).toBeGreaterThan(0);
	expect(imbalances(books)).toEqual([]);
	expect(rows).toHaveLength(events.length);

	// A provider may redeliver after any answer: each event ends as before, and AIR gets no request.
	await provider.onceMore(api);
	expect(air.emulator.control.counts().byOperation.issue).toBe(requestsBefore);
}, 480_000);

test('such books do not balance with a second POST, a lost row or an unknown one too few', () => {
	const { rows, accepted, ends } = books;
	const first = accepted.find(({ told }) => told);
	if (first === undefined) throw new Error('nobody was told about anything');
	const rest = accepted.filter((post) => post !== first);
	const twice = { ...first, coreClaimHash: '0'.repeat(64) };
	expect(imbalances({ rows, ends, accepted: [...accepted, twice] })).not.toEqual([]);
	expect(imbalances({ rows, ends, accepted: rest })).not.toEqual([]);
	expect(imbalances({ rows: rows.slice(1), ends, accepted })).not.toEqual([]);
	const forgotten = rows.map((row) =>
		row.state === 'unknown' ? { ...row, state: 'rejected' as const } : row,
	);
	expect(imbalances({ rows: forgotten, ends, accepted })).not.toEqual([]);
});

test(
	`${PEOPLE} people in one execution, n8n killed, and again: everybody has one credential`,
	async () => {
		await issueInBulk({
			mode: 'regular',
			air,
			fields: {},
			signIn: async () => await N8nApi.signIn(n8n.url),
			pid: () => n8n.pid,
			crash: async () => {
				await n8n.kill();
				await n8n.restart();
			},
			say,
		});
	},
	3 * BULK_WITHIN_MS,
);

// This test is last, because earlier refusals by AIR would slow it down.
test('Revoke and Reissue to 100 people, n8n killed: at most 25 are left for a person to settle', async () => {
	const { control } = air.emulator;
	control.reset();
	control.setSettings({ latencyMs: 300 });
	const people = Array.from({ length: 100 }, (_, index) => ({
		id: `many-${index}`,
		email: `many-${index}@example.com`,
	}));
	let api = await N8nApi.signIn(n8n.url);
	const credential = await api.credentials.create(CREDENTIAL, 'Many', air.credential);
	const { id: workflowId } = await api.workflows.create(
		inRow(
			start(),
			items(people),
			issueNode(
				{ [CREDENTIAL]: { id: credential.id, name: credential.name } },
				{},
				{
					recipient: '={{ $json.email }}',
					onDuplicate: 'revoke',
					idempotency: 'event',
					eventId: '={{ $json.id }}',
					options: { concurrency: 100 },
				},
			),
		),
	);
	await api.workflows.run(workflowId, { trigger: 'Start' });
	await poll('many to be under way', 60_000, () =>
		Promise.resolve(control.counts().inFlight > 20 || undefined),
	);
	await n8n.kill();
	const { maxInFlight } = control.counts();
	await n8n.restart();
	api = await N8nApi.signIn(n8n.url);
	const { ledger } = await openSqliteLedger({
		file: embeddedLedgerFile({ N8N_USER_FOLDER: folder }),
	});
	const rows = (await ledger.list({ limit: 1000 })).filter(({ recipient }) =>
		recipient.startsWith('many-'),
	);
	await ledger.close();
	const unclear = rows.filter(({ state }) => state === 'sending').length;
	say(`killed with ${unclear} of ${rows.length} without an answer, at most ${maxInFlight} at once`);
	expect(unclear).toBeGreaterThan(0);
	expect([unclear, maxInFlight].filter((count) => count > 25)).toEqual([]);
}, 180_000);
