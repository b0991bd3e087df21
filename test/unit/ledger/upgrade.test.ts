import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Ledger } from '../../../ledger/Ledger';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { ALL, KEY } from './contract/feed';
import {
	CONFIRMED,
	eventTypes,
	HOUR,
	issue,
	MINUTE,
	PROGRAM,
	request,
	REALM,
} from './contract/requests';
import { ANSWERED_AT, versionOneRows } from './version1/rows';

/** Ledgers that version 1 of the tables made go on with this package, and lose nothing. */
jest.setTimeout(120_000);

let postgres: TestPostgres;
let folder: string;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-upgrade-'));
	postgres = await startPostgres();
}, 120_000);

afterAll(async () => {
	await postgres.stop();
	rmSync(folder, { recursive: true, force: true });
}, 120_000);

const tables = (store: string) => readFileSync(join(__dirname, 'version1', `${store}.sql`), 'utf8');

interface Old {
	open(): Promise<Ledger>;
	/** How its present tables are laid out. */
	layout(): Promise<unknown>;
}

function oldSqlite(): Promise<Old> {
	const made = [join(folder, 'old.sqlite'), join(folder, 'new.sqlite')];
	const [file = ''] = made;
	const database = new DatabaseSync(file);
	database.exec(`PRAGMA journal_mode = WAL; ${tables('sqlite')} ${versionOneRows('')}
		PRAGMA application_id = 1297040193; PRAGMA user_version = 1;`);
	database.close();
	return Promise.resolve({
		open: async () => (await openSqliteLedger({ file })).ledger,
		layout: async () => {
			const layouts: unknown[] = [];
			for (const each of made) {
				await (await openSqliteLedger({ file: each })).ledger.close();
				const read = new DatabaseSync(each, { readOnly: true });
				layouts.push(
					read
						.prepare(
							`SELECT m.type, m.name, c.name AS "column", c.type AS kind, c."notnull"
							FROM sqlite_schema m LEFT JOIN pragma_table_xinfo(m.name) c
							ORDER BY m.type, m.name, c.cid`,
						)
						.all(),
				);
				read.close();
			}
			return layouts;
		},
	});
}

async function oldPostgres(): Promise<Old> {
	const made = [await postgres.freshDatabase(), await postgres.freshDatabase()];
	const [database = ''] = made;
	await postgres.sql(
		`CREATE SCHEMA moca_air;
		CREATE TABLE moca_air.versions (version integer PRIMARY KEY,
			applied_at timestamptz NOT NULL DEFAULT clock_timestamp());
		INSERT INTO moca_air.versions VALUES (1);
		${tables('postgres')} ${versionOneRows('moca_air.')}`,
		database,
	);
	const open = async (name: string) =>
		await openPostgresLedger({ url: postgres.urlFor({ database: name }) });
	return {
		open: async () => await open(database),
		layout: async () => {
			const layouts: unknown[] = [];
			for (const each of made) {
				await (await open(each)).close();
				layouts.push(
					await postgres.sql(
						`SELECT table_name, column_name, data_type, is_nullable, column_default
						FROM information_schema.columns WHERE table_schema = 'moca_air'
						UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes
							WHERE schemaname = 'moca_air' ORDER BY 1, 2`,
						each,
					),
				);
			}
			return layouts;
		},
	};
}

describe.each([
	['SQLite', oldSqlite],
	['PostgreSQL', oldPostgres],
] as const)('a ledger of version 1 on %s', (_, make) => {
	let old: Old;
	beforeAll(async () => {
		old = await make();
	});

	test('keeps its rows, its keys and its events, and is given what triggers need', async () => {
		const ledgers = [await old.open(), await old.open()];
		const [ledger] = ledgers;
		if (ledger === undefined) throw new Error('no ledger');
		expect(await ledger.totals()).toEqual({
			rejected: 1,
			unknown: 1,
			submitted: 1,
			confirmed: 1,
			unusable: 1,
			superseded: 1,
			abandoned: 1,
		});
		const key = { program: PROGRAM, idempotencyKey: 'key-submitted' };
		expect(await ledger.find(REALM, key)).toMatchObject({
			state: 'submitted',
			recipient: 'submitted@example.com',
			reference: 'order-2',
			coreClaimHash: 'hash-submitted',
			answeredAt: ANSWERED_AT,
			attempts: [{ number: 1, outcome: 'accepted', coreClaimHash: 'hash-submitted' }],
		});
		expect(await eventTypes(ledger)).toEqual(['status ONCHAIN', 'confirmed', 'superseded']);
		// When that was is not known: AIR is asked again.
		const acceptance = await ledger.keyAcceptance(REALM, 'thumbprint-1');
		expect(acceptance?.refused).toBe(false);
		expect(acceptance?.ageMs).toBeGreaterThan(10_000 * HOUR);

		// What was issued is not issued again.
		for (const [state, outcome] of [
			['submitted', 'answered'],
			['confirmed', 'answered'],
			['unknown', 'unknown'],
		] as const) {
			const again = { idempotencyKey: `key-${state}`, recipient: `${state}@example.com` };
			const begun = await ledger.begin(request({ ...again, rememberMs: null }));
			expect(begun.outcome).toBe(outcome);
		}

		// A trigger tells what was there, asks about what is pending, and says that it is late.
		await ledger.openCursor(KEY, 'beginning');
		const page = await ledger.feed({ ...ALL, types: ['confirmed'], after: 0, limit: 10 });
		expect(page.events).toMatchObject([{ id: 2, row: { coreClaimHash: 'hash-confirmed' } }]);
		expect(page.events[0]?.ledgerId).toMatch(/^[0-9a-f]{12}$/);
		const delay = { realm: REALM, minutes: 5, start: 'beginning', limit: 10 } as const;
		expect(await ledger.appendDelayed(delay)).toBe(1);
		const due = await ledger.claimDue({ realm: REALM, limit: 10, leaseMs: MINUTE });
		expect(due).toMatchObject([{ coreClaimHash: 'hash-submitted' }]);
		await ledger.observed(REALM, 'hash-submitted', CONFIRMED);
		expect((await eventTypes(ledger)).slice(3)).toEqual([
			'delayed 5',
			'status ONCHAIN',
			'confirmed',
		]);
		expect(await issue(ledger, 'new', { idempotencyKey: 'new' })).toMatchObject({ attempt: 1 });
		await Promise.all(ledgers.map((each) => each.close()));
	});

	test('has afterwards the tables that a new one has', async () => {
		const [upgraded, fresh] = (await old.layout()) as [unknown[], unknown[]];
		expect(upgraded.length).toBeGreaterThan(20);
		expect(upgraded).toEqual(fresh);
	});
});
