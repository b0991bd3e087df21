import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { issue, start } from '../ledger/contract/requests';
import { cli } from './support';

let server: TestPostgres;
beforeAll(async () => {
	server = await startPostgres();
}, 60_000);
afterAll(async () => {
	await server.stop();
});

test('all commands on PostgreSQL; neither user nor password is shown', async () => {
	const database = await server.freshDatabase();
	const url = server.urlFor({ database });
	const ledger = async (...argv: string[]) => {
		const ran = await cli(['ledger', ...argv], { env: { MOCA_AIR_LEDGER_URL: url } });
		expect(`${ran.stdout}${ran.stderr}`).not.toContain(new URL(url).password);
		return ran;
	};
	const where = `PostgreSQL on 127.0.0.1:${server.port}, database ${database}`;

	for (const argv of [['status'], ['list'], ['export'], ['forget', 'ada@example.com', '--yes']]) {
		const { status, stderr } = await ledger(...argv);
		expect(status).toBe(1);
		expect(stderr).toMatch(new RegExp(`^There is no ledger in ${where}: .*\n$`));
	}
	expect(
		await server.sql("SELECT FROM pg_namespace WHERE nspname = 'moca_air'", database),
	).toHaveLength(0);

	const store = await openPostgresLedger({ url });
	await issue(store, 'hash-1');
	const lost = await start(store, { idempotencyKey: 'key-2', recipient: 'grace@example.com' });
	await store.failed(lost, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
	await store.close();

	const { stdout } = await ledger('status');
	expect(stdout).toContain(`Ledger: ${where}\n2 rows\n`);
	expect(stdout).toContain('1 row has an unknown outcome.');
	expect((await ledger('list', '--state', 'unknown')).stdout).toContain('AIR_TIMEOUT');
	expect(await ledger('forget', 'ada@example.com', '--yes')).toMatchObject({
		status: 0,
		stdout: `Erased 1 row of ada@example.com from ${where}.\n`,
	});
	expect(JSON.parse((await ledger('export')).stdout)).toMatchObject([
		{ recipient: 'grace@example.com', state: 'unknown' },
	]);
});

test('a wrong password is one line', async () => {
	const url = server.urlFor({ password: 's3cret' });
	const { status, stdout, stderr } = await cli(['ledger', 'status', '--url', url]);
	expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
	expect(stderr).toMatch(/^The ledger cannot be opened or reached: .*password.*\n$/);
	expect(stderr).not.toContain('s3cret');
});
