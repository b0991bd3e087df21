import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { aptInstall } from './debian';
import { freePort } from './freePort';
import type { Log } from './log';
import { poll } from './poll';
import { startGroup } from './processGroup';

/** A Redis for one test, on loopback, that keeps nothing and ends with this process. */
export interface TestRedis {
	readonly port: number;
	stop: () => Promise<void>;
}

const readyMs = 20_000;

/**
 * The server in Debian's `redis-tools`. It is the same program as `redis-server`, and chooses its role
 * by the name under which it is called; the package `redis-server` would also start a service on port
 * 6379.
 */
const checker = '/usr/bin/redis-check-rdb';

function installedServer(): string | undefined {
	return (process.env.PATH ?? '')
		.split(delimiter)
		.map((folder) => join(folder, 'redis-server'))
		.find(existsSync);
}

/** @param folder for a link by the name of the server */
async function server(folder: string, log: Log): Promise<string> {
	const installed = installedServer();
	if (installed !== undefined) return installed;
	if (!existsSync(checker)) {
		await aptInstall(['redis-tools'], 'n8n’s queue mode needs Redis, which is missing', log);
	}
	const link = join(folder, 'redis-server');
	symlinkSync(checker, link);
	return link;
}

/** Sends PING in Redis' own protocol. */
function answersPing(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
		const end = (answers: boolean) => {
			socket.destroy();
			resolve(answers);
		};
		socket.setTimeout(1_000, () => {
			end(false);
		});
		socket.once('data', (data) => {
			end(data.toString().startsWith('+PONG'));
		});
		socket.once('error', () => {
			end(false);
		});
	});
}

/** Starts Redis on a free port; installs it first if it is missing and installing is allowed. */
export async function startRedis({ log }: { log: Log }): Promise<TestRedis> {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-redis-'));
	const lines: string[] = [];
	const remove = () => {
		rmSync(folder, { recursive: true, force: true });
	};
	try {
		const program = await server(folder, log);
		const port = await freePort();
		const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
		args.push('--save', '', '--appendonly', 'no', '--daemonize', 'no');
		const group = await startGroup(program, args, {
			env: { PATH: process.env.PATH },
			cwd: folder,
			onLine: (line) => lines.push(line),
		});
		const stop = async () => {
			await group.kill();
			remove();
		};
		try {
			await poll('Redis', readyMs, async () => ((await answersPing(port)) ? true : undefined));
		} catch (error) {
			await stop();
			throw error;
		}
		return { port, stop };
	} catch (error) {
		remove();
		throw new Error(`Redis did not start: ${String(error)}\n${lines.slice(-20).join('\n')}`, {
			cause: error,
		});
	}
}
