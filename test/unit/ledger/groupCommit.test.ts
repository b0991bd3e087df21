import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Connection, type Session } from '../../../ledger/sqlite/Connection';
import { GroupCommit } from '../../../ledger/sqlite/GroupCommit';

/** Counts transactions. */
class Counting extends Connection {
	transactions = 0;

	override async write<T>(work: (session: Session) => T): Promise<T> {
		this.transactions++;
		return await super.write(work);
	}
}

let folder: string;
let database: DatabaseSync;
let connection: Counting;
let group: GroupCommit;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-group-'));
	database = new DatabaseSync(join(folder, 'test.sqlite'));
	database.exec('PRAGMA journal_mode = WAL; CREATE TABLE numbers (n INTEGER UNIQUE) STRICT');
	connection = new Counting(database);
	group = new GroupCommit(connection);
});
afterEach(() => {
	connection.close();
	rmSync(folder, { recursive: true, force: true });
});

const insert = async (n: number) =>
	await group.write(({ rows }) => {
		rows('INSERT INTO numbers VALUES ($1)', [n]);
		return n;
	});

const numbers = () =>
	database
		.prepare('SELECT n FROM numbers ORDER BY n')
		.all()
		.map(({ n }) => n);

const range = (count: number) => Array.from({ length: count }, (_, n) => n);

test('what comes together is written together, and each is told its own', async () => {
	expect(await Promise.all(range(200).map(insert))).toEqual(range(200));
	expect(numbers()).toEqual(range(200));
	expect(connection.transactions).toBeLessThan(50);
});

test('one after another works as well', async () => {
	for (const n of range(5)) await insert(n);
	expect(numbers()).toEqual(range(5));
	expect(connection.transactions).toBe(5);
});

test('one that fails is undone, whatever it had written, and takes no other along', async () => {
	const writes = range(20).map(async (n) =>
		n === 7
			? await group.write(({ rows }) => {
					rows('INSERT INTO numbers VALUES ($1)', [1000]);
					throw new Error('seven');
				})
			: n === 9
				? await insert(3)
				: await insert(n),
	);
	const ended = await Promise.allSettled(writes);
	const failed = ended.flatMap((end, n) => (end.status === 'rejected' ? [n] : []));
	expect(failed).toEqual([7, 9]);
	expect(ended[7]).toMatchObject({ reason: new Error('seven') });
	expect(ended[9]).toMatchObject({ reason: { code: 'LEDGER_UNAVAILABLE' } });
	expect(numbers()).toEqual(range(20).filter((n) => n !== 7 && n !== 9));
});

test('a store that fails is told to everybody who waits, and to nobody else', async () => {
	await insert(1);
	database.exec('PRAGMA query_only = ON');
	const ended = await Promise.allSettled([2, 3, 4].map(insert));
	expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
	database.exec('PRAGMA query_only = OFF');
	await insert(5);
	expect(numbers()).toEqual([1, 5]);
});

test('a closed store is told, too', async () => {
	connection.close();
	const ended = await Promise.allSettled([1, 2].map(insert));
	expect(ended).toEqual([
		{
			status: 'rejected',
			reason: expect.objectContaining({ code: 'LEDGER_UNAVAILABLE' }) as Error,
		},
		{
			status: 'rejected',
			reason: expect.objectContaining({ code: 'LEDGER_UNAVAILABLE' }) as Error,
		},
	]);
});

describe('the disk', () => {
	/** Flushes when told to. */
	function slowDisk() {
		const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
		connection.flushWith(async () => {
			await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
		});
		const flushing = async () => {
			while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
			return waiting.shift();
		};
		return { flushing, waiting };
	}

	test('nobody is told before it is written; what comes meanwhile is written next', async () => {
		const { flushing, waiting } = slowDisk();
		const told: number[] = [];
		const first = insert(1).then((n) => told.push(n));
		const flush = await flushing();
		const others = [2, 3].map(async (n) => told.push(await insert(n)));
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(told).toEqual([]);
		expect(numbers()).toEqual([1]);
		flush?.resolve();
		await first;
		(await flushing())?.resolve();
		await Promise.all(others);
		expect(told).toEqual([1, 2, 3]);
		expect(waiting).toEqual([]);
	});

	test('what changes nothing does not wait for it', async () => {
		const { waiting } = slowDisk();
		expect(await group.write(({ rows }) => rows('SELECT * FROM numbers'))).toEqual([]);
		expect(waiting).toEqual([]);
	});

	test('once it has failed nothing is believed to be written any more', async () => {
		const { flushing } = slowDisk();
		const failing = insert(1);
		(await flushing())?.reject(Object.assign(new Error('no'), { code: 'EIO' }));
		const failure = {
			code: 'LEDGER_UNAVAILABLE',
			message: expect.stringContaining('EIO') as string,
		};
		await expect(failing).rejects.toMatchObject(failure);
		await expect(insert(2)).rejects.toMatchObject(failure);
		expect(numbers()).toEqual([1]);
	});
});
