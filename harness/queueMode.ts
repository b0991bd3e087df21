import { freePort } from './freePort';
import { ensureN8n } from './install';
import type { Log } from './log';
import { n8nEnvironment } from './n8nEnvironment';
import { node24 } from './paths';
import { poll } from './poll';
import { startGroup } from './processGroup';

/** The settings that main and workers must share; they share no folder. */
export interface QueueServices {
	readonly redisPort: number;
	/** n8n's own database. */
	readonly databaseUrl: string;
}

/** The encryption key of a throw-away instance: main and workers need the same one for credentials. */
const ENCRYPTION_KEY = 'of-a-throw-away-n8n-in-queue-mode';

/**
 * The environment for both kinds of process. It does not set queue mode: main also needs
 * `EXECUTIONS_MODE`; a worker knows from its command line.
 */
export function queueEnvironment({ redisPort, databaseUrl }: QueueServices) {
	const { hostname, port, pathname, username, password } = new URL(databaseUrl);
	return {
		N8N_ENCRYPTION_KEY: ENCRYPTION_KEY,
		QUEUE_BULL_REDIS_HOST: '127.0.0.1',
		QUEUE_BULL_REDIS_PORT: String(redisPort),
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: hostname,
		DB_POSTGRESDB_PORT: port,
		DB_POSTGRESDB_DATABASE: pathname.slice(1),
		DB_POSTGRESDB_USER: decodeURIComponent(username),
		DB_POSTGRESDB_PASSWORD: decodeURIComponent(password),
	};
}

/** A process that runs executions from the queue. */
export interface N8nWorker {
	/** Its options at the start. */
	readonly env: NodeJS.ProcessEnv;
	readonly logs: readonly string[];
	readonly pid: number;
	stop: () => Promise<void>;
	/** SIGKILL: its work in progress is lost. */
	kill: () => Promise<void>;
}

export interface WorkerOptions {
	/** Its own: a worker is usually another container. */
	userFolder: string;
	services: QueueServices;
	/** The number of executions at once. */
	concurrency: number;
	/** Added to its environment. */
	env?: Record<string, string>;
	log: Log;
}

const readyMs = 180_000;
const graceMs = 15_000;

async function isReady(healthPort: number): Promise<boolean> {
	try {
		const url = `http://127.0.0.1:${healthPort}/healthz/readiness`;
		return (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok;
	} catch {
		return false;
	}
}

/** Starts `n8n worker` and waits until it takes work. Main must have made the database before. */
export async function startWorker(options: WorkerOptions): Promise<N8nWorker> {
	const { userFolder, services, concurrency, log, env: added = {} } = options;
	const { bin, version } = await ensureN8n({ log });
	const healthPort = await freePort();
	const env = n8nEnvironment({
		userFolder,
		port: await freePort(),
		runnersPort: await freePort(),
		extra: {
			...queueEnvironment(services),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(healthPort),
			N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
			...added,
		},
	});
	const logs: string[] = [];
	const began = Date.now();
	const group = await startGroup(node24(), [bin, 'worker', `--concurrency=${concurrency}`], {
		env,
		cwd: userFolder,
		onLine: (line) => logs.push(line),
	});
	const state: { end?: string } = {};
	void group.ended.then((end) => (state.end = end));
	try {
		await poll('a worker to be ready', readyMs, async () => {
			if (state.end !== undefined) throw new Error(`it ended while starting (${state.end})`);
			return (await isReady(healthPort)) ? true : undefined;
		});
	} catch (error) {
		await group.kill();
		throw new Error(`n8n worker: ${String(error)}\n${logs.slice(-40).join('\n')}`, {
			cause: error,
		});
	}
	log(`n8n ${version} worker is ready (${((Date.now() - began) / 1000).toFixed(1)} s)`);
	const { pid } = group;
	return { env, logs, pid, stop: () => group.stop(graceMs), kill: () => group.kill() };
}
