import { LedgerError, type LedgerErrorCode } from '../LedgerError';

/** An error that `pg` threw, distinguished from our own errors. */
export class DriverFailure extends Error {
	override readonly name = 'DriverFailure';

	constructor(override readonly cause: unknown) {
		super('pg failed');
	}
}

export interface Failure {
	readonly error: LedgerError;
	/**
	 * Whether the transaction may be tried again at once: the connection was lost or led to a server that
	 * is read-only now, or PostgreSQL rolled back because of another transaction.
	 */
	readonly again: boolean;
}

const READ_ONLY = /^25006$/;

/** SQLSTATE of the trigger that refuses all writers while a ledger is being moved in. */
export const MOVING_IN = 'MOCA1';
export const IS_BEING_MOVED =
	'a ledger is being moved into this database: finish that with ledger move';

/** SQLSTATEs and their classes, in the order of the lookup. */
const STATES: readonly (readonly [RegExp, LedgerErrorCode, string])[] = [
	[
		/^(42704|55P02)$/,
		'LEDGER_SETTINGS',
		'options of the connection URL names a setting that cannot be set',
	],
	[/^28/, 'LEDGER_UNAVAILABLE', 'the database refused the user name or the password'],
	[/^3D000$/, 'LEDGER_UNAVAILABLE', 'there is no such database'],
	[
		/^42501$/,
		'LEDGER_UNAVAILABLE',
		'the role may not use the schema moca_air, or may not create it',
	],
	[/^(42P01|42703|3F000)$/, 'LEDGER_UNAVAILABLE', 'the tables in schema moca_air are damaged'],
	[/^53100$/, 'LEDGER_NOT_WRITABLE', 'the disk of the database is full'],
	[READ_ONLY, 'LEDGER_NOT_WRITABLE', 'the database is read-only'],
	[/^22/, 'LEDGER_NOT_WRITABLE', 'a value cannot be stored'],
	[/^53300$/, 'LEDGER_UNAVAILABLE', 'the database has no connection left'],
	[new RegExp(`^${MOVING_IN}$`), 'LEDGER_LOCKED', IS_BEING_MOVED],
	[/^(55P03|57014|25P03|25P04|40P01|40001)$/, 'LEDGER_LOCKED', 'another session holds the rows'],
	[/^(08|57P)/, 'LEDGER_UNAVAILABLE', 'the database ended the connection, or is not ready'],
];

/** Error codes of Node's sockets. */
const SOCKET: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'connection refused',
	ENOTFOUND: 'unknown host',
	EAI_AGAIN: 'the name of the host cannot be resolved at the moment',
	ETIMEDOUT: 'no answer in time',
	EHOSTUNREACH: 'host unreachable',
	ENETUNREACH: 'network unreachable',
	ECONNRESET: 'connection lost',
	EPIPE: 'connection lost',
	ENOENT: 'there is no such socket',
	EACCES: 'no permission to connect',
};

/** Messages of `pg` errors without a code. */
const MESSAGES: readonly (readonly [RegExp, string])[] = [
	[/^SASL|password must be a string/i, 'the database demands a password, or another one'],
	[/does not support SSL/i, 'the server offers no TLS; sslmode=disable would do without'],
	[/timeout|timed out/i, 'no answer in time'],
	[/pool after calling end/i, 'the ledger is closed'],
	[/connection|closed|ended/i, 'connection lost'],
];

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** A prepared statement is unknown, its name is taken, or it no longer fits the tables. */
const NOT_PREPARED = /^(26000|42P05|0A000)$/;

const AGAIN = /^(08|25006|57P0[123]|40P01|40001|26000|42P05|0A000|ECONNRESET|EPIPE)/;

const SQLSTATE = /^[0-9A-Z]{5}$/;

function property(cause: unknown, name: string): string {
	// Not `instanceof Error`: vm contexts have an Error of their own.
	const value: unknown =
		typeof cause === 'object' && cause !== null ? Reflect.get(cause, name) : undefined;
	return typeof value === 'string' ? value : '';
}

/** Whether the server is read-only: after a failover, an old connection leads to what is now a replica. */
export const isReadOnly = ({ cause }: DriverFailure) => READ_ONLY.test(property(cause, 'code'));

/**
 * Whether prepared statements are missing: a pooler has switched to another connection, or has reset
 * this one.
 */
export const isNotPrepared = ({ cause }: DriverFailure) =>
	NOT_PREPARED.test(property(cause, 'code'));

/** PgBouncer's message for something that it does not pass on to PostgreSQL. */
const STARTUP_PARAMETER = /unsupported startup parameter/i;

const NOT_PASSED_ON =
	'the pooler before the database refuses what the connection URL asks for at connect, such as options: remove that from the URL, or name it in ignore_startup_parameters of PgBouncer';

/**
 * Translates a failure of `pg`. Its message is never passed on: it may name the user, the database, the
 * host, or values.
 */
export function failureOf({ cause }: DriverFailure): Failure {
	const code = property(cause, 'code');
	// Socket codes may be five letters long, like an SQLSTATE.
	const socket = SOCKET[code];
	const again = AGAIN.test(code);
	if (socket !== undefined) {
		return { error: new LedgerError('LEDGER_UNAVAILABLE', `${socket} (${code})`), again };
	}
	if (TLS_CODE.test(code)) {
		const detail = `the certificate of the server was not accepted (${code}); see sslrootcert and sslmode`;
		return { error: new LedgerError('LEDGER_UNAVAILABLE', detail), again };
	}
	if (STARTUP_PARAMETER.test(property(cause, 'message'))) {
		const detail = `${NOT_PASSED_ON} (SQLSTATE ${code})`;
		return { error: new LedgerError('LEDGER_SETTINGS', detail), again: false };
	}
	if (SQLSTATE.test(code)) {
		const [, meaning, detail] = STATES.find(([state]) => state.test(code)) ?? [];
		const error = new LedgerError(
			meaning ?? 'LEDGER_UNAVAILABLE',
			`${detail ?? 'PostgreSQL refused'} (SQLSTATE ${code})`,
		);
		return { error, again };
	}
	const message = property(cause, 'message');
	const detail = MESSAGES.find(([words]) => words.test(message))?.[1];
	return {
		error: new LedgerError('LEDGER_UNAVAILABLE', detail ?? 'the driver failed'),
		again: detail === 'connection lost',
	};
}
