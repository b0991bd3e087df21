import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './package';

const jestResult = z.object({
	numPassedTests: z.number(),
	numFailedTests: z.number(),
	testResults: z.array(
		z.object({
			assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
		}),
	),
});

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

/** Counts what passed and what failed over commands and test suites, and prints the sum last. */
export class Checks {
	private passed = 0;
	private failed = 0;

	/** One command that must exit with 0; its output is shown only when it does not. */
	command(name: string, program: string, args: readonly string[]): boolean {
		const began = Date.now();
		const { status, stdout, stderr, error } = spawnSync(
			join(root, 'node_modules', '.bin', program),
			args,
			{ cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
		);
		const ok = status === 0;
		const seconds = ((Date.now() - began) / 1000).toFixed(1);
		console.log(`${ok ? '✓' : '✗'} ${name} (${seconds} s)`);
		if (!ok) console.log(error === undefined ? `${stdout}${stderr}` : error.message);
		this.count(ok ? 1 : 0, ok ? 0 : 1);
		return ok;
	}

	/** Something that was looked at elsewhere. */
	check(name: string, ok: boolean): void {
		console.log(`${ok ? '✓' : '✗'} ${name}`);
		this.count(ok ? 1 : 0, ok ? 0 : 1);
	}

	/** The jest projects of these names. A run that executes no test has failed. */
	jest(
		projects: readonly string[],
		args: readonly string[] = [],
		{ withinMs, env = {} }: JestOptions = {},
	): JestCounts {
		const folder = mkdtempSync(join(tmpdir(), 'moca-air-jest-'));
		const outputFile = join(folder, 'result.json');
		const { status } = spawnSync(
			join(root, 'node_modules', '.bin', 'jest'),
			['--json', '--outputFile', outputFile, ...args, '--selectProjects', ...projects],
			{
				cwd: root,
				env: { ...process.env, ...env },
				stdio: ['ignore', 'ignore', 'inherit'],
				...(withinMs === undefined ? {} : { timeout: withinMs, killSignal: 'SIGKILL' }),
			},
		);
		try {
			const result = jestResult.parse(JSON.parse(readFileSync(outputFile, 'utf8')));
			const { numPassedTests: passed } = result;
			const ended = passed > 0 && (status === 0 || result.numFailedTests > 0);
			const failed = result.numFailedTests + (ended ? 0 : 1);
			this.count(passed, failed);
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

	/** Prints the last line and sets the exit code. */
	finish(): void {
		console.log(`${this.passed} passed, ${this.failed} failed`);
		process.exitCode = this.failed === 0 && this.passed > 0 ? 0 : 1;
	}

	private count(passed: number, failed: number): void {
		this.passed += passed;
		this.failed += failed;
	}
}
