import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../ledger/Ledger';
import { LedgerError } from '../../../ledger/LedgerError';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { startPostgres, type TestPostgres } from '../../support/postgres';
import { certificateForLocalhost } from '../../support/postgresCertificate';
import { CONFIRMED, issue, REALM, request } from './contract/requests';

/** Who may open the ledger, over what, and what is said when it cannot be opened. */

// Starts, databases and name look-ups take their time on a busy machine.
jest.setTimeout(120_000);

let postgres: TestPostgres;
let folder: string;
let rootcert: string;
let sockets: string;
const opened: Ledger[] = [];
const SECRET = 'pa55-w0rd-nobody-sees';

async function open(url: string): Promise<Ledger> {
	const ledger = await openPostgresLedger({ url });
	opened.push(ledger);
	return ledger;
}

/** @returns the error, after a look for what it must not tell */
async function refusal(url: string): Promise<LedgerError> {
	const error: unknown = await open(url).then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (!(error instanceof LedgerError)) throw new Error(`expected a LedgerError: ${String(error)}`);
	const told = `${error.message} ${error.detail} ${error.stack ?? ''} ${JSON.stringify(error)}`;
	for (const secret of [SECRET, 'superuser-test-password', 'limited', String(postgres.port)]) {
		expect(told).not.toContain(secret);
	}
	expect(error.cause).toBeUndefined();
	return error;
}

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-rootcert-'));
	rootcert = join(folder, 'root.crt');
	const certificate = certificateForLocalhost();
	writeFileSync(rootcert, certificate.cert);
	sockets = mkdtempSync(join(tmpdir(), 'moca-air-sockets-'));
	// The server may run as another user.
	chmodSync(sockets, 0o777);
	postgres = await startPostgres({
		certificate,
		settings: { unix_socket_directories: sockets },
	});
	await postgres.sql(`CREATE ROLE limited LOGIN PASSWORD '${SECRET}'`);
	await postgres.sql(`CREATE ROLE guest LOGIN PASSWORD '${SECRET}'`);
}, 120_000);

afterEach(async () => {
	await Promise.all(opened.splice(0).map((ledger) => ledger.close()));
});

afterAll(async () => {
	await postgres.stop();
	for (const each of [folder, sockets]) rmSync(each, { recursive: true, force: true });
});

describe('roles', () => {
	test('one limited to its own schema is enough', async () => {
		const database = await postgres.freshDatabase();
		await postgres.sql(
			'REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE SCHEMA moca_air AUTHORIZATION limited',
			database,
		);
		const ledger = await open(postgres.urlFor({ role: 'limited', password: SECRET, database }));
		expect(await issue(ledger, 'hash-1')).toMatchObject({ state: 'submitted' });
		const tables = await postgres.sql(
			"SELECT DISTINCT schemaname FROM pg_tables WHERE tableowner = 'limited'",
			database,
		);
		expect(tables).toEqual([{ schemaname: 'moca_air' }]);
	});

	test('where the tables are made already, one that may only use them is enough', async () => {
		const database = await postgres.freshDatabase();
		const login = { role: 'guest', password: SECRET, database };
		await open(postgres.urlFor({ database }));
		expect(await refusal(postgres.urlFor(login))).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		await postgres.sql(
			`GRANT USAGE ON SCHEMA moca_air TO guest;
			GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA moca_air TO guest`,
			database,
		);
		const ledger = await open(postgres.urlFor(login));
		expect(await issue(ledger, 'hash-1')).toMatchObject({ state: 'submitted' });
	});

	test('one that may neither use nor make the schema is told so', async () => {
		const database = await postgres.freshDatabase();
		const login = { role: 'limited', password: SECRET, database };
		const error = await refusal(postgres.urlFor(login));
		expect(error).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		expect(error.detail).toContain('schema moca_air');
	});
});

