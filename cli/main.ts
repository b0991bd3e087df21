#!/usr/bin/env node
import { createInterface } from 'node:readline';
import { OutputClosed, type Io } from './Io';
import { run } from './run';

/** The error for a pipe that the reader has closed; Windows has another name for it. */
const CLOSED = new Set(['EPIPE', 'EOF', 'ERR_STREAM_DESTROYED']);

function isClosed(error: Error): boolean {
	return CLOSED.has(String(Reflect.get(error, 'code')));
}

async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		stream.write(text, (error) => {
			if (error === null || error === undefined) resolve();
			else reject(isClosed(error) ? new OutputClosed() : error);
		});
	});
}

/** The question is written to stderr, so that stdout has only results. */
async function ask(question: string): Promise<string> {
	const terminal = createInterface({ input: process.stdin, output: process.stderr });
	return await new Promise((resolve) => {
		let answer: string | undefined;
		terminal.once('close', () => {
			// Ctrl-C and Ctrl-D leave the cursor behind the question.
			if (answer === undefined) process.stderr.write('\n');
			resolve(answer ?? '');
		});
		terminal.question(question, (typed) => {
			answer = typed;
			terminal.close();
		});
	});
}

const io: Io = {
	stdout: async (text) => {
		await write(process.stdout, text);
	},
	stderr: async (text) => {
		await write(process.stderr, text).catch(() => undefined);
	},
	env: process.env,
	isTTY: process.stdin.isTTY && process.stderr.isTTY,
	ask,
};

/**
 * Node 22 warns that `node:sqlite` is experimental whenever it is loaded. Users cannot do anything
 * about that; other warnings are shown.
 */
function silenceExperimentalWarnings(): void {
	process.removeAllListeners('warning');
	process.on('warning', ({ name, message }) => {
		if (name !== 'ExperimentalWarning') process.stderr.write(`${name}: ${message}\n`);
	});
}

silenceExperimentalWarnings();
// The failed write rejects anyway; without a listener, the process would crash as well.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

void run(process.argv.slice(2), io).then((status) => {
	// Not process.exit(): output to a pipe may not have been written yet.
	process.exitCode = status;
});
