import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Told, Work } from './worker';

const SCRIPT = join(__dirname, 'worker.ts');

/** Another process that issues. */
export interface IssuingProcess {
	/** What it told first: at the moment at which it stopped or killed itself, or at its end. */
	readonly first: Promise<Told>;
	/** Goes on after a stop. */
	resume(): void;
	/** What it told last. */
	readonly ended: Promise<Told>;
}

/** Starts another process that issues one event. */
export function spawnIssuer(work: Work): IssuingProcess {
	const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(work)], {
		cwd: __dirname,
		env: { ...process.env, MOCA_AIR_ALLOW_PRIVATE_URLS: 'true' },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let [output, errors] = ['', ''];
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors += text;
	});
	const lines = () =>
		output
			.split('\n')
			.slice(0, -1)
			.map((line) => JSON.parse(line) as Told);
	const told = new Promise<void>((resolve) => {
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			output += text;
			if (lines().length > 0) resolve();
		});
		child.on('close', () => {
			resolve();
		});
	});
	const closed = new Promise<void>((resolve) => {
		child.on('close', () => {
			resolve();
		});
	});
	const line = (at: number): Told => {
		const found = lines().at(at);
		if (found === undefined) throw new Error(`the process said nothing; ${errors}`);
		return found;
	};
	return {
		first: told.then(() => line(0)),
		resume: () => {
			child.kill('SIGCONT');
		},
		ended: closed.then(() => line(-1)),
	};
}