describe('what is wrong is said without secrets', () => {
	const free = async () => {
		const server = createServer().listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const address = server.address();
		await new Promise((resolve) => server.close(resolve));
		return address !== null && typeof address === 'object' ? address.port : 0;
	};

	test('wrong password, unknown user, no password', async () => {
		const detail = expect.stringContaining('password') as string;
		const wrong = { code: 'LEDGER_UNAVAILABLE', detail };
		expect(await refusal(postgres.urlFor({ password: SECRET }))).toMatchObject(wrong);
		expect(await refusal(postgres.urlFor({ role: 'limitedx', password: SECRET }))).toMatchObject(
			wrong,
		);
		expect(await refusal(postgres.urlFor({ password: '' }))).toMatchObject(wrong);
	});

	test('no such database', async () => {
		const error = await refusal(postgres.urlFor({ database: `limited${SECRET}` }));
		expect(error).toMatchObject({
			code: 'LEDGER_UNAVAILABLE',
			detail: 'there is no such database (SQLSTATE 3D000)',
		});
	});

	test('refused port, unknown host', async () => {
		const closed = new URL(postgres.urlFor({ password: SECRET }));
		closed.port = String(await free());
		const refused = await refusal(closed.href);
		expect(refused.code).toBe('LEDGER_UNAVAILABLE');
		expect(refused.detail).toContain('refused');
		expect(refused.detail).not.toContain(closed.port);
		const nowhere = await refusal(`postgres://limited:${SECRET}@no-such-host.invalid/limited`);
		expect(nowhere.code).toBe('LEDGER_UNAVAILABLE');
		expect(nowhere.detail).not.toContain('no-such-host');
	});

	test('a server that is none', async () => {
		const server = createServer((socket) =>
			socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'),
		);
		server.listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const address = server.address();
		const port = address !== null && typeof address === 'object' ? address.port : 0;
		try {
			const error = await refusal(`postgres://limited:${SECRET}@127.0.0.1:${port}/limited`);
			expect(error.code).toBe('LEDGER_UNAVAILABLE');
		} finally {
			await new Promise((resolve) => server.close(resolve));
		}
	});

	test('a read-only database', async () => {
		const database = await postgres.freshDatabase();
		const url = postgres.urlFor({ database });
		const before = await open(url);
		await postgres.sql(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
		const readOnly = { code: 'LEDGER_NOT_WRITABLE' };
		await before.close();
		await expect((await open(url)).begin(request())).rejects.toMatchObject(readOnly);
	});

	test('tables of a newer version', async () => {
		const database = await postgres.freshDatabase();
		const url = postgres.urlFor({ database });
		await open(url);
		await postgres.sql('INSERT INTO moca_air.versions VALUES (1000)', database);
		expect(await refusal(url)).toMatchObject({ code: 'LEDGER_TOO_NEW' });
	});

	test('tables that were tampered with', async () => {
		const database = await postgres.freshDatabase();
		const ledger = await open(postgres.urlFor({ database }));
		await postgres.sql('DROP TABLE moca_air.attempts CASCADE', database);
		await expect(ledger.begin(request())).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
	});

	test('rows that somebody else holds for too long', async () => {
		const database = await postgres.freshDatabase();
		const ledger = await open(postgres.urlFor({ database }));
		await issue(ledger, 'hash-1');
		const held = postgres.sql(
			'BEGIN; SELECT FROM moca_air.issuances FOR UPDATE; SELECT pg_sleep(11); COMMIT',
			database,
		);
		await new Promise((resolve) => setTimeout(resolve, 300));
		// What is known is told anyway: nothing is written by that.
		expect((await ledger.begin(request())).outcome).toBe('answered');
		const observed = ledger.observed(REALM, 'hash-1', CONFIRMED);
		await expect(observed).rejects.toMatchObject({ code: 'LEDGER_LOCKED' });
		await held;
		expect(await ledger.observed(REALM, 'hash-1', CONFIRMED)).toMatchObject([
			{ state: 'confirmed' },
		]);
	}, 30_000);
});

describe('a server that has become read-only', () => {
	/** As after a failover behind one address: what was connected before leads to the copy. */
	test('is left for the one that can be written, with all connections at once', async () => {
		const database = await postgres.freshDatabase();
		const url = postgres.urlFor({ database });
		await (await open(url)).close();
		const readOnly = async (on: 'on' | 'off') => {
			await postgres.sql(`ALTER DATABASE ${database} SET default_transaction_read_only = ${on}`);
		};
		await readOnly('on');
		const ledger = await open(url);
		const connections = async () =>
			await postgres.sql(
				`SELECT pid FROM pg_stat_activity
				WHERE datname = '${database}' AND application_name = 'n8n-nodes-moca-air'`,
			);
		await Promise.all(Array.from({ length: 20 }, async () => await ledger.totals()));
		const before = await connections();
		expect(before.length).toBeGreaterThan(1);
		await readOnly('off');
		const begun = await Promise.all(
			Array.from({ length: 44 }, async (_, i) => {
				// One after another they would meet the old connections one after another, too.
				await new Promise((resolve) => setTimeout(resolve, i * 10));
				return await ledger.begin(request({ idempotencyKey: `key-${i}` }));
			}),
		);
		expect(new Set(begun.map(({ outcome }) => outcome))).toEqual(new Set(['started']));
		await ledger.totals();
		const pids = (await connections()).map(({ pid }) => pid as unknown);
		for (const { pid } of before) expect(pids).not.toContain(pid);
	});

	test('for good is told, and reading goes on', async () => {
		const database = await postgres.freshDatabase();
		const url = postgres.urlFor({ database });
		await (await open(url)).close();
		await postgres.sql(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
		const ledger = await open(url);
		for (let i = 0; i < 3; i++) {
			await expect(ledger.begin(request())).rejects.toMatchObject({
				code: 'LEDGER_NOT_WRITABLE',
				detail: 'the database is read-only (SQLSTATE 25006)',
			});
		}
		expect(await ledger.totals()).toEqual({});
	});
});

describe('what else the URL says', () => {
	test('a Unix socket', async () => {
		const database = await postgres.freshDatabase();
		const { port, username, password } = new URL(postgres.url);
		const query = new URLSearchParams({ host: sockets }).toString();
		const ledger = await open(`postgres://${username}:${password}@:${port}/${database}?${query}`);
		expect(await issue(ledger, 'hash-1')).toMatchObject({ state: 'submitted' });
	});

	test('options are set in each transaction', async () => {
		const database = await postgres.freshDatabase();
		await (await open(postgres.urlFor({ database }))).close();
		await postgres.sql('CREATE ROLE writer; GRANT writer TO limited WITH INHERIT FALSE', database);
		await postgres.sql(
			`GRANT USAGE ON SCHEMA moca_air TO writer;
			GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA moca_air TO writer`,
			database,
		);
		// Without it the role that logs in may do nothing here.
		const login = { role: 'limited', password: SECRET, database };
		const role = { ...login, parameters: { options: "-c role=writer -c search_path=\\'x\\'" } };
		expect(await refusal(postgres.urlFor(login))).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		const ledger = await open(postgres.urlFor(role));
		expect(await issue(ledger, 'hash-1')).toMatchObject({ state: 'submitted' });
		const wrong = { database, parameters: { options: '-c no_such_setting=1' } };
		expect(await refusal(postgres.urlFor(wrong))).toMatchObject({ code: 'LEDGER_SETTINGS' });
	});

	test('a server that does not answer is given up after connect_timeout', async () => {
		const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const address = server.address();
		const port = address !== null && typeof address === 'object' ? address.port : 0;
		const began = performance.now();
		try {
			const url = `postgres://limited:${SECRET}@127.0.0.1:${port}/limited?connect_timeout=1`;
			expect(await refusal(url)).toMatchObject({
				code: 'LEDGER_UNAVAILABLE',
				detail: 'no answer in time',
			});
			expect(performance.now() - began).toBeLessThan(8_000);
		} finally {
			server.close();
		}
	});

	/** Says of `options` what PgBouncer says, and passes all else on. */
	async function strictPooler(): Promise<{ port: number; close: () => void }> {
		const words = 'SERROR\0C08P01\0Munsupported startup parameter: options\0\0';
		const answer = Buffer.alloc(5 + words.length);
		answer.write('E', 0);
		answer.writeInt32BE(4 + words.length, 1);
		answer.write(words, 5);
		const server = createServer((client) => {
			client.on('error', () => undefined);
			client.once('data', (startup) => {
				if (startup.includes('\0options\0')) {
					client.end(answer);
					return;
				}
				const upstream = connect(postgres.port, '127.0.0.1');
				upstream.on('error', () => client.destroy());
				upstream.write(startup);
				client.pipe(upstream).pipe(client);
			});
		}).listen(0, '127.0.0.1');
		await new Promise((resolve) => server.once('listening', resolve));
		const address = server.address();
		const port = address !== null && typeof address === 'object' ? address.port : 0;
		return { port, close: () => server.close() };
	}

	test('a pooler that refuses options is not asked for them, or is named', async () => {
		const pooler = await strictPooler();
		const through = (database: string, options: string) => {
			const url = new URL(postgres.urlFor({ database, parameters: { options } }));
			url.port = String(pooler.port);
			return url.href;
		};
		try {
			const database = await postgres.freshDatabase();
			const ledger = await open(through(database, '-c statement_timeout=30s'));
			expect(await issue(ledger, 'hash-1')).toMatchObject({ state: 'submitted' });
			await ledger.close();
			const error = await refusal(through(database, 'endpoint=ep-1'));
			expect(error.code).toBe('LEDGER_SETTINGS');
			expect(error.detail).toContain('ignore_startup_parameters of PgBouncer');
		} finally {
			pooler.close();
		}
	});
});

describe('TLS', () => {
	const encrypted = async (ledger: Ledger, database: string) => {
		await ledger.totals();
		const rows = await postgres.sql(
			`SELECT bool_and(s.ssl) AS ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
				WHERE a.datname = '${database}' AND a.application_name = 'n8n-nodes-moca-air'`,
		);
		return rows[0]?.ssl as unknown;
	};
	const urlOf = (host: string, database: string, parameters: Record<string, string>) => {
		const url = new URL(postgres.urlFor({ database, parameters }));
		url.hostname = host;
		return url.href;
	};

	test.each([
		['disable', '127.0.0.1', false, false],
		['no-verify', '127.0.0.1', false, true],
		['require', 'localhost', true, true],
		['verify-full', 'localhost', true, true],
		['verify-ca', '127.0.0.1', true, true],
	])('sslmode=%s with %s, sslrootcert given: %s', async (sslmode, host, ca, expected) => {
		const database = await postgres.freshDatabase();
		const parameters = { sslmode, ...(ca ? { sslrootcert: rootcert } : {}) };
		const ledger = await open(urlOf(host, database, parameters));
		expect(await encrypted(ledger, database)).toBe(expected);
	});

	test.each([
		['verify-full', '127.0.0.1', true],
		['require', '127.0.0.1', true],
		['require', 'localhost', false],
		['verify-ca', 'localhost', false],
	])('sslmode=%s with %s, sslrootcert given: %s: not accepted', async (sslmode, host, ca) => {
		const parameters = { sslmode, ...(ca ? { sslrootcert: rootcert } : {}) };
		const error = await refusal(urlOf(host, 'postgres', parameters));
		expect(error).toMatchObject({ code: 'LEDGER_UNAVAILABLE' });
		expect(error.detail).toContain('certificate');
	});
});
