import type { ConnectionOptions } from 'node:tls';
import { LedgerError } from '../LedgerError';
import { tlsOf } from './urlTls';

/** Where the database is, and how the connection is protected. Contains the password: never show it. */
export interface Connection {
	/** Without the TLS parameters. */
	readonly connectionString: string;
	readonly ssl: false | ConnectionOptions;
	/** How long connecting may take; undefined if the URL does not say. */
	readonly connectTimeoutMs?: number;
	/** What `options` of the URL sets, by name: for each transaction, since poolers refuse it at connect. */
	readonly sets?: Readonly<Record<string, string>>;
}

/** The place for people to read: never with user or password. */
export interface Place {
	/** The host, or the folder of a Unix socket. */
	readonly host: string;
	readonly port: string;
	readonly database: string;
}

/** The parameters that are passed to `pg`, apart from TLS. */
const PASSED_ON = new Set(['host', 'port', 'user', 'password', 'application_name']);

/** The parameters that are read here. */
const READ = new Set([
	'options',
	'connect_timeout',
	'ssl',
	'sslmode',
	'sslrootcert',
	'sslcert',
	'sslkey',
	'sslnegotiation',
	'channel_binding',
	'target_session_attrs',
	'gssencmode',
]);

/** Parameters from other programs' URLs that make no difference here. */
const WITHOUT_EFFECT = new Set([
	'client_encoding',
	'connection_limit',
	'fallback_application_name',
	'keepalives',
	'keepalives_count',
	'keepalives_idle',
	'keepalives_interval',
	'pgbouncer',
	'sslcompression',
	'sslsni',
	'tcp_user_timeout',
]);

/** Only some values of these are supported: the ledger writes, and does not support GSS. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
	target_session_attrs: ['any', 'read-write', 'primary'],
	gssencmode: ['disable', 'prefer'],
	channel_binding: ['disable', 'prefer', 'require'],
};

const LONGEST_CONNECT_S = 600;

const settings = (detail: string) => new LedgerError('LEDGER_SETTINGS', detail);

const NO_URL =
	'not a URL of the form postgresql://user:password@host:5432/database; characters such as ' +
	'@ : / # ? % in a password have to be percent-encoded';

const SEVERAL_HOSTS =
	'one host only: give the address that always leads to the database that can be written';

/**
 * Reads a PostgreSQL URL. Parameters that are not supported are refused: docs/internals/ledger.md lists
 * the supported ones.
 *
 * @throws LedgerError LEDGER_SETTINGS
 * @example
 * ```ts
 * readConnectionUrl('postgresql://n8n:secret@db.example/n8n?sslmode=require').ssl; // {}
 * ```
 */
export function readConnectionUrl(text: string): Connection {
	const url = parse(text.trim());
	const given = url.searchParams;
	assertUnderstood(given);
	const host = hostOf(url);
	if (host.includes(',') || given.get('port')?.includes(',') === true) {
		throw settings(SEVERAL_HOSTS);
	}
	const ssl = tlsOf(given, host.startsWith('/'));
	const connectTimeoutMs = readTimeout(given.get('connect_timeout'));
	const options = given.get('options') ?? '';
	const sets = readOptions(options);
	const kept = new URLSearchParams([...given].filter(([name]) => PASSED_ON.has(name)));
	// Such as endpoint=… of Neon, which must be sent at connect.
	if (sets === undefined) kept.set('options', options);
	url.search = kept.toString();
	return {
		connectionString: url.href,
		ssl,
		...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
		...(sets === undefined || Object.keys(sets).length === 0 ? {} : { sets }),
	};
}

/**
 * The place that a URL names, for people.
 *
 * @throws LedgerError LEDGER_SETTINGS
 */
export function placeOfUrl(text: string): Place {
	const url = parse(text.trim());
	return {
		host: hostOf(url),
		port: url.searchParams.get('port') ?? url.port,
		database: decodeURIComponent(url.pathname.slice(1)),
	};
}

function parse(text: string): URL {
	const [, hosts = ''] = /^\w+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(text) ?? [];
	if (hosts.includes(',')) throw settings(SEVERAL_HOSTS);
	let url: URL;
	try {
		// A user without a host, as in user@?host=/socket: libpq accepts it, `URL` does not.
		url = new URL(text.replace(/^(\w+:\/\/[^/?#]*@)(?=[:/?]|$)/, '$1localhost'));
		decodeURIComponent(`${url.username}${url.password}${url.hostname}${url.pathname}`);
	} catch {
		throw settings(NO_URL);
	}
	// A # in the password cuts the URL short.
	const postgres = url.protocol === 'postgres:' || url.protocol === 'postgresql:';
	if (!postgres || url.hash !== '') throw settings(NO_URL);
	return url;
}

/** As in `pg`, the query takes precedence. */
function hostOf({ searchParams, hostname }: URL): string {
	const host = searchParams.get('host') ?? decodeURIComponent(hostname);
	return host === '' ? 'localhost' : host;
}

/** The error does not show the names: one may be the rest of a password that contains a ?. */
function assertUnderstood(given: URLSearchParams): void {
	const names = [...given.keys()];
	for (const name of names) {
		if (!PASSED_ON.has(name) && !READ.has(name) && !WITHOUT_EFFECT.has(name)) {
			const known = [...PASSED_ON, ...READ].sort().join(', ');
			throw settings(`the URL has a parameter that is not known; known are ${known}`);
		}
		if (names.filter((other) => other === name).length > 1)
			throw settings(`${name} is given twice`);
	}
	for (const [name, words] of Object.entries(WORDS)) {
		const said = given.get(name);
		if (said !== null && !words.includes(said)) {
			throw settings(`${name} has to be one of ${words.join(', ')}`);
		}
	}
}

function readTimeout(seconds: string | null): number | undefined {
	if (seconds === null) return undefined;
	const count = Number(seconds);
	if (/^\d{1,3}$/.test(seconds) && count >= 1 && count <= LONGEST_CONNECT_S) return count * 1000;
	throw settings(`connect_timeout has to be a whole number of seconds, 1 to ${LONGEST_CONNECT_S}`);
}

/**
 * Reads `-c name=value` and `--name=value`, as often as there are; a backslash keeps a space.
 *
 * @returns undefined if it holds anything else
 */
function readOptions(options: string): Record<string, string> | undefined {
	const words = options.match(/(?:\\.|[^\s\\])+/gs) ?? [];
	const sets: Record<string, string> = {};
	for (let i = 0; i < words.length; i++) {
		const word = words[i] ?? '';
		const said = word === '-c' ? (words[++i] ?? '') : word.replace(/^(--|-c)/, '');
		const [, name, value] = /^([a-z_][\w.-]*)=(.*)$/is.exec(said) ?? [];
		if (!word.startsWith('-') || name === undefined || value === undefined) return undefined;
		sets[name.replaceAll('-', '_')] = value.replace(/\\(.)/gs, '$1');
	}
	return sets;
}
