import { execFile, spawn, type ChildProcess } from 'node:child_process';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, type QueryResultRow } from 'pg';
import { keepFolder } from '../../harness/keepFolder';
import { cacheFolder } from '../../harness/paths';
import { giveToOwner, OWNER, postgresBinaries } from './postgresBinaries';

const SUPERUSER = 'postgres';
const PASSWORD = 'superuser-test-password';

export interface Login {
	readonly role?: string;
	readonly password?: string;
	readonly database?: string;
	/** Parameters of the URL, e.g. `{ sslmode: 'disable' }`. */
	readonly parameters?: Readonly<Record<string, string>>;
}

/** A test's own PostgreSQL server on loopback, which ends with the process that started it. */
export interface TestPostgres {
	/** The superuser's URL, for the database `postgres`. */
	readonly url: string;
	readonly port: number;
	/** The superuser's URL for `postgres`, with the given changes. */
	urlFor(login: Login): string;
	/** Makes an empty database. @returns its name */
	freshDatabase(): Promise<string>;
	/** Runs statements as the superuser. */
	sql(statements: string, database?: string): Promise<QueryResultRow[]>;
	/** `crash`: connections are cut, and the server must recover. */
	restart(how?: 'crash' | 'orderly'): Promise<void>;
	/** Ends the server at once, and removes its data. */
	stop(): Promise<void>;
}

/**
 * Runs the server as long as its input is open: when this process ends, for any reason, the pipe closes,
 * so no server is ever left behind. A line names the signal with which to end the server and keeps
 * the data. Nobody waits for the removal: hundreds of databases are a hundred thousand files.
 */
const KEEPER = `
	folder=$1; shift
	"$@" >>"$folder/log" 2>&1 &
	server=$!
	read -r how
	kill "-\${how:-QUIT}" "$server"
	wait "$server"
	[ -n "$how" ] || rm -rf "$folder" &
`;

async function freePort(): Promise<number> {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('no free port');
	return address.port;
}

interface Place {
	readonly folder: string;
	readonly bin: string;
	readonly port: number;
	/** `-c` settings of the server. */
	readonly settings: Readonly<Record<string, string>>;
}

/**
 * Makes the data folder, or copies the first one that was made: `initdb` takes two seconds of CPU time,
 * and each test file has its own server.
 */
async function initialize({ folder, bin }: Pick<Place, 'folder' | 'bin'>): Promise<void> {
	const data = join(folder, 'data');
	giveToOwner(folder);
	const server = join(bin, 'postgres');
	const { stdout } = await promisify(execFile)(server, ['--version'], { ...OWNER, cwd: folder });
	const kept = join(cacheFolder(), 'postgres', stdout.trim().replaceAll(/[^\w.]+/g, '-'));
	if (existsSync(kept)) {
		cpSync(kept, data, { recursive: true });
		// PostgreSQL refuses a folder that others may read.
		chmodSync(data, 0o700);
		giveToOwner(data);
	} else {
		await initdb({ folder, bin });
		keepFolder(kept, (empty) => {
			cpSync(data, empty, { recursive: true });
		});
	}
}

async function initdb({ folder, bin }: Pick<Place, 'folder' | 'bin'>): Promise<void> {
	const secret = join(folder, 'secret');
	writeFileSync(secret, PASSWORD, { mode: 0o600 });
	giveToOwner(folder);
	const args = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'];
	args.push('-D', join(folder, 'data'), '-U', SUPERUSER, `--pwfile=${secret}`);
	await promisify(execFile)(join(bin, 'initdb'), args, { ...OWNER, cwd: folder });
}

function launch({ folder, bin, port, settings }: Place): ChildProcess {
	const server = [join(bin, 'postgres'), '-D', join(folder, 'data'), '-p', String(port)];
	for (const [name, value] of Object.entries(settings)) server.push('-c', `${name}=${value}`);
	const keeper = spawn('sh', ['-c', KEEPER, 'sh', folder, ...server], {
		...OWNER,
		cwd: folder,
		// Its own process group: Ctrl-C goes to us, and ends the server through the pipe.
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
	});
	keeper.unref();
	keeper.stdin.on('error', () => undefined);
	return keeper;
}

