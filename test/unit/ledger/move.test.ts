import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FeedEvent, Ledger } from '../../../ledger/Ledger';
import { moveLedger, type MoveProgress } from '../../../ledger/move/moveLedger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { root } from '../../../scripts/package';
import { issuedDirectly } from '../../support/issuedDirectly';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { ALL, KEY } from './contract/feed';
import {
	answer,
	CONFIRMED,
	issue,
	issueMany,
	MINUTE,
	PENDING,
	REALM,
	request,
	start,
} from './contract/requests';

/** `ledger move`: what was issued stays known, and nothing is issued or told twice. */

// Starts and databases take their time on a busy machine.
jest.setTimeout(180_000);

let postgres: TestPostgres;
let folder: string;
let file: string;
let url: string;
let database: string;
const opened: Ledger[] = [];

beforeAll(async () => {
	postgres = await startPostgres();
}, 120_000);
afterAll(async () => {
	await postgres.stop();
}, 120_000);
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'moca-air-move-'));
	file = join(folder, 'ledger.sqlite');
	database = await postgres.freshDatabase();
	url = postgres.urlFor({ database });
});
afterEach(async () => {
	await closeAll();
	await rm(folder, { recursive: true, force: true });
});

const closeAll = async () => {
	await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
};

async function sqlite(clockOffsetMs = () => 0): Promise<Ledger> {
	const { ledger } = await openSqliteLedger({ file, clockOffsetMs });
	opened.push(ledger);
	return ledger;
}

async function inPostgres(clockOffsetMs = () => 0): Promise<Ledger> {
	const ledger = await openPostgresLedger({ url, clockOffsetMs });
	opened.push(ledger);
	return ledger;
}

const TABLES = [
	...[
		'identity',
		'issuances',
		'attempts',
		'events',
		'accepted_keys',
		'cursors',
		'pruned',
		'delays',
	],
	...['credentials', 'signing_keys', 'envelopes'],
];

type Dump = Readonly<Record<string, readonly string[]>>;

/** Rows in words that are the same for both drivers, which numbers are not. */
const inWords = (rows: readonly object[]) =>
	rows
		.map((row) =>
			Object.entries(row)
				.map(([name, value]: [string, unknown]) => [name, value].join())
				.sort()
				.join('; '),
		)
		.sort();

/** Everything in the tables of the file. */
function dumpOfFile(): Dump {
	const store = new DatabaseSync(file, { readOnly: true });
	const rowsOf = (table: string) => {
		const statement = store.prepare(`SELECT * FROM ${table}`);
		statement.setReadBigInts(true);
		return statement.all();
	};
	const dump = Object.fromEntries(TABLES.map((table) => [table, inWords(rowsOf(table))]));
	store.close();
	return dump;
}

async function dumpOfPostgres(): Promise<Dump> {
	const dump: Record<string, string[]> = {};
	for (const table of TABLES) {
		dump[table] = inWords(await postgres.sql(`SELECT * FROM moca_air.${table}`, database));
	}
	return dump;
}

