import { Database } from '../../../ledger/postgres/Database';
import { readConnectionUrl } from '../../../ledger/postgres/connectionUrl';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { postgresStore } from '../../../ledger/postgres/postgresStore';
import { SqlLedger } from '../../../ledger/SqlLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { issue, REALM } from './contract/requests';

/** The server keeps the statements that come often, with their plans, as long as a connection does. */

// Starts and databases take their time on a busy machine.
jest.setTimeout(120_000);

let postgres: TestPostgres;
let url: string;
let databases: Database[];

beforeAll(async () => {
	postgres = await startPostgres();
}, 120_000);
afterAll(async () => {
	await postgres.stop();
}, 120_000);

beforeEach(async () => {
	url = postgres.urlFor({ database: await postgres.freshDatabase() });
	await (await openPostgresLedger({ url })).close();
	databases = [];
});
afterEach(async () => {
	for (const database of databases) await database.close();
});

async function open(): Promise<{ database: Database; ledger: SqlLedger }> {
	const database = await Database.open(readConnectionUrl(url));
	databases.push(database);
	return { database, ledger: new SqlLedger(postgresStore(database)) };
}

const issueTo = async (ledger: SqlLedger, person: string) =>
	await issue(ledger, `hash of ${person}`, { idempotencyKey: person, recipient: person });

interface Kept {
	readonly name: string;
	readonly statement: string;
	/** How often it was run by the plan for all values. */
	readonly generic: number;
}

/** What the server keeps on the one connection that was used. */
const kept = async (database: Database): Promise<Kept[]> =>
	await database.transaction(({ rows }) =>
		rows<Kept & Record<string, unknown>>(
			`SELECT name, statement, generic_plans AS generic FROM pg_prepared_statements
			WHERE statement LIKE '%issuances%'`,
		),
	);

test('statements that write are kept, those that read by filters are not', async () => {
	const { database, ledger } = await open();
	await issueTo(ledger, 'first');
	const before = await kept(database);
	expect(before.length).toBeGreaterThan(2);
	await ledger.list({ realm: REALM, limit: 5 });
	await ledger.list({ realm: REALM, program: 'p', limit: 5 });
	expect(await kept(database)).toEqual(before);
});

describe('where a pooler hands connections from one to another', () => {
	test('what was prepared elsewhere is written anyway, and nothing is prepared any more', async () => {
		const { database, ledger } = await open();
		await issueTo(ledger, 'first');
		const clear = async () => await database.transaction(({ rows }) => rows('DEALLOCATE ALL'));
		await clear();
		await issueTo(ledger, 'second');
		await clear();
		await issueTo(ledger, 'third');
		expect(await kept(database)).toEqual([]);
		expect(await ledger.totals()).toEqual({ submitted: 3 });
	});

	test('what somebody else has prepared on the connection is not an obstacle', async () => {
		const first = await open();
		await issueTo(first.ledger, 'first');
		const { database, ledger } = await open();
		for (const { name, statement } of await kept(first.database)) {
			await database.transaction(({ rows }) => rows(`PREPARE ${name} AS ${statement}`));
		}
		await issueTo(ledger, 'second');
		await issueTo(ledger, 'third');
		expect(await ledger.totals()).toEqual({ submitted: 3 });
	});
});

test('plans are kept only when there are many rows: before, they would pass whole tables', async () => {
	const { database, ledger } = await open();
	const generic = async () => (await kept(database)).map(({ generic: n }) => n);
	const some = async (name: string) => {
		for (let i = 0; i < 8; i++) await issueTo(ledger, `${name} ${i}`);
	};
	await some('few');
	await database.transaction(({ rows }) => rows('ANALYZE moca_air.issuances'));
	await some('still few');
	expect(new Set(await generic())).toEqual(new Set([0]));
	await database.transaction(async ({ rows }) => {
		await rows(
			`INSERT INTO moca_air.issuances (realm, program, issuer_did, recipient, idempotency_key,
				subject_hmac, key_thumbprint, instance, workflow_id, execution_id, node_id, state,
				state_at, attempt, created_at, updated_at)
			SELECT '${REALM}', 'p', '', 'person-' || n, 'filled ' || n, '', '', '', '', '', '',
				'rejected', 1, 1, 1, 1 FROM generate_series(1, 6000) AS n`,
		);
		await rows('ANALYZE moca_air.issuances');
	});
	await some('many');
	const uses = await generic();
	expect(uses.filter((n) => n > 0).length).toBeGreaterThan(uses.length / 2);
});