async function ended(keeper: ChildProcess, last: string): Promise<void> {
	const exit = new Promise((resolve) => keeper.once('exit', resolve));
	keeper.ref();
	keeper.stdin?.end(last);
	if (keeper.exitCode === null && keeper.signalCode === null) await exit;
}

async function ready(url: string, folder: string): Promise<void> {
	const deadline = Date.now() + 20_000;
	for (;;) {
		const client = new Client(url);
		try {
			await client.connect();
			await client.end();
			return;
		} catch (error) {
			if (Date.now() > deadline) {
				const log = readFileSync(join(folder, 'log'), 'utf8').slice(-2000);
				throw new Error(`PostgreSQL did not start: ${String(error)}\n${log}`, { cause: error });
			}
			await sleep(30);
		}
	}
}

const SETTINGS = {
	listen_addresses: '127.0.0.1',
	unix_socket_directories: '',
	// Survives a crash of the server, though not of the machine: that is enough for tests.
	fsync: 'off',
	max_connections: '200',
	shared_buffers: '128MB',
};

/** PEM. */
export interface ServerCertificate {
	readonly cert: string;
	readonly key: string;
}

export interface PostgresOptions {
	/** Settings of postgresql.conf, which override those for tests. */
	readonly settings?: Readonly<Record<string, string>>;
	/** With one the server offers TLS as well. */
	readonly certificate?: ServerCertificate;
}

function tlsSettings(folder: string, { cert, key }: ServerCertificate): Record<string, string> {
	const [certFile, keyFile] = [join(folder, 'server.crt'), join(folder, 'server.key')];
	writeFileSync(certFile, cert);
	// PostgreSQL refuses a key that others may read.
	writeFileSync(keyFile, key, { mode: 0o600 });
	return { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile };
}

/** Starts PostgreSQL on a free loopback port, with an empty data folder. */
export async function startPostgres({
	settings = {},
	certificate,
}: PostgresOptions = {}): Promise<TestPostgres> {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-postgres-'));
	const copies = join(folder, 'copies');
	mkdirSync(copies);
	let place: Place;
	let keeper: ChildProcess;
	try {
		const bin = postgresBinaries(copies);
		const tls = certificate === undefined ? {} : tlsSettings(folder, certificate);
		await initialize({ folder, bin });
		place = { folder, bin, port: await freePort(), settings: { ...SETTINGS, ...tls, ...settings } };
		keeper = launch(place);
	} catch (error) {
		rmSync(folder, { recursive: true, force: true });
		throw error;
	}

	const urlFor = ({ role = SUPERUSER, password = PASSWORD, database, parameters }: Login) => {
		const url = new URL(`postgres://127.0.0.1:${String(place.port)}/${database ?? SUPERUSER}`);
		url.username = encodeURIComponent(role);
		url.password = encodeURIComponent(password);
		for (const [name, value] of Object.entries(parameters ?? {})) {
			url.searchParams.set(name, value);
		}
		return url.href;
	};
	const sql = async (statements: string, database?: string) => {
		const client = new Client(urlFor({ ...(database === undefined ? {} : { database }) }));
		await client.connect();
		try {
			return (await client.query<QueryResultRow>(statements)).rows;
		} finally {
			await client.end();
		}
	};
	let databases = 0;
	await ready(urlFor({}), folder);
	return {
		url: urlFor({}),
		port: place.port,
		urlFor,
		sql,
		freshDatabase: async () => {
			databases += 1;
			const name = `test_${String(databases)}`;
			await sql(`CREATE DATABASE ${name}`);
			return name;
		},
		restart: async (how = 'orderly') => {
			await ended(keeper, how === 'crash' ? 'QUIT\n' : 'INT\n');
			keeper = launch(place);
			await ready(urlFor({}), folder);
		},
		stop: async () => {
			await ended(keeper, '');
		},
	};
}