/** A ledger with something in each table, and with holes in its IDs. */
async function fill(many = 20): Promise<void> {
	let offset = 0;
	const ledger = await sqlite(() => offset);
	await issueMany(ledger, many);
	await ledger.observed(REALM, 'hash-0', CONFIRMED);
	await ledger.observed(REALM, 'hash-1', PENDING);
	await ledger.observed(REALM, 'hash-2', CONFIRMED);
	offset = MINUTE;
	await issue(
		ledger,
		'newer',
		{ idempotencyKey: 'newer', recipient: 'person-0@example.com' },
		{ supersedes: true },
	);
	await ledger.failed(await start(ledger, { idempotencyKey: 'unknown' }), {
		outcome: 'unknown',
		reason: 'AIR_TIMEOUT',
	});
	const odd = `'; DROP TABLE x; -- "Ünï" 😀\n\\u0000 \\ \t`;
	await issue(ledger, 'odd', { idempotencyKey: odd, reference: odd, recipient: 'o@example.com' });
	const { instance, workflowId, nodeId } = request();
	const pairs = [{ coreClaimHash: 'elsewhere', recipient: 'eve@example.com' }];
	await ledger.watch({ realm: REALM, instance, workflowId, nodeId, pairs });
	await ledger.acceptKey(REALM, 'thumbprint-1');
	await ledger.openCursor(KEY, 'beginning');
	await ledger.appendDelayed({ realm: REALM, minutes: 5, start: 'now', limit: 10 });
	await ledger.appendDelayed({
		...{ realm: REALM, minutes: 60, start: 'now', limit: 10 },
		before: 'expiry',
	});
	// The highest IDs were given out, and are gone.
	await issue(ledger, 'last', { idempotencyKey: 'last', recipient: 'last@example.com' });
	await ledger.observed(REALM, 'last', CONFIRMED);
	await ledger.forget('last@example.com');
	await closeAll();
	const store = new DatabaseSync(file);
	store.exec(`
		INSERT INTO pruned VALUES ('another realm', 7);
		INSERT INTO credentials VALUES ('r', '9223372036854775806', 'list', 3, 99, NULL, 1, 't'),
			('r', '12', 'list', 4, 99, 98, 0, 't');
		INSERT INTO status_lists VALUES ('list', 'r', 'ledger', 64, 1, NULL, 1, '[3]');
		INSERT INTO signing_keys VALUES ('r', 'kid', 't', '{"kty":"EC"}', 99, 98);
		INSERT INTO envelopes VALUES (1, 'external', '{"data":"a"}', 99, 'did:web:example.com', 'k1', '{}', '302a')`);
	store.close();
}

test('everything is kept, and both say so', async () => {
	await fill();
	const before = dumpOfFile();
	for (const [table, rows] of Object.entries(before)) {
		expect([table, rows.length > 0]).toEqual([table, true]);
	}
	const told: MoveProgress[] = [];
	const onProgress = async (progress: MoveProgress) => {
		told.push(progress);
		await Promise.resolve();
	};
	const result = await moveLedger({ file, url, onProgress });
	expect(result).toEqual({ moved: 'now', rows: before.issuances?.length });
	expect(await dumpOfPostgres()).toEqual(before);
	expect(told.find(({ table }) => table === 'issuances')).toMatchObject({ done: 24, of: 24 });
});

test('a row that means nothing goes along as it is, and a text that PostgreSQL cannot hold nearly so', async () => {
	await fill();
	const ledger = await sqlite();
	const { id } = await issue(ledger, 'nul', {
		idempotencyKey: 'a\0b',
		reference: '\\\0\\u0000',
		recipient: 'nul@example.com',
	});
	await closeAll();
	const store = new DatabaseSync(file);
	store.exec("UPDATE issuances SET updated_at = 1 << 62 WHERE core_claim_hash = 'hash-3'");
	store.close();
	await moveLedger({ file, url });
	const rows = await postgres.sql(
		`SELECT idempotency_key, reference FROM moca_air.issuances WHERE id = ${id}`,
		database,
	);
	expect(rows).toEqual([{ idempotency_key: 'a\ufffdb', reference: '\\\ufffd\\u0000' }]);
	const damaged = await postgres.sql(
		`SELECT updated_at::text FROM moca_air.issuances WHERE core_claim_hash = 'hash-3'`,
		database,
	);
	expect(damaged).toEqual([{ updated_at: '4611686018427387904' }]);
});

test('a begin with an old key is a replay, an unknown outcome stays unknown, and IDs go on', async () => {
	await issueMany(await sqlite(), 3);
	const old = await sqlite();
	await old.failed(await start(old, { idempotencyKey: 'unknown' }), {
		outcome: 'unknown',
		reason: 'AIR_TIMEOUT',
	});
	const last = await issue(old, 'last', { idempotencyKey: 'last', recipient: 'l@example.com' });
	await old.observed(REALM, 'last', CONFIRMED);
	const event = (await old.events(0, 10)).at(-1)?.id ?? 0;
	await old.forget('l@example.com');
	const rows = await old.list({ limit: 10 });
	await closeAll();
	await moveLedger({ file, url });
	const ledger = await inPostgres();
	expect(await ledger.list({ limit: 10 })).toEqual(rows);
	const again = request({ idempotencyKey: 'key-1', recipient: 'person-1@example.com' });
	expect(await ledger.begin(again)).toMatchObject({
		outcome: 'answered',
		row: { coreClaimHash: 'hash-1' },
	});
	const lost = request({ idempotencyKey: 'unknown' });
	expect((await ledger.begin(lost)).outcome).toBe('unknown');
	const next = await issue(ledger, 'next', { idempotencyKey: 'next' });
	expect(next.id).toBeGreaterThan(last.id);
	await ledger.observed(REALM, 'next', CONFIRMED);
	expect((await ledger.events(0, 10)).at(-1)?.id).toBeGreaterThan(event);
});

