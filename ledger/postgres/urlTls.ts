import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { LedgerError } from '../LedgerError';

const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const;
type SslMode = (typeof SSL_MODES)[number];

/**
 * The values of `ssl`: yes, no, and the values of `sslmode` that encrypt. libpq has no such parameter;
 * `pg` encrypts with any value except `0` and the empty one, even with `disable`.
 */
const SSL_WORDS: Readonly<Record<string, SslMode>> = {
	...Object.fromEntries(SSL_MODES.filter((mode) => mode !== 'disable').map((mode) => [mode, mode])),
	true: 'verify-full',
	1: 'verify-full',
	false: 'disable',
	0: 'disable',
};

const settings = (detail: string) => new LedgerError('LEDGER_SETTINGS', detail);

/**
 * How the connection to the database is protected. TLS is read here and not by `pg`, which is about to
 * change the meaning of `require` and `verify-ca` and warns about that in n8n's log at each start.
 *
 * - `require` and `verify-full` check certificate and host name, as `pg` 8 does
 * - `verify-ca` checks the certificate, not the host name
 * - `no-verify` encrypts and checks nothing
 *
 * An unknown value never means "no encryption": it is refused, and so are two values that contradict
 * each other.
 *
 * @param socket - whether the host is a folder with a Unix socket, which has no TLS
 * @throws LedgerError LEDGER_SETTINGS
 */
export function tlsOf(given: URLSearchParams, socket: boolean): false | ConnectionOptions {
	const mode = modeOf(given);
	const channel = given.get('channel_binding');
	if (channel === 'require' && (mode === 'disable' || mode === 'no-verify')) {
		throw settings('channel_binding=require needs sslmode=verify-full');
	}
	if (mode === 'disable') return false;
	if (socket) throw settings('a Unix socket has no TLS: remove what the URL says of it');
	return optionsOf(mode, given);
}

function modeOf(given: URLSearchParams): SslMode {
	const mode = word(given, 'sslmode', Object.fromEntries(SSL_MODES.map((one) => [one, one])));
	const ssl = word(given, 'ssl', SSL_WORDS);
	const negotiation = given.get('sslnegotiation');
	if (negotiation !== null && negotiation !== 'postgres') {
		throw settings('sslnegotiation has to be postgres: TLS without asking is not supported');
	}
	if (mode === undefined) {
		return ssl ?? (given.has('sslrootcert') ? 'verify-full' : 'disable');
	}
	// `ssl=true` says only that TLS is used; sslmode says how.
	const says = given.get('ssl')?.toLowerCase();
	const agree = says === 'true' || says === '1' ? mode !== 'disable' : ssl === mode;
	if (ssl !== undefined && !agree) throw settings('ssl and sslmode say different things');
	return mode;
}

function word(
	given: URLSearchParams,
	name: string,
	words: Readonly<Record<string, SslMode>>,
): SslMode | undefined {
	const said = given.get(name);
	if (said === null) return undefined;
	const mode = Object.hasOwn(words, said.toLowerCase()) ? words[said.toLowerCase()] : undefined;
	if (mode !== undefined) return mode;
	const allowed = Object.keys(words).sort().join(', ');
	const hint = /^(allow|prefer)$/i.test(said)
		? '; allow and prefer of libpq may end without encryption'
		: '';
	throw settings(`${name} has to be one of ${allowed}${hint}`);
}

function optionsOf(mode: Exclude<SslMode, 'disable'>, given: URLSearchParams): ConnectionOptions {
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
	// As in libpq: the system's trusted certificates, which Node uses anyway.
	if (file === null || file === '' || (name === 'sslrootcert' && file === 'system')) {
		return undefined;
	}
	try {
		return readFileSync(file, 'utf8');
	} catch {
		throw settings(`${name} names a file that cannot be read`);
	}
}
