import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { embeddedLedgerFile } from '../../issuance/session/openLedger';
import { leaseMsFor } from '../../issuance/issue/known';
import { openSqliteLedger } from '../../ledger/sqlite/openSqliteLedger';
import { imbalances, summaryOf, unexplained } from '../host/books';
import { confirmedEvents } from '../host/confirmedEvents';
import { poll } from '../../harness/poll';
import { Recorder } from '../host/recorder';
import { acceptedPosts } from '../host/storm';
import { CREDENTIAL, startHost, type Host } from '../host/workflows';
import { reportRow } from '../support/report';
import { Load, NO_PROGRAM } from './Load';
import { Measures, type Measured } from './Measures';

/**
 * A real n8n under mixed load for a long time: it must not hold more in the last third of that time
 * than in the first, and the books balance. `npm run test:soak -- --minutes 30`.
 */
const MINUTES = Number(process.env.MOCA_AIR_SOAK_MINUTES ?? 30);
const SOAK_MS = MINUTES * 60_000;
/** The warm-up: modules are loaded, caches filled and heaps sized before anything is compared. */
const WARM_UP_MS = Math.min(SOAK_MS / 3, 120_000);
const MEASURE_EVERY_MS = Math.min(10_000, SOAK_MS / 30);
const MOST = 1.1;
/** The first poll after the end, with reserve for a busy machine. */
const TOLD_WITHIN_MS = 300_000;

const say = (line: string) => process.stderr.write(`soak: ${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'moca-air-soak-'));
const measures = new Measures(join(folder, 'measures.jsonl'), MEASURE_EVERY_MS);
let host: Host;
let recorder: Recorder;
let load: Load;
const time = { from: 0, to: 0 };

beforeAll(async () => {
	recorder = await Recorder.start();
	host = await startHost({
		env: {
			...measures.env,
			// n8n's own database must not be what grows.
			EXECUTIONS_DATA_PRUNE: 'true',
			EXECUTIONS_DATA_PRUNE_MAX_COUNT: '200',
			EXECUTIONS_DATA_HARD_DELETE_BUFFER: '0',
			EXECUTIONS_DATA_PRUNE_SOFT_DELETE_INTERVAL: '1',
			EXECUTIONS_DATA_PRUNE_HARD_DELETE_INTERVAL: '1',
		},
	});
	const { id, name } = await host.api.credentials.create(CREDENTIAL, 'Soak', {
		...host.air.credential,
		allowHandingOutJwts: true,
	});
	load = new Load(host, recorder, { [CREDENTIAL]: { id, name } });
	await load.prepare();
	const { control } = host.air.emulator;
	control.setSettings({ latencyMs: 30 });
}, 900_000);

afterAll(async () => {
	await host.close();
	await recorder.close();
	rmSync(folder, { recursive: true, force: true });
}, 120_000);

test(
	`${MINUTES} minutes of mixed load`,
	async () => {
		const running = load.run();
		// A failure ends the wait.
		const passing = (ms: number) => Promise.race([running, sleep(ms)]);
		try {
			await passing(WARM_UP_MS);
			time.from = Date.now();
			time.to = time.from + SOAK_MS;
			say('warm');
			await passing(SOAK_MS);
		} finally {
			load.end();
		}
		await running;
		const { byStatus, byOperation } = host.air.emulator.control.counts();
		const counts = [
			...load.counts,
			['events told by the trigger', recorder.toldBy('soak').length] as const,
			['requests to AIR', byOperation.issue + byOperation.status] as const,
			...Object.entries(byStatus).map(([status, times]) => [`answered ${status}`, times] as const),
		];
		for (const [what, times] of counts) reportRow({ Load: what, Times: times });
		expect(load.ends.size).toBeGreaterThan(MINUTES * 60);
		expect(byStatus['429']).toBeGreaterThan(0);
	},
	SOAK_MS + WARM_UP_MS + 900_000,
);

const MEGABYTE = 1_000_000;

test.each<[string, Measured, number]>([
	['memory of the process (RSS), MB', 'rss', MEGABYTE],
	['JavaScript heap after a collection, MB', 'heapUsed', MEGABYTE],
	['memory outside of the heap, MB', 'external', MEGABYTE],
	['sockets, timers and other active resources', 'resources', 1],
	['open file descriptors', 'descriptors', 1],
])('%s: in the last third at most 1.1 times that of the first', (name, what, unit) => {
	const { first, last, samples } = measures.thirds(what, time.from, time.to);
	const inUnits = (value: number) => (unit === 1 ? value : (value / unit).toFixed(1));
	reportRow({
		'Held by n8n': name,
		'First third': inUnits(first),
		'Last third': inUnits(last),
		Ratio: (last / first).toFixed(2),
		Samples: samples.join(', '),
	});
	expect(Math.min(...samples)).toBeGreaterThanOrEqual(5);
	expect(last).toBeLessThanOrEqual(MOST * first);
});

test('the books balance, and the trigger has told every confirmation', async () => {
	host.air.emulator.control.clearFaults();
	const { ledger } = await openSqliteLedger({
		file: embeddedLedgerFile({ N8N_USER_FOLDER: host.folder }),
	});
	try {
		await poll('everything that AIR accepted to have its end', TOLD_WITHIN_MS, async () => {
			return ((await ledger.totals()).submitted ?? 0) === 0 || undefined;
		});
		const all = await ledger.list({ limit: 1_000_000 });
		const refused = all.filter(({ program }) => program === NO_PROGRAM);
		expect(refused.length).toBeGreaterThan(0);
		expect(refused.filter(({ state }) => state !== 'rejected' && state !== 'unknown')).toEqual([]);
		const rows = all.filter((row) => !refused.includes(row));
		const books = { rows, accepted: acceptedPosts(host.air.emulator), ends: load.ends };
		for (const line of summaryOf(books)) say(line);
		expect(imbalances(books)).toEqual([]);
		expect(unexplained(rows, [], leaseMsFor(5_000))).toEqual([]);

		const confirmed = await confirmedEvents(ledger, host.air.emulator.baseUrl);
		await poll('the trigger to tell everything', TOLD_WITHIN_MS, () => {
			const told = new Set(recorder.toldBy('soak').map(({ eventId }) => eventId));
			return Promise.resolve(confirmed.every((id) => told.has(id)) || undefined);
		});
	} finally {
		await ledger.close();
	}
}, 900_000);

test('n8n logged no key and no token', () => {
	expect(host.n8n.logs.join('\n')).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\.[\w-]+\.[\w-]+/);
});