test('a trigger goes on where it was: no event is lost, and none is told again', async () => {
	const filter = { ...ALL, types: ['confirmed'] } as const;
	const told: string[] = [];
	const nameOf = ({ ledgerId, id, row }: FeedEvent) => `${ledgerId}-${id} ${row.coreClaimHash}`;
	const poll = async (ledger: Ledger, limit: number) => {
		const { delivered } = await ledger.openCursor(KEY, 'beginning');
		const { events, upTo } = await ledger.feed({ ...filter, after: delivered, limit });
		told.push(...events.map(nameOf));
		await ledger.moveCursor(KEY, { delivered: upTo });
	};
	const old = await sqlite();
	await old.openCursor(KEY, 'now');
	await issueMany(old, 6);
	for (const i of [0, 1, 2, 3]) await old.observed(REALM, `hash-${i}`, CONFIRMED);
	const expected = (await old.feed({ ...filter, after: 0, limit: 99 })).events.map(nameOf);
	await poll(old, 2);
	await closeAll();
	await moveLedger({ file, url });
	const ledger = await inPostgres();
	for (const i of [4, 5]) await ledger.observed(REALM, `hash-${i}`, CONFIRMED);
	await poll(ledger, 99);
	await poll(ledger, 99);
	expect(told.slice(0, 4)).toEqual(expected);
	expect(told.map((name) => name.split(' ')[1])).toEqual(
		[0, 1, 2, 3, 4, 5].map((i) => `hash-${i}`),
	);
});

test('what was revoked after the backup that was put back stays revoked, as the file .revoked says', async () => {
	let ledger = await sqlite();
	await ledger.openList(REALM, { id: 'list-1', size: 64 });
	await issuedDirectly(ledger, 1, { list: 'list-1', index: 1 });
	await issuedDirectly(ledger, 2, { list: 'list-1', index: 2 });
	await issuedDirectly(ledger, 3, 'number');
	await closeAll();
	const backup = join(folder, 'backup.sqlite');
	await copyFile(file, backup);
	ledger = await sqlite();
	await issuedDirectly(ledger, 4, { list: 'list-1', index: 9 });
	const by = { instance: '', workflowId: '', executionId: '' };
	for (const number of ['1', '3', '4']) {
		await ledger.revoke({ realm: REALM, target: { number }, by, note: null });
	}
	await closeAll();
	await copyFile(backup, file);
	ledger = await sqlite();
	// As docs/cli.md says: the file .revoked beside the ledger is the newest one.
	await ledger.restored([], true);
	const told = async (where: Ledger) => ({
		...{ list: (await where.statusList(REALM, 'list-1'))?.revoked },
		numbers: await Promise.all(['1', '2', '3'].map((one) => where.numberStatus(REALM, one))),
	});
	const before = await told(ledger);
	expect(before).toEqual({ list: [1, 9], numbers: ['revoked', 'valid', 'revoked'] });
	await closeAll();
	await moveLedger({ file, url });
	expect(await told(await inPostgres())).toEqual(before);
});

