import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { parse } from 'pg-connection-string';
import { LedgerError } from '../../../ledger/LedgerError';
import { placeOfUrl, readConnectionUrl } from '../../../ledger/postgres/connectionUrl';
import { DriverFailure, failureOf } from '../../../ledger/postgres/failure';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';
import { root } from '../../../scripts/package';

/** What needs no server: URLs, what errors mean, and a driver that is not there. */
describe('connection URLs', () => {
	test.each([
		'',
		'localhost',
		'mysql://user:secret@localhost/db',
		'https://user:secret@localhost/db',
		'postgres://user:secret@localhost:99999/db',
		'postgres://user:sec#ret@localhost/db',
		'postgres://user:sec%ret@localhost/db',
		'postgres://user:secret@localhost/db?sslmode=prefer',
		'postgres://user:secret@localhost/db?sslmode=',
		'postgres://user:secret@localhost/db?sslmode=require&sslrootcert=/no/secret/file',
		'postgres://user:secret@h1,h2/db',
		'postgres://user:secret@h1:5432,h2:5433/db',
		'postgres://user:secret@/db?host=h1,h2',
		'postgres://user:secret@localhost/db?port=5432,5433',
		'postgres://user:secret@localhost/db?sslmod=require',
		'postgres://user:5432?secret@localhost/db',
		'postgres://user:5432?a&secret=1@localhost/db',
		'postgres://user:secret@localhost/db?sslmode=require&sslmode=disable',
		'postgres://user:secret@localhost/db?ssl=true&sslmode=disable',
		'postgres://user:secret@localhost/db?ssl=verify-full&sslmode=no-verify',
		'postgres://user:secret@localhost/db?sslnegotiation=direct',
		'postgres://user:secret@localhost/db?sslmode=no-verify&channel_binding=require',
		'postgres://user:secret@localhost/db?gssencmode=require',
		'postgres://user:secret@localhost/db?target_session_attrs=standby',
		'postgres://user:secret@/db?host=/socket&sslmode=require',
		'postgres://user:secret@localhost/db?connect_timeout=0',
		'postgres://user:secret@localhost/db?connect_timeout=2.5',
		'postgres://user:secret@localhost/db?connect_timeout=601',
		'postgres://user:secret@localhost/db?connect_timeout=',
	])('%s is refused, and not repeated', (url) => {
		const read = () => readConnectionUrl(url);
		expect(read).toThrow(/LEDGER_SETTINGS/);
		expect(read).not.toThrow(/secret/);
	});

	test.each([
		['postgres://u:p@localhost/db', false],
		['postgresql://u:p@localhost:5432/db?sslmode=disable', false],
		['postgres://u:p@localhost/db?sslmode=no-verify', { rejectUnauthorized: false }],
		['postgres://u:p@localhost/db?sslmode=require', {}],
		['postgres://u:p@localhost/db?sslmode=verify-full&sslrootcert=system', {}],
		['postgres://u:p@localhost/db?ssl=true', {}],
		[' postgres://u:p%40%23@localhost/db\n', false],
		['postgres://u:p@localhost/db?ssl=true&sslmode=require', {}],
		['postgres://u:p@localhost/db?ssl=no-verify', { rejectUnauthorized: false }],
		['postgres://u:p@localhost/db?ssl=TRUE', {}],
		['postgres://u:p@localhost/db?sslrootcert=system', {}],
	])('%s', (url, ssl) => {
		const read = readConnectionUrl(url);
		expect(read.ssl).toEqual(ssl);
		expect(read.connectionString).not.toContain('ssl');
	});

	test('what else the URL says is passed on only if pg has a use for it', () => {
		const { connectionString } = readConnectionUrl(
			'postgres://u:p@localhost/db?application_name=a&pgbouncer=true&connection_limit=1&target_session_attrs=read-write&sslmode=require&channel_binding=require',
		);
		expect(connectionString).toBe('postgres://u:p@localhost/db?application_name=a');
	});

	test.each([
		['postgres://u:p@/db?host=/var/run/pg', '/var/run/pg', 'db'],
		['postgres://u:p@:5433/db?host=/var/run/pg', '/var/run/pg', 'db'],
		['postgres:///db?host=/var/run/pg&user=u', '/var/run/pg', 'db'],
		['postgres://u:p@%2Fvar%2Frun%2Fpg/db', '/var/run/pg', 'db'],
		['postgres://u:p@/db', 'localhost', 'db'],
		['postgres://u:p@ignored/db?host=db.example', 'db.example', 'db'],
		['postgres://u:p@[::1]:5433/db', '::1', 'db'],
	])('%s leads to %s', (url, host, database) => {
		expect(parse(readConnectionUrl(url).connectionString)).toMatchObject({ host, database });
		expect(placeOfUrl(url)).toMatchObject({ host: host === '::1' ? '[::1]' : host, database });
	});

	test.each([
		['-c statement_timeout=5s', { statement_timeout: '5s' }],
		['-cstatement_timeout=5s --lock-timeout=1s', { statement_timeout: '5s', lock_timeout: '1s' }],
		["-c search_path=a,\\ b -c x.y='", { search_path: 'a, b', 'x.y': "'" }],
		['endpoint=ep-cool-name', undefined],
		['-c statement_timeout=5s endpoint=ep', undefined],
		['-c', undefined],
		['', undefined],
	])('options=%s is set in each transaction: %j', (options, sets) => {
		const query = new URLSearchParams({ options }).toString();
		const read = readConnectionUrl(`postgres://u:p@localhost/db?${query}`);
		expect(read.sets).toEqual(sets);
		// What is not a setting is the server's, or the pooler's, to read.
		const { options: atConnect } = parse(read.connectionString);
		expect(atConnect).toBe(sets === undefined && options !== '' ? options : undefined);
	});

	test('connect_timeout is in seconds', () => {
		const url = 'postgres://u:p@localhost/db?connect_timeout=3';
		expect(readConnectionUrl(url).connectTimeoutMs).toBe(3000);
	});
});

