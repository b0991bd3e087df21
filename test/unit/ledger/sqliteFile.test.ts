import { execFile } from 'node:child_process';
import fs, {
	chmod,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { LedgerError } from '../../../ledger/LedgerError';
import { Connection } from '../../../ledger/sqlite/Connection';
import { sqliteFailure } from '../../../ledger/sqlite/failure';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { sqliteStore } from '../../../ledger/sqlite/sqliteStore';
import { SqlLedger } from '../../../ledger/SqlLedger';
import { giveToNobody } from '../../support/asNobody';
import { issue, request, start } from './contract/requests';

let folder = '';
let file = '';
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'moca-air-ledger-'));
	file = join(folder, 'moca-air', 'ledger.sqlite');
});
afterEach(async () => {
	await rm(folder, { recursive: true, force: true });
});

const isRecursive = (options: unknown) =>
	typeof options === 'object' && options !== null && 'recursive' in options;

async function failureOfOpening(): Promise<LedgerError> {
	try {
		await (await openSqliteLedger({ file })).ledger.close();
	} catch (error) {
		if (error instanceof LedgerError) return error;
		throw error;
	}
	throw new Error('it was opened');
}

describe('the file', () => {
	test('is made with its folder, for its owner only, and found again', async () => {
		const { ledger, createdNow } = await openSqliteLedger({ file });
		expect(createdNow).toBe(true);
		await issue(ledger, 'hash-1');
		const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
		expect(await mode(join(folder, 'moca-air'))).toBe('700');
		const files = await readdir(join(folder, 'moca-air'));
		expect(files.sort()).toEqual([
			'ledger.sqlite',
			'ledger.sqlite-shm',
			'ledger.sqlite-wal',
			'ledger.sqlite.made',
		]);
		for (const name of files) expect(await mode(join(folder, 'moca-air', name))).toBe('600');
		await ledger.close();

		const again = await openSqliteLedger({ file });
		expect(again.createdNow).toBe(false);
		expect(await again.ledger.totals()).toEqual({ submitted: 1 });
		await again.ledger.close();
	});

	test('of a newer version of the package is left alone', async () => {
		await (await openSqliteLedger({ file })).ledger.close();
		const database = new DatabaseSync(file);
		database.exec('PRAGMA user_version = 99');
		database.close();
		expect(await failureOfOpening()).toMatchObject({
			code: 'LEDGER_TOO_NEW',
			detail: 'tables of version 99; this package knows 1',
		});
	});

	test('of another program is left alone', async () => {
		await mkdir(join(folder, 'moca-air'));
		const database = new DatabaseSync(file);
		database.exec('CREATE TABLE workflow_entity (id TEXT)');
		database.close();
		const before = await readFile(file);
		expect((await failureOfOpening()).code).toBe('LEDGER_UNAVAILABLE');
		expect(await readFile(file)).toEqual(before);
	});

	test.each([
		[
			'no database',
			'some text, long enough to be taken for a header of a database file: '.repeat(9),
		],
		['cut off', 'SQLite format 3\0'],
	])('that is %s cannot be opened, and is left as it is', async (_, content) => {
		await mkdir(join(folder, 'moca-air'));
		await writeFile(file, content);
		const { code, message } = await failureOfOpening();
		expect(code).toBe('LEDGER_UNAVAILABLE');
		expect(message).not.toContain(folder);
		expect(await readFile(file, 'utf8')).toBe(content);
	});

	test('that is damaged inside says so when it is read', async () => {
		const { ledger } = await openSqliteLedger({ file });
		await issue(ledger, 'hash-1');
		await ledger.close();
		const database = new DatabaseSync(file);
		// Not the pages that say which tables there are: without those it could not even be opened.
		const pages = database.prepare(
			"SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'issuances'",
		);
		const damage = pages.all().map(({ rootpage }) => Number(rootpage));
		database.close();
		const bytes = await readFile(file);
		for (const page of damage) bytes.fill(0xff, (page - 1) * 4096, page * 4096);
		await writeFile(file, bytes);
		const damaged = await openSqliteLedger({ file });
		await expect(damaged.ledger.begin(request())).rejects.toMatchObject({
			code: 'LEDGER_UNAVAILABLE',
			detail: expect.stringMatching(/^the ledger file is damaged/) as unknown,
		});
		await damaged.ledger.close();
	});

	test('that is a folder, or below a file, cannot be opened', async () => {
		await mkdir(file, { recursive: true });
		expect((await failureOfOpening()).code).toBe('LEDGER_UNAVAILABLE');
		await rm(join(folder, 'moca-air'), { recursive: true });
		await writeFile(join(folder, 'moca-air'), '');
		const { code, detail } = await failureOfOpening();
		expect(code).toBe('LEDGER_UNAVAILABLE');
		expect(detail).toContain(`the folder ${join(folder, 'moca-air')} cannot be made`);
	});

	test('on a read-only file system cannot be written, whatever Node says of its folder', async () => {
		// As Node 24 answers on a disk that is mounted read-only.
		const mkdirThere = jest.spyOn(fs, 'mkdir').mockImplementation((_path, options) =>
			Promise.reject(
				Object.assign(new Error(), {
					code: isRecursive(options) ? 'ENOENT' : 'EROFS',
				}),
			),
		);
		const { code, detail } = await failureOfOpening();
		mkdirThere.mockRestore();
		expect(code).toBe('LEDGER_NOT_WRITABLE');
		expect(detail).toBe(`the folder ${join(folder, 'moca-air')} cannot be made (EROFS)`);
	});

	/** What cannot be written, and how it is called in what is said. */
	test.each<[string, string, number]>([
		['the folder around it', '', 0o500],
		['its folder', 'moca-air', 0o500],
		['the file', 'moca-air/ledger.sqlite', 0o400],
		['the file that others may read', 'moca-air/ledger.sqlite', 0o000],
		['what is beside it', 'moca-air/ledger.sqlite-wal', 0o400],
	])('%s without permission: which path, and that it must be writable', async (_, path, mode) => {
		if (path !== '') {
			const { ledger } = await openSqliteLedger({ file });
			await issue(ledger, 'hash-1');
			await ledger.close();
			await writeFile(`${file}-wal`, '', { flag: 'a' });
		}
		giveToNobody(folder);
		const place = join(folder, path);
		await chmod(place, mode);
		const script = join(__dirname, 'processes', 'opener.ts');
		const opener = promisify(execFile)(process.execPath, ['--import', 'tsx', script, file]);
		const { code, detail } = JSON.parse((await opener).stdout) as LedgerError;
		await chmod(place, 0o700);
		expect({ code, detail }).toMatchObject({ code: 'LEDGER_NOT_WRITABLE' });
		expect(detail).toContain(path === '' ? join(place, 'moca-air') : place);
		expect(detail).toMatch(/cannot be made|must be writable/);
		// And nothing is made of it.
		const names = path === '' ? [] : await readdir(join(folder, 'moca-air'));
		expect(names.filter((name) => name.endsWith('-shm'))).toEqual([]);
	});

	test('holds no trace of a person who was erased', async () => {
		const { ledger } = await openSqliteLedger({ file });
		await issue(ledger, 'hash-1', { recipient: 'grace@example.com', reference: 'order 1815' });
		await issue(ledger, 'hash-2', { idempotencyKey: 'key-2' });
		await ledger.forget('grace@example.com');
		const names = await readdir(join(folder, 'moca-air'));
		const kept = await Promise.all(names.map((name) => readFile(join(folder, 'moca-air', name))));
		const text = Buffer.concat(kept).toString('latin1');
		expect(text).not.toMatch(/grace@example\.com|order 1815|hash-1/);
		expect(text).toMatch(/ada@example\.com/);
		await ledger.close();
	});
});