describe('it breaks off', () => {
	test('wherever it does: until it is finished nobody writes, and then all is there', async () => {
		await fill();
		const before = dumpOfFile();
		const running = await sqlite();
		let steps = 0;
		for (let stopAt = 1; ; stopAt++) {
			steps = 0;
			try {
				await moveLedger({
					file,
					url,
					onProgress: async () => {
						steps += 1;
						if (steps === stopAt) throw new Error('stopped');
						await Promise.resolve();
					},
				});
				break;
			} catch (error) {
				expect(error).toEqual(new Error('stopped'));
			}
			// Anyone who had one open, and anyone who opens one now.
			const moved = { code: 'LEDGER_MOVED' };
			await expect(start(running, { idempotencyKey: `late-${stopAt}` })).rejects.toMatchObject(
				moved,
			);
			await expect(sqlite()).rejects.toMatchObject({
				...moved,
				detail: 'a move to PostgreSQL has begun, and is not finished',
			});
			const target = await inPostgres();
			await expect(start(target, { idempotencyKey: `late-${stopAt}` })).rejects.toMatchObject({
				code: 'LEDGER_LOCKED',
				detail: expect.stringContaining('finish that with ledger move') as unknown,
			});
			await expect(target.openCursor(KEY, 'now')).rejects.toMatchObject({ code: 'LEDGER_LOCKED' });
			// Anyone who looks into it would miss rows, and take them for never issued.
			await expect(openPostgresLedger({ url, readOnly: true })).rejects.toMatchObject({
				code: 'LEDGER_LOCKED',
				detail: 'a ledger is being moved into this database: finish that with ledger move',
			});
			const { ledger: frozen } = await openSqliteLedger({ file, readOnly: true });
			expect((await frozen.totals()).submitted).toBeGreaterThan(0);
			await frozen.close();
		}
		expect(steps).toBeGreaterThan(3);
		expect(await dumpOfPostgres()).toEqual(before);
		await start(await inPostgres(), { idempotencyKey: 'after it' });
	});

	test('killed in the middle of the rows, it goes on with the next', async () => {
		const ledger = await sqlite();
		await Promise.all(
			Array.from({ length: 3_000 }, (_, i) =>
				start(ledger, { idempotencyKey: `key-${i}`, recipient: `${i}@x.example`, leaseMs: 1 }),
			),
		);
		await closeAll();
		const argv = ['ledger', 'move', '--file', file, '--yes'];
		const run = (killAt?: RegExp) =>
			new Promise<{ printed: string; code: number | null }>((resolve) => {
				const child = spawn(
					process.execPath,
					['--import', 'tsx', join('cli', 'main.ts'), ...argv],
					{
						cwd: root,
						env: { ...process.env, MOCA_AIR_LEDGER_URL: url },
						stdio: ['ignore', 'pipe', 'pipe'],
					},
				);
				let printed = '';
				const read = (data: Buffer) => {
					printed += data.toString();
					if (killAt?.test(printed) === true) child.kill('SIGKILL');
				};
				child.stdout.on('data', read);
				child.stderr.on('data', read);
				child.once('close', (code) => {
					resolve({ printed, code });
				});
			});
		const first = await run(/issuances: 1000 of 3000/);
		expect(first.code).toBeNull();
		const arrived = await postgres.sql(
			'SELECT count(*)::int AS n FROM moca_air.issuances',
			database,
		);
		expect(Number(arrived[0]?.n)).toBeGreaterThanOrEqual(1_000);
		expect(Number(arrived[0]?.n)).toBeLessThan(3_000);
		const second = await run();
		expect(second).toMatchObject({ code: 0 });
		expect(second.printed).not.toContain('issuances: 1000 of');
		expect(second.printed).toContain('issuances: 3000 of 3000\n');
		expect(second.printed).toContain('Moved 3000 rows to PostgreSQL on 127.0.0.1');
		expect(second.printed).not.toContain('password');
		const moved = await inPostgres();
		expect(await moved.totals()).toEqual({ sending: 3_000 });
		expect(
			(await moved.begin(request({ idempotencyKey: 'key-7', recipient: '7@x.example' }))).outcome,
		).toBe('unknown');
	});
});

