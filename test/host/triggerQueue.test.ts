import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Handover } from './handover';
import { N8nApi } from '../../harness/n8nApi';
import { LedgerTables } from './ledgerTables';
import { startQueueHost, type QueueHost } from './queueHost';
import { Recorder } from './recorder';
import { tellTheStory } from './triggerStory';
import { CREDENTIAL } from './workflows';

/** The story of the trigger in queue mode, with two triggers on a ledger in PostgreSQL. */
const say = (line: string) => process.stderr.write(`trigger in queue mode: ${line}\n`);

let host: QueueHost;
let recorder: Recorder;
let handover: Handover;
let credentials: Record<string, { id: string; name: string }>;
const switches = mkdtempSync(join(tmpdir(), 'moca-air-switches-'));

beforeAll(async () => {
	handover = new Handover(switches);
	recorder = await Recorder.start();
	// Main polls, and a worker runs what the polls have given.
	host = await startQueueHost({ concurrency: 10, log: say, env: handover.env });
	const api = await N8nApi.signIn(host.main.url);
	const { id, name } = await api.credentials.create(CREDENTIAL, 'Moca AIR', {
		...host.air.credential,
		ledger: 'postgres',
		ledgerSecret: host.services.databaseUrl,
	});
	credentials = { [CREDENTIAL]: { id, name } };
}, 900_000);

afterAll(async () => {
	await host.close();
	await recorder.close();
	rmSync(switches, { recursive: true, force: true });
}, 120_000);

tellTheStory(
	() => ({
		air: host.air,
		main: host.main,
		handover,
		recorder,
		ledger: new LedgerTables(
			(statement) => host.postgres.sql(statement, host.database),
			'moca_air.',
		),
		credentials,
	}),
	['first', 'second'],
	say,
);
