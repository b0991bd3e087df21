import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { LedgerError } from '../LedgerError';

/** Where the database is, and how the way to it is protected. Holds the password: never show it. */
export interface Connection {
	/** Without what is said of TLS. */
	readonly connectionString: string;
	readonly ssl: false | ConnectionOptions;
}

/** What a URL may say to `pg` beside TLS. Others are left out, as `libpq`'s own would mean nothing. */
const PASSED_ON = new Set(['host', 'port', 'user', 'password', 'options', 'application_name']);

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;
type SslMode = (typeof SSL_MODES)[number];

const isSslMode = (word: string): word is SslMode => SSL_MODES.some((mode) => mode === word);

const settings = (detail: string) => new LedgerError('LEDGER_SETTINGS', detail);

const NO_URL =
	'not a URL of the form postgresql://user:password@host:5432/database; characters such as ' +
	'@ : / # ? % in a password have to be percent-encoded';

/**
 * Reads a PostgreSQL URL. TLS is read here and not by `pg`, whose meaning of `require` and
 * `verify-ca` is about to change and which warns of that in n8n's log at each start.
 *
 * - `require` and `verify-full` check certificate and host name, as `pg` 8 does
 * - `verify-ca` checks the certificate, not the host name
 * - `no-verify` encrypts and checks nothing
 *
 * @throws LedgerError LEDGER_SETTINGS
 */
export function readConnectionUrl(text: string): Connection {
	const url = parse(text.trim());
	const given = url.searchParams;
	const mode = sslMode(given);
	const ssl = mode === 'disable' ? (false as const) : tlsOptions(mode, given);
	const kept = new URLSearchParams([...given].filter(([name]) => PASSED_ON.has(name)));
	url.search = kept.toString();
	return { connectionString: url.href, ssl };
}

function parse(text: string): URL {
	let url: URL;
	try {
		url = new URL(text);
		decodeURIComponent(`${url.username}${url.password}${url.hostname}`);
		decodeURI(url.pathname);
	} catch {
		throw settings(NO_URL);
	}
	// A # in the password cuts the URL short.
	const postgres = url.protocol === 'postgres:' || url.protocol === 'postgresql:';
	if (!postgres || url.hash !== '') throw settings(NO_URL);
	return url;
}

function sslMode(given: URLSearchParams): SslMode {
	const word = given.get('sslmode');
	if (word === null) {
		const ssl = given.get('ssl');
		if (ssl === 'true' || ssl === '1') return 'verify-full';
		return given.has('sslrootcert') ? 'verify-full' : 'disable';
	}
	if (isSslMode(word)) return word;
	throw settings(`sslmode has to be one of ${SSL_MODES.join(', ')}`);
}

function tlsOptions(mode: Exclude<SslMode, 'disable'>, given: URLSearchParams): ConnectionOptions {
	const ca = fileNamedBy('sslrootcert', given);
	const cert = fileNamedBy('sslcert', given);
	const key = fileNamedBy('sslkey', given);
	return {
		...(ca === undefined ? {} : { ca }),
		...(cert === undefined ? {} : { cert }),
		...(key === undefined ? {} : { key }),
		...(mode === 'no-verify' ? { rejectUnauthorized: false } : {}),
		...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
	};
}

function fileNamedBy(name: string, given: URLSearchParams): string | undefined {
	const file = given.get(name);
	// As in libpq: the certificates that the system trusts, which Node uses anyway.
	if (file === null || file === '' || (name === 'sslrootcert' && file === 'system')) {
		return undefined;
	}
	try {
		return readFileSync(file, 'utf8');
	} catch {
		throw settings(`${name} names a file that cannot be read`);
	}
}
