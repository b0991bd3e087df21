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

/** A line of what test/support/TimedEnvironment.js writes. */
const processorTime = z.object({ file: z.string(), seconds: z.number() });

/** How many of the slowest files a run names. */
const SLOWEST = 15;

/** How long something took, in seconds. */
interface Took {
	readonly what: string;
	readonly seconds: number;
	/** Of the processor, if that is known: of the file, and of the processes that it started. */
	readonly processor?: number | undefined;
}

/** What each file took of the processor, in seconds, by its path. */
function processorTimes(file: string): Map<string, number> {
	const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
	return new Map(
		lines.map((line) => {
			const { file: of, seconds } = processorTime.parse(JSON.parse(line));
			return [of, seconds];
		}),
	);
}

/** `test/engine/secrets.test.ts` is of the tier `engine`. */
const tierOf = (file: string) => file.split(sep)[1] ?? file;

/** What became of the tests of one run of jest. */
export interface JestCounts {
	readonly passed: number;
	readonly failed: number;
	/** Their names. */
	readonly skipped: readonly string[];
}

export interface JestOptions {
	/** What does not end within this time, in milliseconds, has failed: what hangs cannot end itself. */
	readonly withinMs?: number;
	/** For jest, over ours. */
	readonly env?: NodeJS.ProcessEnv;
}

interface Ran {
	/** Null if it was killed, or could not be started. */
	readonly status: number | null;
	/** What it printed, if that was to be kept. */
	readonly output: string;
}

interface RunOptions {
	/** Only what goes to stderr is `shown`: there jest tells how far it is. */
	readonly output: 'kept' | 'shown';
	readonly env?: NodeJS.ProcessEnv;
	/** In milliseconds. */
	readonly withinMs?: number;
	/** How much others come first, from 0 to 19. */
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

/** Counts what passed and what failed over commands and test suites, and prints the sum last. */
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
	 * One command that must exit with 0; its output is shown only when it does not. Tests beside it, which
	 * wait for clocks and sockets, come first.
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

	/** Something that was looked at elsewhere. */
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
		// An n8n takes a tenth less of the processor to start with what an earlier one has compiled.
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

	/** Seconds per tier, files that ran side by side added up, and the slowest files. */
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
