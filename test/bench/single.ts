import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Algorithm, BenchCounts } from './air';
import type { BenchSettings } from './settings';

/** One run in a process of its own. */
export interface SingleRun {
	readonly what: 'automatic' | 'builtIn' | 'noOperation';
	readonly alg: Algorithm;
	readonly items: number;
	readonly latencyMs: number;
	readonly ledger: 'embedded' | 'off';
}

export interface SingleResult {
	readonly seconds: number;
	/** Of the process, from its beginning. */
	readonly peakMegabytes: number;
	readonly counts: BenchCounts;
	/** Requests that came to AIR in each quarter of the items, per second. */
	readonly quarters: readonly number[];
}

export async function runAlone(settings: BenchSettings, run: SingleRun): Promise<SingleResult> {
	const child = fork(
		join(__dirname, 'singleProcess.ts'),
		[JSON.stringify(settings), JSON.stringify(run)],
		{ execArgv: ['--import', 'tsx'] },
	);
	return await new Promise((resolve, reject) => {
		child.once('message', (result) => {
			resolve(result as SingleResult);
		});
		child.once('exit', (code) => {
			reject(new Error(`${run.what} ended with ${String(code)}`));
		});
	});
}
