/**
 * Measures what the package costs and gains, in one run: see docs/performance.md.
 *
 *     npm run bench -- [--rows 1,5] [--pairs 5] [--quick] [--out docs/bench/results.json]
 */
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Line, Results } from '../test/bench/results';
import type { BenchSettings } from '../test/bench/settings';
import { stageSubject } from '../test/bench/subject';
import { tableOf } from '../test/bench/table';
import { ensureN8n } from '../test/host/harness/install';
import { node24 } from '../test/host/harness/paths';
import { buildPackage, root } from './package';

const ALL_ROWS = [1, 2, 3, 4, 5, 6, 7];

const say = (line: string) => process.stderr.write(`${line}\n`);

/** A process for each row: what one leaves behind in memory is not charged to another. */
async function measure(row: number, settings: BenchSettings): Promise<Line[]> {
	const child = fork(
		join(root, 'test', 'bench', 'rowProcess.ts'),
		[String(row), JSON.stringify(settings)],
		{ execPath: node24(), execArgv: ['--expose-gc', '--import', 'tsx'] },
	);
	return await new Promise((resolve, reject) => {
		child.once('message', (lines) => {
			resolve(lines as Line[]);
		});
		child.once('exit', (code) => {
			reject(new Error(`row ${row} ended with ${String(code)}`));
		});
	});
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			rows: { type: 'string', default: ALL_ROWS.join(',') },
			pairs: { type: 'string' },
			quick: { type: 'boolean', default: false },
			out: { type: 'string' },
		},
	});
	const { quick } = values;
	const pairs = Number(values.pairs ?? (quick ? 2 : 5));
	const load = loadavg()[0] ?? 0;
	buildPackage();
	const n8n = await ensureN8n({ log: say });
	const subject = stageSubject(root, n8n.dir);
	const lines: Line[] = [];
	try {
		for (const row of values.rows.split(',').map(Number)) {
			lines.push(...(await measure(row, { n8n: n8n.dir, subject: subject.folder, pairs, quick })));
		}
	} finally {
		subject.remove();
	}
	const results: Results = {
		at: new Date().toISOString(),
		machine: {
			cpu: cpus()[0]?.model ?? '',
			cores: availableParallelism(),
			node: process.version,
			n8n: n8n.version,
			load,
		},
		pairs,
		quick,
		lines,
	};
	process.stdout.write(`${tableOf(results)}\n`);
	if (values.out === undefined) return;
	mkdirSync(dirname(values.out), { recursive: true });
	writeFileSync(values.out, `${JSON.stringify(results, undefined, '\t')}\n`);
}

void main();
