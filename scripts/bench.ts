/**
 * Measures what the package costs and gains, in one run: see docs/internals/performance.md.
 *
 *     npm run bench -- [--rows 1,5] [--pairs 5] [--quick] [--profile] [--docs]
 *
 * With --profile it also says where the time of a run is spent. Every figure is kept in .artifacts/bench/;
 * rows that a run does not measure stay there as they were. With --docs the table, the chart and the
 * profile in docs/internals/bench/ are written from it.
 */
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chartOf } from '../test/bench/chart';
import type { Line, Measurement, Results } from '../test/bench/results';
import type { BenchSettings } from '../test/bench/settings';
import { stageSubject } from '../test/bench/subject';
import { tableOf } from '../test/bench/table';
import { ensureN8n } from '../harness/install';
import { node24 } from '../harness/paths';
import { buildPackage, root } from './package';

const kept = join(root, '.artifacts', 'bench', 'results.json');
const docs = join(root, 'docs', 'internals', 'bench');

const ALL_ROWS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Rows that a separate process measures, so that memory left by one is not charged to another. */
async function inProcess(file: string, args: readonly string[]): Promise<unknown> {
	const child = fork(join(root, 'test', 'bench', file), args, {
		execPath: node24(),
		execArgv: ['--import', 'tsx'],
	});
	return await new Promise((resolve, reject) => {
		child.once('message', resolve);
		child.once('exit', (code) => {
			reject(new Error(`${file} ${args[0] ?? ''} ended with ${String(code)}`));
		});
	});
}

/** Measurements of other rows from earlier runs stay. */
function merged(earlier: Results | undefined, now: Results): Results {
	const lines = (earlier?.lines ?? []).filter(({ row }) => !(String(row) in now.measured));
	return {
		machine: now.machine,
		measured: { ...earlier?.measured, ...now.measured },
		lines: [...lines, ...now.lines].toSorted((a, b) => a.row - b.row),
	};
}

/** Saves the measurements, and writes the docs from them if requested. */
function write(results: Results, toDocs: boolean): void {
	const earlier = existsSync(kept)
		? (JSON.parse(readFileSync(kept, 'utf8')) as Results)
		: undefined;
	const all = merged(earlier, results);
	mkdirSync(dirname(kept), { recursive: true });
	writeFileSync(kept, `${JSON.stringify(all, undefined, '\t')}\n`);
	if (!toDocs) return;
	writeFileSync(join(docs, 'results.md'), `${tableOf(all)}\n`);
	writeFileSync(join(docs, 'results.svg'), chartOf(all));
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			rows: { type: 'string', default: ALL_ROWS.join(',') },
			pairs: { type: 'string' },
			quick: { type: 'boolean', default: false },
			docs: { type: 'boolean', default: false },
			profile: { type: 'boolean', default: false },
		},
	});
	const { quick } = values;
	const pairs = Number(values.pairs ?? (quick ? 2 : 5));
	buildPackage();
	const n8n = await ensureN8n({ log: say });
	const subject = stageSubject(root, n8n.dir);
	const settings: BenchSettings = { n8n: n8n.dir, subject: subject.folder, pairs, quick };
	const told = JSON.stringify(settings);
	const rows = values.rows === '' ? [] : values.rows.split(',').map(Number);
	let profile = '';
	const machine = {
		cpu: cpus()[0]?.model ?? '',
		cores: availableParallelism(),
		node: process.version,
		n8n: n8n.version,
	};
	const measurements: Record<string, Measurement> = {};
	const lines: Line[] = [];
	const results = (): Results => ({ machine, measured: measurements, lines });
	try {
		for (const row of rows) {
			const began = { at: new Date().toISOString(), pairs, quick, load: loadavg()[0] ?? 0 };
			lines.push(...((await inProcess('rowProcess.ts', [String(row), told])) as Line[]));
			measurements[row] = began;
			// After each row, so that a failing row does not cost an hour's work.
			write(results(), values.docs);
		}
		if (values.profile) profile = (await inProcess('profileProcess.ts', [told])) as string;
	} finally {
		subject.remove();
	}
	process.stdout.write(`${tableOf(results())}\n${profile === '' ? '' : `\n${profile}\n`}`);
	if (values.docs && profile !== '') writeFileSync(join(docs, 'profile.md'), `${profile}\n`);
}

void main();
