import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { AirError } from '../../errors/AirError';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { BULK_WITHIN_MS, issueInBulk, PEOPLE } from './bulkDirect';
import { imbalances, summaryOf, type Books } from './books';
import { N8nApi } from '../../harness/n8nApi';
import { KYC_EVENT } from '../../scripts/demoAir';
import { DIRECT_WORKFLOW, PATH } from '../../scripts/demoDirect';
import { Provider } from './provider';
import { startQueueHost, type QueueHost } from './queueHost';
import { acceptedPosts, armFaults, kycEvents, stormWorkflow, underWay } from './storm';

/** Queue mode: main, a worker, PostgreSQL and Redis as processes; the worker is killed at work. */
const seed = Number(process.env.STORM_SEED ?? randomInt(1_000_000));
const say = (line: string) => process.stderr.write(`queue: ${line}\n`);
/** More than are killed at once: those that wait for a killed one's lease must not fill the worker. */
const CONCURRENCY = 30;

let host: QueueHost;
let api: N8nApi;

beforeAll(async () => {
	host = await startQueueHost({ concurrency: CONCURRENCY, issuesDirectly: true, log: say });
	api = await N8nApi.signIn(host.main.url);
}, 900_000);

afterAll(async () => {
	await host.close();
}, 120_000);

async function activeWorkflow(path: string, ledger: Record<string, string>): Promise<string> {
	const fields = { ...host.air.credential, ...ledger };
	const credential = await api.credentials.create('mocaAirApi', path, fields);
	const { id } = await api.workflows.create(stormWorkflow(path, credential));
	await api.workflows.activate(id);
	return id;
}

test('the embedded ledger is refused by a worker that was never told the mode; nothing is sent', async () => {
	const { air, main, workers } = host;
	const [worker] = workers;
	expect(worker?.env).not.toHaveProperty('EXECUTIONS_MODE');
	const id = await activeWorkflow('kyc-embedded', { ledger: 'embedded' });
	const [event] = kycEvents(seed);
	const answer = await api.webhook('kyc-embedded', { method: 'POST', body: event });
	expect(answer.status).toBe(500);

	const [execution] = await api.executions.waitForCount(id, 1);
	expect(execution?.data.resultData.error).toMatchObject({
		message: expect.stringContaining(new AirError('AIR_LEDGER_QUEUE_MODE').message) as string,
		description: expect.stringContaining('set Issuance Ledger to PostgreSQL') as string,
	});
	expect(air.emulator.control.counts().requests).toBe(0);
	for (const { N8N_USER_FOLDER } of [worker?.env ?? {}, { N8N_USER_FOLDER: main.userFolder }]) {
		expect(existsSync(embeddedLedgerFile({ N8N_USER_FOLDER }))).toBe(false);
	}
	// It was the worker that ran it.
	expect(worker?.logs.join('\n')).toMatch(new RegExp(`execution ${execution?.id ?? ''} `));
}, 120_000);

test('50 webhooks, the worker killed in the middle, all resent: the books balance', async () => {
	say(`seed ${seed} (STORM_SEED repeats it)`);
	const { air, main, services, workers } = host;
	const events = kycEvents(seed);
	armFaults(air.emulator, events, seed);
	const { databaseUrl } = services;
	const id = await activeWorkflow('kyc-storm', { ledger: 'postgres', ledgerSecret: databaseUrl });

	const url = `${main.url}/webhook/kyc-storm`;
	const provider = new Provider({ url, workflowId: id, events });
	const began = Date.now();
	const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
	const round = provider.round();
	const { killedAt, answered, issuances, inFlight } = await underWay(air.emulator, provider.ends);
	await workers[0]?.kill();
	// Main lives on, and would keep the sender waiting for what the dead worker was to answer.
	provider.hangUp();
	await round;
	say(
		`killed after ${seconds()}: ${answered} answered, ${issuances} issued, ${inFlight} in flight`,
	);

	await host.newWorker();
	await provider.untilAllEnded(api, 240_000);
	say(`every webhook has its end after ${seconds()} and ${provider.deliveries} deliveries`);
	say(provider.describeSetbacks());

	const ledger = await openPostgresLedger({ url: databaseUrl });
	const rows = await ledger.list({ limit: 1000 });
	await ledger.close();
	const accepted = acceptedPosts(air.emulator, killedAt);
	const books: Books = { rows, accepted, ends: provider.ends };
	for (const line of summaryOf(books)) say(line);

	const requestsBefore = air.emulator.control.counts().byOperation.issue;
	expect(inFlight).toBeGreaterThan(0);
	expect(imbalances(books)).toEqual([]);
	expect(rows).toHaveLength(events.length);

	// A provider may redeliver whatever it was told: each ends as before, and AIR hears nothing about it.
	await provider.onceMore(api);
	expect(air.emulator.control.counts().byOperation.issue).toBe(requestsBefore);
}, 480_000);

test('directly, with lost answers, each event delivered twice at once: one credential each', async () => {
	const { air, services } = host;
	const { control } = air.emulator;
	control.clearFaults();
	const ledger = { ledger: 'postgres', ledgerSecret: services.databaseUrl };
	const credential = await api.credentials.create('mocaAirApi', 'direct', {
		...air.credential,
		...ledger,
	});
	const { id } = await api.workflows.import(DIRECT_WORKFLOW, {
		mocaAirApi: { id: credential.id, name: 'direct' },
	});
	await api.workflows.activate(id);
	// The first six POSTs are carried out, and their answers never arrive.
	control.injectFault({ kind: 'reset', afterWork: true, operation: 'store', times: 6 });
	const people = Array.from({ length: 10 }, (_, i) => `direct-${i}@example.com`);
	const deliver = async (email: string) => {
		const body = { ...KYC_EVENT, email, eventId: `event of ${email}` };
		for (let attempt = 0; attempt < 5; attempt++) {
			const answer = await api.webhook(PATH, { method: 'POST', body });
			if (answer.status === 200) return;
		}
		throw new Error(`no end for ${email}`);
	};
	await Promise.all([...people, ...people].map(deliver));
	const held = (await control.wallet()).filter(({ recipient }) => people.includes(recipient));
	expect(held.map(({ recipient }) => recipient).sort()).toEqual([...people].sort());
	expect(held.filter(({ valid }) => !valid)).toEqual([]);
	expect(control.counts().storeRepeats).toBeGreaterThan(0);
}, 300_000);

test(
	`${PEOPLE} people in one execution, its worker killed, and again: everybody has one credential`,
	async () => {
		await issueInBulk({
			mode: 'queue',
			air: host.air,
			fields: { ledger: 'postgres', ledgerSecret: host.services.databaseUrl },
			signIn: async () => await N8nApi.signIn(host.main.url),
			pid: () => host.workers[0]?.pid ?? 0,
			crash: async () => {
				await host.workers[0]?.kill();
				await host.newWorker();
			},
			say,
		});
	},
	3 * BULK_WITHIN_MS,
);

test('no process logged a key, a token or the URL of the ledger', () => {
	const logged = [host.main, ...host.workers].flatMap(({ logs }) => logs).join('\n');
	expect(logged).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\.[\w-]+\.[\w-]+|postgres(ql)?:\/\//);
});
