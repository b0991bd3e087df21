import type { Log } from './log';
import { startGroup } from './processGroup';

/** A command to run, and its description for the log. */
export interface CommandOptions {
	/** What the reader of the log is waiting for, e.g. "installing n8n". */
	what: string;
	log: Log;
	cwd?: string;
	env?: NodeJS.ProcessEnv;
}

const heartbeatMs = 10_000;
const shownOnFailure = 3_000;

/** Keeps the beginning and the end: npm prints the reason first, compilers print it last. */
function shorten(output: string): string {
	if (output.length <= 2 * shownOnFailure) return output;
	return `${output.slice(0, shownOnFailure)}\n[…]\n${output.slice(-shownOnFailure)}`;
}

/**
 * Runs a command quietly: prints a line now and then, so that nobody thinks it hangs, and its output
 * only if it fails. It ends with this process, so that a killed harness leaves no npm behind.
 *
 * @returns what it printed (stdout and stderr in order of arrival)
 * @throws if it cannot be started or exits with anything but 0
 */
export async function run(
	command: string,
	args: string[],
	options: CommandOptions,
): Promise<string> {
	const { what, log, cwd = process.cwd(), env = process.env } = options;
	const started = Date.now();
	const seconds = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
	const lines: string[] = [];
	const heartbeat = setInterval(() => {
		log(`${what} … ${seconds()}`);
	}, heartbeatMs);
	try {
		const group = await startGroup(command, args, { cwd, env, onLine: (line) => lines.push(line) });
		const end = await group.ended;
		await group.silent;
		await group.kill();
		const output = lines.join('\n');
		if (end === 'exit code 0') return output;
		const line = [command, ...args].join(' ');
		throw new Error(`${what}: "${line}" ended with ${end} after ${seconds()}:\n${shorten(output)}`);
	} finally {
		clearInterval(heartbeat);
	}
}
