import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { answer, issue, issueMany, REALM, start } from './contract/requests';

/** What was begun is on the disk before anything is sent, and an answer before its item leaves. */

// Starts and databases take their time on a busy machine.
jest.setTimeout(120_000);

describe('on SQLite', () => {
	let folder: string;
	let ledger: Ledger;
	/** How to end each wait for the disk that is under way. */
	const waiting: (() => void)[] = [];
	let slow = false;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'moca-air-durable-'));
		slow = false;
		await spyOnTheDisk();
		ledger = (await openSqliteLedger({ file: join(folder, 'ledger.sqlite') })).ledger;
	});
	afterEach(async () => {
		jest.restoreAllMocks();
		for (const end of waiting.splice(0)) end();
		await ledger.close();
		await rm(folder, { recursive: true, force: true });
	});

	/** From `slow` on the disk is done only when a test says so. */
	async function spyOnTheDisk(): Promise<void> {
		const file = join(folder, 'any');
		await writeFile(file, '');
		const handle = await open(file);
		const prototype = Object.getPrototypeOf(handle) as typeof handle;
		const datasync = Reflect.get(prototype, 'datasync');
		jest.spyOn(prototype, 'datasync').mockImplementation(async function (this: typeof handle) {
			if (slow) await new Promise<void>((resolve) => waiting.push(resolve));
			await datasync.call(this);
		});
		await handle.close();
	}

	const operations: readonly (readonly [string, () => Promise<unknown>])[] = [
		['a begin', async () => await start(ledger, { idempotencyKey: 'another' })],
		[
			'an answer',
			async () => await ledger.answered({ issuanceId: 1, attempt: 1 }, answer('hash-1')),
		],
		[
			'a failure',
			async () =>
				await ledger.failed(
					{ issuanceId: 1, attempt: 1 },
					{ outcome: 'rejected', reason: 'AIR_X' },
				),
		],
	];

	test.each(operations)('%s is told when it is on the disk, and not before', async (_, work) => {
		await start(ledger);
		slow = true;
		const told = new AbortController();
		const done = work().then(() => {
			told.abort();
		});
		while (waiting.length === 0 && !told.signal.aborted) await sleep(5);
		await sleep(50);
		expect(told.signal.aborted).toBe(false);
		for (const end of waiting.splice(0)) end();
		await done;
		expect(told.signal.aborted).toBe(true);
	});

	test('what only reads waits for no disk', async () => {
		const row = await issue(ledger, 'hash-1');
		slow = true;
		expect(await ledger.find(REALM, { coreClaimHash: 'hash-1' })).toEqual(row);
		expect(waiting).toEqual([]);
	});
});

describe('on PostgreSQL', () => {
	let postgres: TestPostgres;
	beforeAll(async () => {
		postgres = await startPostgres();
	}, 120_000);
	afterAll(async () => {
		await postgres.stop();
	}, 120_000);

	test.each([
		['off', 'on'],
		['local', 'local'],
		['remote_apply', 'remote_apply'],
	])(
		'where the database says synchronous_commit = %s, rows are written with %s',
		async (set, used) => {
			const database = await postgres.freshDatabase();
			await postgres.sql(`ALTER DATABASE ${database} SET synchronous_commit = '${set}'`);
			const ledger = await openPostgresLedger({ url: postgres.urlFor({ database }) });
			try {
				await postgres.sql(
					`CREATE TABLE public.seen (setting text);
				CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
					INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NULL;
				END $$;
				CREATE TRIGGER see AFTER INSERT OR UPDATE ON moca_air.issuances
					FOR EACH STATEMENT EXECUTE FUNCTION public.see()`,
					database,
				);
				// Alone, in a batch, and what is not shared at all.
				await issue(ledger, 'alone', { idempotencyKey: 'alone' });
				await Promise.all(
					[1, 2, 3].map((i) =>
						start(ledger, { idempotencyKey: `together-${i}`, recipient: `${i}@x.example` }),
					),
				);
				await issueMany(ledger, 2);
				await ledger.hold(REALM, 'alone', 1_000);
				const seen = await postgres.sql('SELECT DISTINCT setting FROM public.seen', database);
				expect(seen).toEqual([{ setting: used }]);
			} finally {
				await ledger.close();
			}
		},
	);
});