describe('it refuses', () => {
	test('while an attempt may be under way, and says for how long; nothing is changed', async () => {
		const ledger = await sqlite();
		await start(ledger);
		await expect(moveLedger({ file, url })).rejects.toMatchObject({
			code: 'LEDGER_LOCKED',
			detail: expect.stringMatching(/under way for (59|60) more seconds; stop n8n/) as unknown,
		});
		await start(ledger, { idempotencyKey: 'another' });
		await start(await inPostgres());
	});

	test('a target that holds rows of another, and leaves both as they are', async () => {
		await fill();
		const target = await inPostgres();
		await issue(target, 'other');
		const before = dumpOfFile();
		const refused = {
			code: 'LEDGER_NOT_WRITABLE',
			detail: 'the PostgreSQL ledger holds rows already; a ledger is moved into an empty one',
		};
		await expect(moveLedger({ file, url })).rejects.toMatchObject(refused);
		expect(dumpOfFile()).toEqual(before);
		await start(await sqlite(), { idempotencyKey: 'goes on' });
		await start(target, { idempotencyKey: 'goes on' });
		expect(await target.totals()).toEqual({ submitted: 1, sending: 1 });
	});

	test('a target into which a ledger is half moved, and says what to do', async () => {
		await fill();
		const copy = join(folder, 'copy.sqlite');
		await copyFile(file, copy);
		const stop = async () => await Promise.reject(new Error('stopped'));
		await expect(moveLedger({ file, url, onProgress: stop })).rejects.toThrow('stopped');
		const refused = {
			code: 'LEDGER_NOT_WRITABLE',
			detail: expect.stringMatching(/finish it with that file; or, .* drop the schema/) as unknown,
		};
		await expect(moveLedger({ file: copy, url })).rejects.toMatchObject(refused);
		// As after a backup was put back: it has another ID from then on.
		const { ledger } = await openSqliteLedger({ file: copy });
		await ledger.restored([], true);
		await ledger.close();
		await expect(moveLedger({ file: copy, url })).rejects.toMatchObject(refused);
		await postgres.sql('DROP SCHEMA moca_air CASCADE', database);
		expect(await moveLedger({ file: copy, url })).toMatchObject({ moved: 'now' });
	});

	test('a second one at the same time', async () => {
		await fill();
		let second: Promise<unknown> = Promise.resolve();
		await moveLedger({
			file,
			url,
			onProgress: async ({ table }) => {
				if (table !== 'issuances') return;
				second = moveLedger({ file, url });
				await expect(second).rejects.toMatchObject({ code: 'LEDGER_LOCKED' });
			},
		});
	});

	test('a file that is not there, is empty, or was moved to another database', async () => {
		await expect(moveLedger({ file, url })).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		await fill();
		await moveLedger({ file, url });
		expect(await moveLedger({ file, url })).toEqual({ moved: 'before', rows: 0 });
		const elsewhere = postgres.urlFor({ database: await postgres.freshDatabase() });
		await expect(moveLedger({ file, url: elsewhere })).rejects.toMatchObject({
			code: 'LEDGER_MOVED',
			detail: 'the rows of this file are in another database now',
		});
	});

	test('a copy of the file from before the move, when the database has been used since', async () => {
		await fill();
		const copy = join(folder, 'copy.sqlite');
		await copyFile(file, copy);
		await moveLedger({ file, url });
		await start(await inPostgres(), { idempotencyKey: 'since' });
		await expect(moveLedger({ file: copy, url })).rejects.toMatchObject({
			code: 'LEDGER_NOT_WRITABLE',
		});
		expect(await (await inPostgres()).totals()).toMatchObject({ sending: 1 });
	});
});

test('an n8n that has the file open since before, or opens it, is told where the rows are', async () => {
	const running = await sqlite();
	const attempt = await start(running, { leaseMs: 1, idempotencyKey: 'slow' });
	await issue(running, 'hash-1');
	await moveLedger({ file, url });
	const moved = { code: 'LEDGER_MOVED', detail: 'the rows of this file are in PostgreSQL now' };
	// What was issued is known to PostgreSQL: a replay by the file would be true, and the next not.
	await expect(running.begin(request({ idempotencyKey: 'new' }))).rejects.toMatchObject(moved);
	await expect(running.begin(request({ idempotencyKey: 'key-1' }))).rejects.toMatchObject(moved);
	await expect(running.answered(attempt, answer('late'))).rejects.toMatchObject(moved);
	await expect(running.openCursor(KEY, 'now')).rejects.toMatchObject(moved);
	await expect(running.observed(REALM, 'hash-1', CONFIRMED)).rejects.toMatchObject(moved);
	await expect(sqlite()).rejects.toMatchObject(moved);
	// Anyone who looks would not see what was issued and revoked since.
	await expect(openSqliteLedger({ file, readOnly: true })).rejects.toMatchObject(moved);
});

test('a ledger that was restored gets another ID', async () => {
	const before = await (await inPostgres()).openCursor(KEY, 'now');
	await (await inPostgres()).restored([], false);
	const { ledgerId } = await (await inPostgres()).openCursor(KEY, 'now');
	expect(ledgerId).toMatch(/^[0-9a-f]{12}$/);
	expect(ledgerId).not.toBe(before.ledgerId);
});