describe('no word means less protection than anyone who wrote it expects', () => {
	/** What libpq does with it: verify, encrypt, fall back to plain text, or refuse. */
	const LIBPQ: Readonly<Record<string, string>> = {
		'sslmode=disable': 'plain',
		'sslmode=allow': 'falls back',
		'sslmode=prefer': 'falls back',
		'sslmode=require': 'encrypts',
		'sslmode=verify-ca': 'verifies',
		'sslmode=verify-full': 'verifies',
	};
	const WORDS = [
		...['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'],
		...['true', 'TRUE', 'True', '1', 'false', '0', 'on', 'off', 'yes', 'no', 'Require', ''],
	];
	const cases = ['ssl', 'sslmode'].flatMap((name) => WORDS.map((word) => `${name}=${word}`));

	const ours = (parameter: string): string => {
		try {
			const { ssl } = readConnectionUrl(`postgres://u:p@localhost/db?${parameter}`);
			if (ssl === false) return 'plain';
			return ssl.rejectUnauthorized === false ? 'encrypts' : 'verifies';
		} catch (error) {
			if (error instanceof LedgerError) return 'refused';
			throw error;
		}
	};
	/** `pg` itself. */
	const theirs = (parameter: string): string => {
		const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
		// Its types know no words.
		const ssl: unknown = new Client(`postgres://u:p@localhost/db?${parameter}`).ssl;
		warn.mockRestore();
		if (ssl === false || ssl === undefined || ssl === null) return 'plain';
		const unchecked = typeof ssl === 'object' && Reflect.get(ssl, 'rejectUnauthorized') === false;
		return unchecked ? 'encrypts' : 'verifies';
	};
	const RANK = ['plain', 'falls back', 'encrypts', 'verifies', 'refused'];

	// `pg` takes ssl=false for yes; anyone who writes it means no.
	test.each(cases.filter((parameter) => parameter !== 'ssl=false'))('%s', (parameter) => {
		const rank = RANK.indexOf(ours(parameter));
		expect(rank).toBeGreaterThanOrEqual(RANK.indexOf(theirs(parameter)));
		expect(rank).toBeGreaterThanOrEqual(RANK.indexOf(LIBPQ[parameter] ?? 'plain'));
	});

	test('only no is no', () => {
		const plain = cases.filter((parameter) => ours(parameter) === 'plain');
		expect(plain).toEqual(['ssl=false', 'ssl=0', 'sslmode=disable']);
	});

	test('the page says the same of each', () => {
		const page = readFileSync(join(root, 'docs', 'internals', 'ledger.md'), 'utf8');
		const rows = [...page.matchAll(/^\| `(ssl(?:mode)?=[^`]*)`.* \| (\w+) +\|$/gm)];
		const told = rows.flatMap(([line, , does = '']) =>
			[...line.matchAll(/`(ssl(?:mode)?=[^`]*)`/g)].map(([, parameter = '']) => [parameter, does]),
		);
		expect(told.length).toBeGreaterThan(8);
		for (const [parameter = '', does] of told) {
			expect([parameter, ours(parameter)]).toEqual([parameter, does]);
		}
	});
});

