import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort';
import { ensureN8n } from './install';
import type { Log } from './log';
import { beginMigrated, hasNoDatabase, keepMigrated } from './migratedDatabase';
import { n8nEnvironment } from './n8nEnvironment';
import { checkout, node24 } from './paths';
import { startGroup, type ProcessGroup } from './processGroup';

/** How to start n8n. */
export interface StartOptions {
	/** Contains `.n8n/` with the database, the settings and the community packages; kept across restarts. */
	userFolder: string;
	/** A free port if not given. */
	port?: number;
	/** Overrides the environment of `n8nEnvironment.ts`. */
	env?: Record<string, string>;
	/** Whether it serves its editor, which takes half of the start time. True by default. */
	editor?: boolean;
	log: Log;
}

/** A running n8n. */
export interface N8nProcess {
	/** Without a slash at the end. Stays the same over restarts. */
	readonly url: string;
	readonly port: number;
	readonly userFolder: string;
	readonly pid: number;
	/** Everything it printed so far, line by line, over all restarts. */
	readonly logs: readonly string[];
	/** Ends it as a service manager would and leaves no process behind. Does nothing if it has already ended. */
	stop: () => Promise<void>;
	/** Ends it as a crash would. */
	kill: () => Promise<void>;
	/** Stops it if it runs, and starts it again with the same folder, port and environment. */
	restart: (env?: Record<string, string>) => Promise<void>;
}

const readyMs = 180_000;
const graceMs = 15_000;
const pollMs = 200;
const shownLines = 40;

/** n8n opens its port before it can answer. */
async function isReady(url: string): Promise<boolean> {
	try {
		const signal = AbortSignal.timeout(5_000);
		const response = await fetch(`${url}/healthz/readiness`, { signal });
		await response.arrayBuffer();
		return response.status === 200;
	} catch {
		return false;
	}
}

const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

async function waitUntilReady(url: string, group: ProcessGroup, logs: string[]): Promise<void> {
	const state: { end?: string } = {};
	void group.ended.then((end) => (state.end = end));
	const tail = (): string => logs.slice(-shownLines).join('\n');
	const deadline = Date.now() + readyMs;
	while (!(await isReady(url))) {
		if (state.end !== undefined) {
			await group.kill();
			throw new Error(`n8n ended while starting (${state.end}):\n${tail()}`);
		}
		if (Date.now() > deadline) {
			await group.kill();
			throw new Error(`n8n was not ready after ${readyMs / 1000} s:\n${tail()}`);
		}
		await sleep(pollMs);
	}
}

/**
 * Starts a real n8n on loopback (installing it first if needed) and waits until it answers. It ends
 * with this process, however this process ends.
 */
export async function startN8n(options: StartOptions): Promise<N8nProcess> {
	const { userFolder, log } = options;
	const { bin, dir, version } = await ensureN8n({ log });
	mkdirSync(userFolder, { recursive: true, mode: 0o700 });
	let port = options.port ?? (await freePort());
	let runnersPort = await freePort();
	const logs: string[] = [];
	let extra: Record<string, string> = {
		N8N_DISABLE_UI: String(options.editor === false),
		...options.env,
	};
	const kept = join(checkout, '.artifacts', 'migrated', basename(dir));
	const isNew = extra.DB_TYPE === undefined && hasNoDatabase(userFolder);
	const migratesItself = isNew && !beginMigrated(userFolder, kept);

	const start = async (): Promise<ProcessGroup> => {
		const began = Date.now();
		const started = await startGroup(node24(), [bin, 'start'], {
			env: n8nEnvironment({ userFolder, port, runnersPort, extra }),
			cwd: userFolder,
			onLine: (line) => logs.push(line),
		});
		await waitUntilReady(urlOf(port), started, logs);
		log(
			`n8n ${version} is ready at ${urlOf(port)} (${((Date.now() - began) / 1000).toFixed(1)} s)`,
		);
		return started;
	};

	/** Another process may have taken a port before n8n did: try once more with other ports. */
	const firstStart = async (): Promise<ProcessGroup> => {
		try {
			return await start();
		} catch (error) {
			log(`n8n did not start and is started once more. ${String(error)}`);
			if (options.port === undefined) port = await freePort();
			runnersPort = await freePort();
			return await start();
		}
	};

	let group = await firstStart();
	if (migratesItself) keepMigrated(userFolder, kept);
	return {
		url: urlOf(port),
		port,
		userFolder,
		logs,
		get pid() {
			return group.pid;
		},
		stop: () => group.stop(graceMs),
		kill: () => group.kill(),
		restart: async (env) => {
			await group.stop(graceMs);
			extra = { ...extra, ...env };
			group = await start();
		},
	};
}
