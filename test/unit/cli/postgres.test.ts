import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { makeKey } from '../../support/keys';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { issue, start } from '../ledger/contract/requests';
import { cli, scratch } from './support';

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

	for (const argv of [['status'], ['list'], ['export'], ['erase', 'ada@example.com', '--yes']]) {
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
	expect(await ledger('erase', 'ada@example.com', '--yes')).toMatchObject({
		status: 0,
		stdout: `Erased 1 row of ada@example.com from ${where}.\n`,
	});
	expect(JSON.parse((await ledger('export')).stdout)).toMatchObject([
		{ recipient: 'grace@example.com', state: 'unknown' },
	]);
});

describe('move', () => {
	const at = scratch();
	afterAll(() => {
		at.remove();
	});

	test('asks, moves, and says what comes next; the password is shown nowhere', async () => {
		const database = await server.freshDatabase();
		const url = server.urlFor({ database });
		const where = `PostgreSQL on 127.0.0.1:${server.port}, database ${database}`;
		const env = { MOCA_AIR_LEDGER_URL: url };
		const argv = ['ledger', 'move', '--file', at.file];
		const missing = await cli([...argv, '--yes'], { env });
		expect(missing).toMatchObject({ status: 1, stdout: '' });
		expect(missing.stderr).toContain('There is no ledger at');

		await at.fill(async (store) => {
			await issue(store, 'hash-1');
		});
		const nowhere = await cli([...argv, '--yes']);
		expect(nowhere.stderr).toContain('move needs --url or MOCA_AIR_LEDGER_URL');
		expect(nowhere.status).toBe(2);
		expect(await cli(argv, { env })).toMatchObject({ status: 2, stdout: '', questions: [] });
		const no = await cli(argv, { env, answer: 'no' });
		expect(no).toMatchObject({ status: 1, stdout: '' });
		expect(no.stderr).toContain(`From ${at.file}\nto ${where}\n`);
		expect(no.stderr).toContain('Nothing was moved.');

		const yes = await cli(argv, { env, answer: 'yes' });
		expect(yes).toMatchObject({ status: 0, stdout: `Moved 1 row to ${where}.\n` });
		expect(yes.stderr).toContain('issuances: 1 of 1\n');
		expect(yes.stderr).toContain('Set Issuance Ledger to PostgreSQL in each credential');
		expect(`${yes.stdout}${yes.stderr}`).not.toContain(new URL(url).password);
		expect((await cli(['ledger', 'status'], { env })).stdout).toContain('1 row\n');
		const again = await cli([...argv, '--yes'], { env });
		expect(again.stdout).toBe(
			`The ledger was moved to ${where} before. Nothing was left to move.\n`,
		);

		const old = ['--file', at.file];
		const key = join(at.folder, 'key.pem');
		writeFileSync(key, makeKey().pem);
		const issuer = ['--key', key, '--issuer', 'issuer.example.com', '--partner', 'partner-1'];
		for (const command of [
			['ledger', 'status'],
			['ledger', 'list'],
			['ledger', 'export'],
			['ledger', 'erase', 'ada@example.com', '--yes'],
			// Without what was revoked since the move, its lists would make that valid again.
			['status-lists', ...issuer, '--out', join(at.folder, 'lists')],
		]) {
			expect(await cli([...command, ...old])).toMatchObject({
				status: 1,
				stdout: '',
				stderr:
					'The ledger was moved: the rows of this file are in PostgreSQL now (LEDGER_MOVED). Name the ledger in PostgreSQL with --url or MOCA_AIR_LEDGER_URL; if the move broke off, run ledger move again\n',
			});
		}
	});

	test.each([
		['postgresql://ada:s3cret@db:port/moca', 'The address of the ledger is not valid'],
		['nonsense s3cret', 'The address of the ledger is not valid'],
	])('an address that is none is refused in one line: %s', async (url, words) => {
		const { status, stdout, stderr } = await cli(
			['ledger', 'move', '--yes', '--file', __filename, '--url', url],
			{},
		);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toMatch(new RegExp(`^${words}: .*\n$`));
		expect(stderr).not.toContain('s3cret');
	});
});

test('a wrong password is one line', async () => {
	const url = server.urlFor({ password: 's3cret' });
	const { status, stdout, stderr } = await cli(['ledger', 'status', '--url', url]);
	expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
	expect(stderr).toMatch(/^The ledger cannot be opened or reached: .*password.*\n$/);
	expect(stderr).not.toContain('s3cret');
});
