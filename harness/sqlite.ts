import { spawnSync } from 'node:child_process';
import { run } from './command';
import { aptInstall } from './debian';
import type { Log } from './log';
import { npmEnvironment } from './npmEnvironment';
import { node24 } from './paths';

/** The commands that node-gyp calls, each with its Debian package. */
const tools = { 'g++': 'g++', make: 'make', python3: 'python3' };

function missingTools(): string[] {
	return Object.entries(tools)
		.filter(([tool]) => spawnSync(tool, ['--version']).status !== 0)
		.map(([, debianPackage]) => debianPackage);
}

/**
 * Installs sqlite3's native part, the only one that n8n needs to start. sqlite3's own install
 * script takes a prebuilt binary if it can be downloaded and compiles it if not, which needs a
 * compiler; so the compiler is fetched only after the first way has failed.
 */
export async function buildSqlite(dir: string, log: Log): Promise<void> {
	const rebuild = (): Promise<string> =>
		run('npm', ['rebuild', 'sqlite3', '--foreground-scripts', '--ignore-scripts=false'], {
			what: 'building sqlite3 for n8n',
			log,
			cwd: dir,
			env: npmEnvironment(),
		});
	try {
		await rebuild();
	} catch (error) {
		const missing = missingTools();
		if (missing.length === 0) throw error;
		await aptInstall(
			missing,
			`n8n's sqlite3 must be compiled here, ${missing.join(', ')} missing`,
			log,
		);
		await rebuild();
	}
	// A prebuilt binary may need a newer C library than this machine has: better to notice that now.
	await run(node24(), ['-e', "new (require('sqlite3').Database)(':memory:')"], {
		what: 'loading sqlite3',
		log,
		cwd: dir,
	});
}