describe('a ledger that was here', () => {
	const made = async () => {
		const { ledger } = await openSqliteLedger({ file });
		await issue(ledger, 'hash-1');
		await ledger.close();
		return await readFile(file);
	};
	const marker = () => `${file}.made`;
	const lost = async (how: string) => {
		const { code, detail } = await failureOfOpening();
		expect(code).toBe('LEDGER_LOST');
		expect(detail).toContain(`${file} ${how}`);
		expect(detail).toContain(`delete ${marker()}`);
	};

	test.each<[string, () => Promise<void>]>([
		[
			'is missing',
			async () => {
				await rm(file);
			},
		],
		[
			'is empty',
			async () => {
				await writeFile(file, '');
			},
		],
		[
			'is empty',
			async () => {
				await rm(file);
				const other = new DatabaseSync(file);
				other.exec('CREATE TABLE x (y); DROP TABLE x');
				other.close();
			},
		],
	])('and %s stops everything, until it is back', async (how, lose) => {
		const backup = await made();
		await lose();
		await lost(how);
		await lost(how);
		await writeFile(file, backup);
		const { ledger, createdNow } = await openSqliteLedger({ file });
		expect(createdNow).toBe(false);
		expect(await ledger.totals()).toEqual({ submitted: 1 });
		await ledger.close();
	});

	test('is begun again once somebody has deleted what says so', async () => {
		await made();
		await writeFile(file, '');
		await rm(marker());
		const { ledger } = await openSqliteLedger({ file });
		expect(await ledger.totals()).toEqual({});
		await ledger.close();
		await rm(file);
		await lost('is missing');
	});

	test('is known also where it was made before there was a marker', async () => {
		await made();
		await rm(marker());
		await (await openSqliteLedger({ file })).ledger.close();
		await writeFile(file, '');
		await lost('is empty');
	});

	test('many processes make one at once: none takes it for lost', async () => {
		const all = Array.from({ length: 8 }, async () => await openSqliteLedger({ file }));
		const opened = await Promise.all(all);
		expect(opened.filter(({ createdNow }) => createdNow)).toHaveLength(1);
		await Promise.all(opened.map(({ ledger }) => ledger.close()));
	});
});

