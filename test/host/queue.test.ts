import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AirError } from '../../air/AirError';
import { embeddedLedgerFile } from '../../issuance/openLedger';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { startDemoAir, type DemoAir } from '../../scripts/demoAir';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { imbalances, summaryOf, type Books } from './books';
import { packAndInstall } from './harness/installPackage';
import { N8nApi } from './harness/n8nApi';
import { startN8n, type N8nProcess } from './harness/n8nProcess';
import {
	copyPackages,
	queueEnvironment,
	startWorker,
	type N8nWorker,
	type QueueServices,
} from './harness/queueMode';
import { startRedis, type TestRedis } from './harness/redis';
import { Provider } from './provider';
import { acceptedPosts, armFaults, kycEvents, stormWorkflow, underWay } from './storm';

/** Queue mode: main, a worker, PostgreSQL and Redis as processes; the worker is killed at work. */
const seed = Number(process.env.STORM_SEED ?? randomInt(1_000_000));
const say = (line: string) => process.stderr.write(`queue: ${line}\n`);
/** More than are killed at once: those that wait for a killed one's lease must not fill the worker. */
const CONCURRENCY = 30;

let folder: string;
let postgres: TestPostgres;
let redis: TestRedis;
let services: QueueServices;
let air: DemoAir;
let main: N8nProcess;
/** The newest first. */
const workers: N8nWorker[] = [];
let worker: N8nWorker;
let api: N8nApi;
const stops: (() => Promise<void>)[] = [];

/** Each has a folder of its own, as if it were another container. */
async function newWorker(): Promise<N8nWorker> {
	const userFolder = join(folder, `worker-${workers.length + 1}`);
	copyPackages(main.userFolder, userFolder);
	const worker = await startWorker({ userFolder, services, concurrency: CONCURRENCY, log: say });
	stops.unshift(() => worker.stop());
	workers.unshift(worker);
	return worker;
}

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-queue-'));
	const mainFolder = join(folder, 'main');
	await packAndInstall({ userFolder: mainFolder, log: say });
	redis = await startRedis({ log: say });
	stops.unshift(() => redis.stop());
	postgres = await startPostgres();
	stops.unshift(() => postgres.stop());
	const database = await postgres.freshDatabase();
	services = { redisPort: redis.port, databaseUrl: postgres.urlFor({ database }) };
	air = await startDemoAir(300);
	stops.unshift(() => air.close());
	main = await startN8n({
		userFolder: mainFolder,
		env: { ...queueEnvironment(services), EXECUTIONS_MODE: 'queue' },
		log: say,
	});
	stops.unshift(() => main.stop());
	worker = await newWorker();
	api = await N8nApi.signIn(main.url);
}, 900_000);

afterAll(async () => {
	for (const stop of stops) await stop();
	rmSync(folder, { recursive: true, force: true });
}, 120_000);

async function activeWorkflow(path: string, ledger: Record<string, string>): Promise<string> {
	const fields = { ...air.credential, ...ledger };
	const credential = await api.credentials.create('mocaAirApi', path, fields);
	const { id } = await api.workflows.create(stormWorkflow(path, credential));
	await api.workflows.activate(id);
	return id;
}

test('the embedded ledger is refused by a worker that was never told the mode; nothing is sent', async () => {
	expect(worker.env).not.toHaveProperty('EXECUTIONS_MODE');
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
	for (const { N8N_USER_FOLDER } of [worker.env, { N8N_USER_FOLDER: main.userFolder }]) {
		expect(existsSync(embeddedLedgerFile({ N8N_USER_FOLDER }))).toBe(false);
	}
	// It was the worker that ran it.
	expect(worker.logs.join('\n')).toMatch(new RegExp(`execution ${execution?.id ?? ''} `));
}, 120_000);

test('50 webhooks, the worker killed in the middle, all resent: the books balance', async () => {
	say(`seed ${seed} (STORM_SEED repeats it)`);
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
	await worker.kill();
	// Main lives on, and would keep the sender waiting for what the dead worker was to answer.
	provider.hangUp();
	await round;
	say(
		`killed after ${seconds()}: ${answered} answered, ${issuances} issued, ${inFlight} in flight`,
	);

	await newWorker();
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

	// A provider may redeliver whatever it was told: each ends as before, and AIR hears nothing of it.
	await provider.onceMore(api);
	expect(air.emulator.control.counts().byOperation.issue).toBe(requestsBefore);
}, 480_000);

test('no process logged a key, a token or the URL of the ledger', () => {
	const logged = [main, ...workers].flatMap(({ logs }) => logs).join('\n');
	expect(logged).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\.[\w-]+\.[\w-]+|postgres(ql)?:\/\//);
});
