import { readConnectionUrl } from '../../../ledger/postgres/connectionUrl';
import { DriverFailure, failureOf } from '../../../ledger/postgres/failure';
import { openPostgresLedger } from '../../../ledger/postgres/openPostgresLedger';

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
	])('%s', (url, ssl) => {
		const read = readConnectionUrl(url);
		expect(read.ssl).toEqual(ssl);
		expect(read.connectionString).not.toContain('ssl');
	});

	test('what else the URL says is passed on only if it is known', () => {
		const { connectionString } = readConnectionUrl(
			'postgres://u:p@localhost/db?application_name=a&channel_binding=require&max=1000&options=-c%20a%3Db',
		);
		expect(connectionString).toBe(
			'postgres://u:p@localhost/db?application_name=a&options=-c+a%3Db',
		);
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
		['25006', 'LEDGER_NOT_WRITABLE', false],
		['22021', 'LEDGER_NOT_WRITABLE', false],
		['55P03', 'LEDGER_LOCKED', false],
		['57014', 'LEDGER_LOCKED', false],
		['40P01', 'LEDGER_LOCKED', true],
		['57P01', 'LEDGER_UNAVAILABLE', true],
		['57P03', 'LEDGER_UNAVAILABLE', true],
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

test('without the driver the ledger says so, and only when it is opened', async () => {
	jest.doMock('pg', () => {
		throw new Error("Cannot find module 'pg'");
	});
	await expect(openPostgresLedger({ url: 'postgres://u:p@localhost/db' })).rejects.toMatchObject({
		code: 'LEDGER_DRIVER_MISSING',
		detail: 'pg',
	});
});
