import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { root } from './package';
import { table } from './table';

const jestResult = z.object({
	numPassedTests: z.number(),
	numFailedTests: z.number(),
	testResults: z.array(
		z.object({
			name: z.string(),
			startTime: z.number(),
			endTime: z.number(),
			assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
		}),
	),
});

/** A line that test/support/TimedEnvironment.js writes. */
const processorTime = z.object({ file: z.string(), seconds: z.number() });

/** How many of the slowest files a run names. */
const SLOWEST = 15;

/** How long something took, in seconds. */
interface Took {
	readonly what: string;
	readonly seconds: number;
	/** Processor time of the file and of the processes that it started, if known. */
	readonly processor?: number | undefined;
}

/** The processor time of each file, in seconds, by path. */
function processorTimes(file: string): Map<string, number> {
	const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
	return new Map(
		lines.map((line) => {
			const { file: of, seconds } = processorTime.parse(JSON.parse(line));
			return [of, seconds];
		}),
	);
}

/** The tier, e.g. `engine` for `test/engine/secrets.test.ts`. */
const tierOf = (file: string) => file.split(sep)[1] ?? file;

/** The results of one jest run. */
export interface JestCounts {
	readonly passed: number;
	readonly failed: number;
	/** Their names. */
	readonly skipped: readonly string[];
}

export interface JestOptions {
	/** The time limit, in milliseconds, after which a command has failed: a hanging one cannot end itself. */
	readonly withinMs?: number;
	/** Added to the environment, for jest. */
	readonly env?: NodeJS.ProcessEnv;
}

interface Ran {
	/** Null if it was killed, or could not be started. */
	readonly status: number | null;
	/** Its output, if that was kept. */
	readonly output: string;
}

interface RunOptions {
	/** With `shown`, only stderr is shown: jest writes its progress there. */
	readonly output: 'kept' | 'shown';
	readonly env?: NodeJS.ProcessEnv;
	/** In milliseconds. */
	readonly withinMs?: number;
	/** The niceness, from 0 to 19. */
	readonly niceness?: number;
}

/** Runs a program of node_modules to its end. */
async function run(
	program: string,
	args: readonly string[],
	{ output: how, env = {}, withinMs, niceness = 0 }: RunOptions,
): Promise<Ran> {
	const child = spawn(join(root, 'node_modules', '.bin', program), args, {
		cwd: root,
		env: { ...process.env, ...env },
		stdio: how === 'kept' ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'ignore', 'inherit'],
		...(withinMs === undefined ? {} : { timeout: withinMs, killSignal: 'SIGKILL' }),
	});
	if (child.pid !== undefined) setPriority(child.pid, niceness);
	const printed: string[] = [];
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding('utf8').on('data', (text: string) => printed.push(text));
	}
	return await new Promise((resolve) => {
		child.once('error', (error) => {
			resolve({ status: null, output: error.message });
		});
		child.once('close', (status) => {
			resolve({ status, output: printed.join('') });
		});
	});
}

/** Counts passed and failed commands and test suites, and prints the sum last. */
export class Checks {
	/** Runs the checks of one npm command, to its last line. */
	static async of(work: (checks: Checks) => Promise<unknown>): Promise<void> {
		const checks = new Checks();
		await work(checks);
		checks.finish();
	}

	private passed = 0;
	private failed = 0;
	private readonly files: Took[] = [];
	private readonly commands: Took[] = [];

	/**
	 * One command that must exit with 0; its output is shown only when it does not. Parallel tests, which
	 * wait for clocks and sockets, have priority.
	 */
	async command(name: string, program: string, args: readonly string[]): Promise<boolean> {
		const began = performance.now();
		const { status, output } = await run(program, args, { output: 'kept', niceness: 10 });
		const ok = status === 0;
		const seconds = (performance.now() - began) / 1000;
		this.commands.push({ what: name, seconds });
		console.log(`${ok ? '✓' : '✗'} ${name} (${seconds.toFixed(1)} s)`);
		if (!ok) console.log(output);
		this.count(ok ? 1 : 0, ok ? 0 : 1);
		return ok;
	}

	/** The result of a check that was done elsewhere. */
	check(name: string, ok: boolean): void {
		console.log(`${ok ? '✓' : '✗'} ${name}`);
		this.count(ok ? 1 : 0, ok ? 0 : 1);
	}

	/** The jest projects of these names. A run that executes no test has failed. */
	async jest(
		projects: readonly string[],
		args: readonly string[] = [],
		{ withinMs, env = {} }: JestOptions = {},
	): Promise<JestCounts> {
		const folder = mkdtempSync(join(tmpdir(), 'moca-air-jest-'));
		const outputFile = join(folder, 'result.json');
		const times = join(folder, 'times.jsonl');
		// With the compile cache of an earlier one, n8n needs a tenth less processor time to start.
		const compiled = { NODE_COMPILE_CACHE: join(folder, 'compiled') };
		const { status } = await run(
			'jest',
			['--json', '--outputFile', outputFile, ...args, '--selectProjects', ...projects],
			{
				output: 'shown',
				env: { ...compiled, MOCA_AIR_PROCESSOR_TIMES: times, ...env },
				...(withinMs === undefined ? {} : { withinMs }),
			},
		);
		try {
			const result = jestResult.parse(JSON.parse(readFileSync(outputFile, 'utf8')));
			const { numPassedTests: passed } = result;
			const ended = passed > 0 && (status === 0 || result.numFailedTests > 0);
			const failed = result.numFailedTests + (ended ? 0 : 1);
			this.count(passed, failed);
			const processor = processorTimes(times);
			for (const { name, startTime, endTime } of result.testResults) {
				this.files.push({
					what: relative(root, name),
					seconds: (endTime - startTime) / 1000,
					processor: processor.get(name),
				});
			}
			const skipped = result.testResults
				.flatMap(({ assertionResults }) => assertionResults)
				.filter(({ status: of }) => of === 'pending')
				.map(({ fullName }) => fullName);
			return { passed, failed, skipped };
		} catch (error) {
			console.log(`jest left no result: ${String(error)}`);
			this.count(0, 1);
			return { passed: 0, failed: 1, skipped: [] };
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	}

	/** Prints how long things took, then the last line, and sets the exit code. */
	private finish(): void {
		this.printTimes();
		console.log(`${this.passed} passed, ${this.failed} failed`);
		process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
	}

	/** Seconds per tier (the sum of all files, even if they ran in parallel), and the slowest files. */
	private printTimes(): void {
		const tiers = new Map<string, Took>();
		for (const { what, seconds, processor } of this.files) {
			const tier = tierOf(what);
			const sum = tiers.get(tier) ?? { what: tier, seconds: 0, processor: 0 };
			tiers.set(tier, {
				what: tier,
				seconds: sum.seconds + seconds,
				processor: (sum.processor ?? NaN) + (processor ?? NaN),
			});
		}
		const slowest = this.files.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
		for (const [head, rows] of [
			['Tier', [...this.commands, ...tiers.values()]],
			['Slowest files', slowest],
		] as const) {
			if (rows.length === 0) continue;
			console.log(
				`${table(
					[head, 'Seconds', 'Of the processor'],
					rows.map(({ what, seconds, processor = NaN }) => [
						what,
						Math.round(seconds),
						Number.isNaN(processor) ? '–' : Math.round(processor),
					]),
				)}\n`,
			);
		}
	}

	private count(passed: number, failed: number): void {
		this.passed += passed;
		this.failed += failed;
	}
}
