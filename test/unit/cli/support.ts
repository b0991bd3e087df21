import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OutputClosed } from '../../../cli/Io';
import { run } from '../../../cli/run';
import type { Ledger } from '../../../ledger/Ledger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';

export interface Ran {
	readonly status: number;
	readonly stdout: string;
	readonly stderr: string;
	/** What it asked. */
	readonly questions: readonly string[];
}

interface World {
	readonly env?: NodeJS.ProcessEnv;
	/** Somebody sits there, and answers this to each question. */
	readonly answer?: string;
	/** Writes that are read before the reader leaves. */
	readonly reads?: number;
}

/** Runs a command line as if it was typed. */
export async function cli(
	argv: readonly string[],
	{ env = {}, answer, reads = Infinity }: World = {},
): Promise<Ran> {
	const written = { stdout: '', stderr: '' };
	const questions: string[] = [];
	let writes = 0;
	const status = await run(argv, {
		stdout: (text) => {
			writes += 1;
			if (writes > reads) return Promise.reject(new OutputClosed());
			written.stdout += text;
			return Promise.resolve();
		},
		stderr: (text) => {
			written.stderr += text;
			return Promise.resolve();
		},
		env,
		isTTY: answer !== undefined,
		ask: (question) => {
			questions.push(question);
			return Promise.resolve(answer ?? '');
		},
	});
	return { status, ...written, questions };
}

export interface Scratch {
	readonly folder: string;
	/** Not there yet. */
	readonly file: string;
	/** Opens the ledger in the file, as n8n would, and closes it again. */
	fill(work: (ledger: Ledger) => Promise<unknown>): Promise<void>;
	remove(): void;
}

/** A folder for an embedded ledger. */
export function scratch(): Scratch {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-cli-'));
	const file = join(folder, 'ledger.sqlite');
	return {
		folder,
		file,
		fill: async (work) => {
			const { ledger } = await openSqliteLedger({ file });
			try {
				await work(ledger);
			} finally {
				await ledger.close();
			}
		},
		remove: () => {
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
