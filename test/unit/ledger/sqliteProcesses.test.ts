import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { MINUTE, request } from './contract/requests';
import { spawnWorker } from './processes/spawnWorker';

/** Time to start processes in: they begin together. */
const soon = () => Date.now() + 3000;

let folder = '';
let file = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'moca-air-ledger-'));
	file = join(folder, 'new', 'ledger.sqlite');
});
afterEach(async () => {
	await rm(folder, { recursive: true, force: true });
});

test('8 processes make the ledger and race for one key: one may send', async () => {
	const startAt = soon();
	const workers = Array.from({ length: 8 }, () => spawnWorker({ file, startAt, keys: ['key'] }));
	const told = await Promise.all(workers.map((worker) => worker.told));
	const outcomes = told.flatMap((each) => each.outcomes);
	expect(outcomes.filter((outcome) => outcome === 'started')).toHaveLength(1);
	expect(outcomes.filter((outcome) => outcome === 'busy')).toHaveLength(7);
	expect(told.filter(({ createdNow }) => createdNow)).toHaveLength(1);
	await Promise.all(workers.map((worker) => worker.ended));
}, 60_000);

// SQLite's own wait for a lock would stand still for seconds; a busy machine adds to anything less.
const BOUND_MS = 1_000;

test('4 writers at once: nothing is lost, and no event loop stands still', async () => {
	const names = ['a', 'b', 'c', 'd'];
	const longest: number[] = [];
	// What the machine does beside only adds to it: the best of three is the ledger's own.
	for (let round = 1; round <= 3 && Math.min(...longest) >= BOUND_MS; round++) {
		const startAt = soon();
		const keys = (name: string) => Array.from({ length: 250 }, (_, i) => `${name}-${round}-${i}`);
		const workers = names.map((name) => spawnWorker({ file, startAt, keys: keys(name) }));
		const told = await Promise.all(workers.map((worker) => worker.told));
		expect(told.flatMap((each) => each.outcomes)).toEqual(Array(1000).fill('started'));
		longest.push(Math.max(...told.map(({ delayMs }) => delayMs)));
		await Promise.all(workers.map((worker) => worker.ended));
	}
	expect(Math.min(...longest)).toBeLessThan(BOUND_MS);
	const { ledger } = await openSqliteLedger({ file });
	expect(await ledger.totals()).toEqual({ sending: longest.length * 1000 });
	await ledger.close();
}, 60_000);

test('kill -9 after begin: the attempt is remembered, and the ledger goes on', async () => {
	const worker = spawnWorker({ file, startAt: Date.now(), keys: ['key'], stay: true });
	expect((await worker.told).outcomes).toEqual(['started']);
	worker.child.kill('SIGKILL');
	await worker.ended;
	let offset = 0;
	const { ledger, createdNow } = await openSqliteLedger({ file, clockOffsetMs: () => offset });
	expect(createdNow).toBe(false);
	const again = request({ idempotencyKey: 'key' });
	expect((await ledger.begin(again)).outcome).toBe('busy');
	offset = MINUTE;
	expect((await ledger.begin(again)).outcome).toBe('unknown');
	await ledger.close();
}, 60_000);
