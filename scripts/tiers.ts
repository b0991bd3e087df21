import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../harness/paths';
import type { Checks } from './checks';

/**
 * Tests that measure time, or memory: they run after all others and one at a time, so that nothing but
 * the code under test can make them fail.
 */
export const MEASURING = [
	'test/unit/air/http/decoding.test.ts',
	'test/unit/issuance/issue/checkOnce.test.ts',
	'test/unit/issuance/issue/issue.test.ts',
	'test/unit/issuance/subject/schema/keywords.test.ts',
	'test/unit/ledger/sqliteFile.test.ts',
	'test/unit/ledger/sqliteProcesses.test.ts',
	'test/unit/nodes/firstContentKeys.test.ts',
	'test/engine/ledgerSize.test.ts',
	'test/engine/outcome.test.ts',
	'test/engine/triggerLoad.test.ts',
];

/** Locally, a check looks only at what changed since its last run. */
const cached = (args: readonly string[]): readonly string[] =>
	process.env.CI === undefined ? args : [];
const CONTENT = ['--cache', '--cache-strategy', 'content', '--cache-location'];
/** CI lints every file: a change in one file may break a rule about types in another. */
const lintCache = cached([...CONTENT, join(cacheFolder(), 'eslint', '/')]);
const formatCache = cached([...CONTENT, '.artifacts/prettier']);
const typesCache = cached(['--incremental', '--tsBuildInfoFile', '.artifacts/types.json']);

/** Format, lint, types and imports, in parallel with each other and with other steps. */
export async function lookOver(checks: Checks): Promise<void> {
	await Promise.all([
		checks.command('lint', 'eslint', ['.', '--max-warnings', '0', ...lintCache]),
		checks.command('format', 'prettier', ['--check', '--log-level', 'warn', ...formatCache, '.']),
		checks.command('types', 'tsc', ['-p', 'tsconfig.json', ...typesCache]),
		// Which folder may import which, without cycles: .dependency-cruiser.cjs.
		checks.command('imports', 'depcruise', [
			...['--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
			...['errors', 'air', 'ledger', 'issuance', 'n8n', 'credentials', 'nodes', 'cli', 'emulator'],
			...['harness', 'scripts', 'test'],
		]),
	]);
}

/**
 * The unit, engine and package tests except those that measure; with more workers than cores, as engine
 * tests wait for sockets.
 */
export async function testInProcess(checks: Checks): Promise<void> {
	await checks.jest(
		['unit', 'engine', 'package'],
		[
			`--maxWorkers=${availableParallelism() * 2}`,
			...MEASURING.flatMap((file) => ['--testPathIgnorePatterns', file]),
		],
	);
}

/** See `MEASURING`. */
export async function testMeasuring(checks: Checks): Promise<void> {
	await checks.jest(['unit', 'engine'], ['--runInBand', '--runTestsByPath', ...MEASURING]);
}

/**
 * Tests in a real n8n and in a browser.
 *
 * @param args - jest's, e.g. `['--shard=1/3']`
 */
export async function testInN8n(
	checks: Checks,
	projects: readonly ('host' | 'browser')[],
	args: readonly string[] = [],
): Promise<void> {
	// One more worker than cores: alone a file mostly waits, but several n8n processes fill the cores.
	await checks.jest(projects, [`--maxWorkers=${availableParallelism() + 1}`, ...args]);
}
