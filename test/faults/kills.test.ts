import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Emulator } from '../../emulator';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { leaseMsFor } from '../../issuance/issue/known';
import type { Ledger } from '../../ledger/Ledger';
import { openPostgresLedger } from '../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import { BatchSender } from '../host/BatchSender';
import { imbalances, summaryOf, unexplained } from '../host/books';
import { N8nApi } from '../../harness/n8nApi';
import { startQueueHost } from '../host/queueHost';
import { acceptedPosts, kycEvents, subjectOf } from '../host/storm';
import { CREDENTIAL, inRow, issueNode, node, startHost } from '../host/workflows';
import { reportRow } from '../support/report';

/**
 * A real n8n is stopped (SIGTERM) and killed (SIGKILL) at random moments of a batch, the process that
 * issues: main in regular mode, a worker in queue mode. Each batch is delivered once and cut short; at
 * the end all are delivered again until everybody has an end, and the books balance.
 */
const seed = Number(process.env.MOCA_AIR_FAULT_SEED ?? randomInt(1_000_000));
const MOMENTS = 10;
const PEOPLE_A_BATCH = 20;
const LATENCY_MS = 250;
/** From the first POST of a batch; the last comes about two seconds later. */
const LATEST_MS = 1_800;
const REQUEST_TIMEOUT = 5;
const PATIENCE_MS = 15_000;
const WITHIN_MS = 600_000;

const say = (line: string) => process.stderr.write(`kills: ${line}\n`);
say(`seed ${seed} (MOCA_AIR_FAULT_SEED repeats it)`);

/** The same numbers for the same seed. */
function randomly(): () => number {
	let state = seed >>> 0;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}

type How = 'SIGTERM' | 'SIGKILL';

/** Where batches are issued, and what ends the process that does it. */
interface Scene {
	readonly emulator: Emulator;
	readonly url: string;
	/** Ends the process, and starts it or another one. @returns when it was gone */
	strike(how: How): Promise<number>;
	ledger(): Promise<Ledger>;
	close(): Promise<void>;
}

async function workflowIn(api: N8nApi, credential: Record<string, string | number>) {
	const { id, name } = await api.credentials.create(CREDENTIAL, 'Moca AIR', credential);
	const webhook = node(
		'Webhook',
		'n8n-nodes-base.webhook',
		{ httpMethod: 'POST', path: 'people', responseMode: 'lastNode', responseData: 'allEntries' },
		{ typeVersion: 2, webhookId: 'people' },
	);
	const split = node('People', 'n8n-nodes-base.splitOut', { fieldToSplitOut: 'body.people' });
	const issuing = issueNode(
		{ [CREDENTIAL]: { id, name } },
		{ onError: 'continueRegularOutput' },
		{
			subjectJson: subjectOf('$json'),
			idempotency: 'event',
			eventId: '={{ $json.id }}',
			options: { requestTimeout: REQUEST_TIMEOUT, concurrency: 3 },
		},
	);
	const { id: workflowId } = await api.workflows.create(inRow(webhook, split, issuing));
	await api.workflows.activate(workflowId);
}

async function regular(): Promise<Scene> {
	const host = await startHost();
	await workflowIn(host.api, host.air.credential);
	const { n8n } = host;
	return {
		emulator: host.air.emulator,
		url: n8n.url,
		strike: async (how) => {
			await (how === 'SIGKILL' ? n8n.kill() : n8n.stop());
			const gone = Date.now();
			await n8n.restart();
			return gone;
		},
		ledger: async () => {
			const file = embeddedLedgerFile({ N8N_USER_FOLDER: host.folder });
			return (await openSqliteLedger({ file })).ledger;
		},
		close: () => host.close(),
	};
}

