import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Told, Work } from './worker';

const SCRIPT = join(__dirname, 'worker.ts');

export interface Worker {
	readonly child: ChildProcess;
	/** What it tells, as soon as it does. */
	readonly told: Promise<Told>;
	readonly ended: Promise<void>;
}

/** Starts another process that works on a ledger. */
export function spawnWorker(work: Work): Worker {
	const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(work)], {
		cwd: __dirname,
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let errors = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors += text;
	});
	const ended = new Promise<void>((resolve) => {
		child.on('close', () => {
			resolve();
		});
	});
	const told = new Promise<Told>((resolve, reject) => {
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			resolve(JSON.parse(text) as Told);
		});
		child.on('close', () => {
			reject(new Error(`the worker said nothing; ${errors}`));
		});
	});
	return { child, told, ended };
}
