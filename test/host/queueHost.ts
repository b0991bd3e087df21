import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoAir, type DemoAir } from '../../scripts/demoAir';
import { startPostgres, type TestPostgres } from '../support/postgres';
import { copyPackages, packAndInstall } from '../../harness/installPackage';
import type { Log } from '../../harness/log';
import { startN8n, type N8nProcess } from '../../harness/n8nProcess';
import {
	queueEnvironment,
	startWorker,
	type N8nWorker,
	type QueueServices,
} from '../../harness/queueMode';
import { startRedis } from '../../harness/redis';

/** n8n in queue mode: main, workers, PostgreSQL and Redis as processes, and the emulated AIR. */
export interface QueueHost {
	readonly air: DemoAir;
	readonly main: N8nProcess;
	readonly postgres: TestPostgres;
	/** The name of the database that n8n and the ledger share. */
	readonly database: string;
	readonly services: QueueServices;
	/** The newest first; there is one from the start. */
	readonly workers: readonly N8nWorker[];
	newWorker(): Promise<N8nWorker>;
	close(): Promise<void>;
}

export interface QueueHostOptions {
	/** How many executions at once in a worker. */
	readonly concurrency: number;
	readonly log: Log;
	/** Whether the partner issues directly, too. */
	readonly issuesDirectly?: boolean;
	/** Added to the environment of main. */
	readonly env?: Record<string, string>;
	/** Added to that of each process of n8n. */
	readonly everywhere?: Record<string, string>;
}

export async function startQueueHost(options: QueueHostOptions): Promise<QueueHost> {
	const { concurrency, log, issuesDirectly = false, env = {}, everywhere = {} } = options;
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-queue-'));
	const stops: (() => Promise<void>)[] = [];
	const close = async () => {
		for (const stop of stops.splice(0)) await stop();
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		const mainFolder = join(folder, 'main');
		await packAndInstall({ userFolder: mainFolder, log });
		const redis = await startRedis({ log });
		stops.unshift(() => redis.stop());
		const postgres = await startPostgres();
		stops.unshift(() => postgres.stop());
		const database = await postgres.freshDatabase();
		const services = { redisPort: redis.port, databaseUrl: postgres.urlFor({ database }) };
		const air = await startDemoAir(300, issuesDirectly);
		stops.unshift(() => air.close());
		const main = await startN8n({
			userFolder: mainFolder,
			editor: false,
			env: { ...queueEnvironment(services), EXECUTIONS_MODE: 'queue', ...everywhere, ...env },
			log,
		});
		stops.unshift(() => main.stop());
		const workers: N8nWorker[] = [];
		/** Each has a folder of its own, as if it were another container. */
		const newWorker = async () => {
			const userFolder = join(folder, `worker-${workers.length + 1}`);
			copyPackages(main.userFolder, userFolder);
			const worker = await startWorker({ userFolder, services, concurrency, env: everywhere, log });
			stops.unshift(() => worker.stop());
			workers.unshift(worker);
			return worker;
		};
		await newWorker();
		return { air, main, postgres, database, services, workers, newWorker, close };
	} catch (error) {
		await close();
		throw error;
	}
}