describe('what errors of the driver mean', () => {
	const failing = (properties: object) =>
		failureOf(new DriverFailure(Object.assign(new Error('says secret'), properties)));

	test.each([
		['28P01', 'LEDGER_UNAVAILABLE', false],
		['28000', 'LEDGER_UNAVAILABLE', false],
		['3D000', 'LEDGER_UNAVAILABLE', false],
		['42501', 'LEDGER_UNAVAILABLE', false],
		['53300', 'LEDGER_UNAVAILABLE', false],
		['53100', 'LEDGER_NOT_WRITABLE', false],
		['25006', 'LEDGER_NOT_WRITABLE', true],
		['42704', 'LEDGER_SETTINGS', false],
		['22021', 'LEDGER_NOT_WRITABLE', false],
		['55P03', 'LEDGER_LOCKED', false],
		['57014', 'LEDGER_LOCKED', false],
		['40P01', 'LEDGER_LOCKED', true],
		['57P01', 'LEDGER_UNAVAILABLE', true],
		['57P03', 'LEDGER_UNAVAILABLE', true],
		['57P02', 'LEDGER_UNAVAILABLE', true],
		['08006', 'LEDGER_UNAVAILABLE', true],
		['XX000', 'LEDGER_UNAVAILABLE', false],
		['EPIPE', 'LEDGER_UNAVAILABLE', true],
		['ECONNREFUSED', 'LEDGER_UNAVAILABLE', false],
		['SELF_SIGNED_CERT_IN_CHAIN', 'LEDGER_UNAVAILABLE', false],
	])('%s is %s; to be tried again: %s', (code, meaning, again) => {
		const failure = failing({ code });
		expect(failure).toMatchObject({ error: { code: meaning }, again });
		expect(failure.error.message).not.toContain('secret');
	});

	test.each([
		['Connection terminated unexpectedly', true],
		['Client has encountered a connection error and is not queryable', true],
		['timeout exceeded when trying to connect', false],
		['Query read timeout', false],
		['The server does not support SSL connections', false],
		['Cannot use a pool after calling end on the pool', false],
		['astonishing', false],
	])('%s; to be tried again: %s', (message, again) => {
		expect(failing({ message })).toMatchObject({ error: { code: 'LEDGER_UNAVAILABLE' }, again });
	});
});

test('a pooler that refuses options is told apart from a database that is not ready', () => {
	const message = 'unsupported startup parameter: options';
	const cause = Object.assign(new Error(message), { code: '08P01' });
	const { error, again } = failureOf(new DriverFailure(cause));
	expect(again).toBe(false);
	expect(error.code).toBe('LEDGER_SETTINGS');
	expect(error.detail).toContain('PgBouncer');
	expect(error.detail).toContain('options');
});

test('without the driver the ledger says so, and only when it is opened', async () => {
	jest.doMock('pg', () => {
		throw new Error("Cannot find module 'pg'");
	});
	await expect(openPostgresLedger({ url: 'postgres://u:p@localhost/db' })).rejects.toMatchObject({
		code: 'LEDGER_DRIVER_MISSING',
		detail: 'pg',
	});
});
