import { startGroup, type ProcessGroup } from '../../../harness/processGroup';
import { poll } from '../../../harness/poll';

export type Documents = Readonly<Record<string, string>>;

/** One way to host a JWKS, as its snippet says, in a folder of its own. */
export interface JwksHost {
	/** Where AIR would fetch it. */
	readonly url: string;
	/**
	 * Does what the snippet says is to do with a new jwks.json, and waits until it is served.
	 *
	 * @param documents - what an issuer publishes besides, by file name
	 * @throws with what was printed when the snippet refuses it
	 */
	readonly publish: (jwksJson: string, documents?: Documents) => Promise<void>;
	readonly close: () => Promise<void>;
}

const readyMs = 120_000;

export interface Server {
	readonly stop: () => Promise<void>;
}

export interface ServerStart {
	readonly command: string;
	readonly args: string[];
	readonly cwd: string;
	readonly env?: NodeJS.ProcessEnv;
	/** Answered by it as soon as it is up. */
	readonly url: string;
}

/** Starts a program that serves. @throws with what it printed when it ends instead */
export async function startServer({
	command,
	args,
	cwd,
	env = {},
	url,
}: ServerStart): Promise<Server> {
	const lines: string[] = [];
	const group: ProcessGroup = await startGroup(command, args, {
		cwd,
		env: { PATH: process.env.PATH, ...env },
		onLine: (line) => lines.push(line),
	});
	let end: string | undefined;
	void group.ended.then((how) => (end = how));
	try {
		await poll(command, readyMs, async () => {
			if (end !== undefined) {
				await group.silent;
				throw new Error(`${command} ended with ${end}:\n${lines.join('\n')}`);
			}
			return (await answers(url)) ? true : undefined;
		});
	} catch (error) {
		await group.kill();
		throw error;
	}
	return { stop: () => group.kill() };
}

/** Whether anything at all answers. */
export async function answers(url: string): Promise<boolean> {
	try {
		await (await fetch(url)).arrayBuffer();
		return true;
	} catch {
		return false;
	}
}