async function queue(): Promise<Scene> {
	const host = await startQueueHost({ concurrency: 5, log: say });
	const api = await N8nApi.signIn(host.main.url);
	const { databaseUrl } = host.services;
	await workflowIn(api, { ...host.air.credential, ledger: 'postgres', ledgerSecret: databaseUrl });
	return {
		emulator: host.air.emulator,
		url: host.main.url,
		strike: async (how) => {
			const [worker] = host.workers;
			await (how === 'SIGKILL' ? worker?.kill() : worker?.stop());
			const gone = Date.now();
			await host.newWorker();
			return gone;
		},
		ledger: () => openPostgresLedger({ url: databaseUrl }),
		close: () => host.close(),
	};
}

describe.each([
	['main, regular mode', regular],
	['worker, queue mode', queue],
] as const)('%s', (name, open) => {
	let scene: Scene;

	beforeAll(async () => {
		scene = await open();
	}, 900_000);

	afterAll(async () => {
		await scene.close();
	}, 120_000);

	test(`stopped and killed at ${MOMENTS} random moments: nothing lost, nothing twice`, async () => {
		const random = randomly();
		const { emulator } = scene;
		emulator.control.setSettings({ latencyMs: LATENCY_MS });
		const events = kycEvents(seed, MOMENTS * PEOPLE_A_BATCH);
		const batches = Array.from({ length: MOMENTS }, (_, index) => ({
			people: events.slice(index * PEOPLE_A_BATCH, (index + 1) * PEOPLE_A_BATCH),
		}));
		const sender = new BatchSender({
			url: `${scene.url}/webhook/people`,
			batches,
			atOnce: 4,
			patienceMs: PATIENCE_MS,
		});
		const crashes: number[] = [];
		const inFlight: number[] = [];
		const firstPost = async (before: number) => {
			const deadline = performance.now() + PATIENCE_MS;
			while (emulator.control.counts().byOperation.issue === before) {
				if (performance.now() > deadline) return;
				await sleep(5);
			}
		};
		for (const [index, batch] of batches.entries()) {
			const how: How = index % 2 === 0 ? 'SIGKILL' : 'SIGTERM';
			const before = emulator.control.counts().byOperation.issue;
			const delivery = sender.round([batch]);
			await firstPost(before);
			await sleep(Math.floor(random() * LATEST_MS));
			inFlight.push(emulator.control.counts().inFlight);
			crashes.push(Date.now(), await scene.strike(how));
			await delivery;
		}
		expect(inFlight.some((posts) => posts > 0)).toBe(true);
		say(`${name}: POSTs in flight at the moments: ${inFlight.join(', ')}`);
		// A sender that is told nothing, or that n8n is down, comes back.
		const patient = new BatchSender({
			url: `${scene.url}/webhook/people`,
			batches,
			atOnce: 4,
			patienceMs: 60_000,
		});
		await patient.untilAllEnded(WITHIN_MS);
		const ends = patient.ends;
		for (const [eventId, end] of sender.ends) expect(ends.get(eventId)).toEqual(end);

		const ledger = await scene.ledger();
		const rows = await ledger.list({ limit: 100_000 });
		await ledger.close();
		const books = { rows, accepted: acceptedPosts(emulator, ...crashes), ends };
		for (const line of summaryOf(books)) say(line);
		expect(imbalances(books)).toEqual([]);
		expect(unexplained(rows, crashes, leaseMsFor(REQUEST_TIMEOUT * 1000))).toEqual([]);
		expect(rows).toHaveLength(events.length);
		const unknown = [...ends.values()].filter(({ how }) => how === 'unknown').length;
		reportRow({
			Place: 'n8n itself',
			Fault: `${name}: SIGKILL and SIGTERM at ${MOMENTS} random moments`,
			Setting: 'Revoke and Reissue',
			First: `${sender.ends.size} of ${events.length} told before the end`,
			Again: `${ends.size - unknown} issued, ${unknown} AIR_ISSUED_UNKNOWN`,
			Accepted: books.accepted.length,
		});
	}, 3_600_000);
});
