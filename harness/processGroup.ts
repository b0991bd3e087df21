import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program with all of its descendants, ended together. */
export interface ProcessGroup {
	pid: number;
	/** Resolves with the exit of the program itself. */
	ended: Promise<string>;
	/** Resolves when all output has been handed over. */
	silent: Promise<void>;
	/** SIGTERM to the program; anything left of the group after `graceMs` is killed. */
	stop: (graceMs: number) => Promise<void>;
	/** SIGKILL to the whole group at once, as a crash or a power cut would. */
	kill: () => Promise<void>;
}

const pollMs = 50;
const reapMs = 5_000;

function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
	try {
		process.kill(-group, signal);
		return true;
	} catch {
		return false;
	}
}

/**
 * Kills the group when this process ends, however it ends (Ctrl-C, a crash, SIGKILL): it waits for the
 * end of a pipe that only this process holds open. The group has its own session, so that after a
 * Ctrl-C in the terminal this process can stop it in an orderly way.
 */
function guard(group: number): ChildProcess {
	const script =
		'cat >/dev/null; kill -s TERM -- "-$1" 2>/dev/null; sleep 3; kill -s KILL -- "-$1" 2>/dev/null';
	const child = spawn('sh', ['-c', script, 'guard', String(group)], {
		detached: true,
		stdio: ['pipe', 'ignore', 'ignore'],
		cwd: '/',
	});
	child.unref();
	return child;
}

async function waitUntilEmpty(group: number): Promise<void> {
	const deadline = Date.now() + reapMs;
	while (signalGroup(group, 0)) {
		if (Date.now() > deadline) throw new Error(`process group ${group} does not go away`);
		await sleep(pollMs);
	}
}

/** Starts a program as the leader of a process group of its own. */
export async function startGroup(
	command: string,
	args: string[],
	options: { env: NodeJS.ProcessEnv; cwd: string; onLine: (line: string) => void },
): Promise<ProcessGroup> {
	const { env, cwd, onLine } = options;
	const child = spawn(command, args, {
		env,
		cwd,
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	await once(child, 'spawn');
	const { pid } = child;
	if (pid === undefined) throw new Error(`${command} has started without a process ID`);
	const watcher = guard(pid);
	for (const stream of [child.stdout, child.stderr]) {
		let rest = '';
		stream.setEncoding('utf8').on('data', (chunk: string) => {
			const lines = (rest + chunk).split('\n');
			rest = lines.pop() ?? '';
			lines.forEach(onLine);
		});
		stream.on('end', () => {
			if (rest !== '') onLine(rest);
		});
	}
	const silent = new Promise<void>((resolve) => {
		child.on('close', () => {
			resolve();
		});
	});
	const ended = new Promise<string>((resolve) => {
		child.on('exit', (code, signal) => {
			resolve(signal ?? `exit code ${String(code)}`);
		});
	});
	const finish = async (): Promise<void> => {
		signalGroup(pid, 'SIGKILL');
		await ended;
		await waitUntilEmpty(pid);
		// Last, so that the group is never without a guard; the guard has its own group, so that its `cat` ends, too.
		if (watcher.pid !== undefined) signalGroup(watcher.pid, 'SIGKILL');
	};
	return {
		pid,
		ended,
		silent,
		kill: finish,
		stop: async (graceMs) => {
			child.kill('SIGTERM');
			const giveUp = new AbortController();
			await Promise.race([ended, sleep(graceMs, undefined, { signal: giveUp.signal })]);
			giveUp.abort();
			await finish();
		},
	};
}