describe('somebody else writes', () => {
	test('for a short time: it waits, and the process goes on meanwhile', async () => {
		const { ledger } = await openSqliteLedger({ file });
		const other = new DatabaseSync(file);
		other.exec('BEGIN IMMEDIATE');
		let turns = 0;
		const clock = setInterval(() => turns++, 10);
		const begun = ledger.begin(request());
		await new Promise((resolve) => setTimeout(resolve, 500));
		expect(turns).toBeGreaterThan(5);
		clearInterval(clock);
		other.exec('COMMIT');
		other.close();
		expect((await begun).outcome).toBe('started');
		await ledger.close();
	});

	test('for too long: it says so', async () => {
		const { ledger } = await openSqliteLedger({ file });
		const other = new DatabaseSync(file);
		other.exec('BEGIN IMMEDIATE');
		const begin = performance.now();
		await expect(ledger.begin(request())).rejects.toMatchObject({ code: 'LEDGER_LOCKED' });
		expect(performance.now() - begin).toBeGreaterThan(9000);
		expect(await ledger.totals()).toEqual({});
		other.close();
		await ledger.close();
	}, 30_000);

	test('a thousand replays in a row leave the process its turns', async () => {
		const { ledger } = await openSqliteLedger({ file });
		await issue(ledger, 'hash-1');
		let turns = 0;
		const clock = setInterval(() => turns++, 1);
		for (let i = 0; i < 1000; i++) await ledger.begin(request());
		clearInterval(clock);
		expect(turns).toBeGreaterThan(10);
		await ledger.close();
	});

	test('and so do reads, which wait for nothing', async () => {
		const { ledger } = await openSqliteLedger({ file });
		await issue(ledger, 'hash-1');
		const { realm } = request();
		let turns = 0;
		const turn = setInterval(() => turns++, 1);
		const began = performance.now();
		while (performance.now() - began < 200) {
			for (let i = 0; i < 50; i++) await ledger.find(realm, { coreClaimHash: 'hash-1' });
		}
		clearInterval(turn);
		await ledger.close();
		// One after 5 ms of reading each time.
		expect(turns).toBeGreaterThan(5);
	});
});

describe('errors of SQLite', () => {
	const thrownBy = (work: () => void): unknown => {
		try {
			work();
		} catch (error) {
			return error;
		}
		throw new Error('nothing was thrown');
	};

	test('a full disk stops a begin, which leaves nothing behind; with room it goes on', async () => {
		await (await openSqliteLedger({ file })).ledger.close();
		const database = new DatabaseSync(file);
		const ledger = new SqlLedger(sqliteStore(new Connection(database)));
		database.exec('PRAGMA max_page_count = 30');
		let failure: unknown;
		let begun = 0;
		for (; failure === undefined; begun++) {
			try {
				await start(ledger, { idempotencyKey: `key-${begun}` });
			} catch (error) {
				failure = error;
			}
		}
		expect(failure).toMatchObject({ code: 'LEDGER_NOT_WRITABLE' });
		const rows = await ledger.list({ limit: 1000 });
		expect(rows).toHaveLength(begun - 1);
		expect(rows.filter(({ attempts }) => attempts.length !== 1)).toEqual([]);
		database.exec('PRAGMA max_page_count = 1000');
		await start(ledger, { idempotencyKey: `key-${begun - 1}` });
		await ledger.close();
	});

	test('values are not shown', () => {
		const database = new DatabaseSync(':memory:');
		const error = thrownBy(() => {
			database.exec("SELECT 'ada@example.com' FROM ada");
		});
		expect(sqliteFailure(error)).toMatchObject({
			message: expect.not.stringContaining('ada') as unknown,
		});
	});

	test.each([
		[8, 'LEDGER_NOT_WRITABLE'],
		[1032, 'LEDGER_NOT_WRITABLE'],
		[778, 'LEDGER_NOT_WRITABLE'],
		[266, 'LEDGER_UNAVAILABLE'],
		[517, 'LEDGER_LOCKED'],
		[267, 'LEDGER_UNAVAILABLE'],
		[19, 'LEDGER_UNAVAILABLE'],
	])('code %i means %s', (errcode, code) => {
		const error = Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode });
		expect(sqliteFailure(error)).toMatchObject({ code });
	});

	test('errors of others are theirs', () => {
		const error = new TypeError('x');
		expect(sqliteFailure(error)).toBe(error);
	});
});

test('without node:sqlite opening says what is missing, and makes nothing', async () => {
	jest.doMock('node:sqlite', () => {
		throw new Error('No such built-in module: node:sqlite');
	});
	try {
		expect((await failureOfOpening()).code).toBe('LEDGER_DRIVER_MISSING');
		await expect(stat(join(folder, 'moca-air'))).rejects.toThrow('ENOENT');
	} finally {
		jest.dontMock('node:sqlite');
	}
});
