import { join } from 'node:path';
import { run } from '../../harness/command';
import type { Log } from '../../harness/log';
import { npmEnvironment } from '../../harness/npmEnvironment';
import { ensureNpmInstall } from '../../harness/npmInstall';
import { node24 } from '../../harness/paths';

/** Gives the folder with n8n-core and n8n-workflow as that n8n has them, but without n8n. */
export async function ensureEngine(n8n: string, log: Log): Promise<string> {
	const name = `n8n-${n8n}`;
	return await ensureNpmInstall({
		definition: join(__dirname, name),
		name: `${name}-engine`,
		cost: 'about a minute, 300 MB',
		log,
	});
}

/** Gives the binary: of the checkout's own Node 24, or of another that is installed on first use. */
export async function ensureNode(version: string, log: Log): Promise<string> {
	if (version === '24') return node24();
	const name = `node-${version}`;
	const folder = await ensureNpmInstall({
		definition: join(__dirname, name),
		name,
		cost: 'some seconds, 120 MB',
		// Its install script puts the binary in place, and is the only one that may run (bootstrap.mjs).
		finish: async (cwd) => {
			await run('npm', ['rebuild', 'node', '--ignore-scripts=false'], {
				what: `installing ${name}`,
				log,
				cwd,
				env: npmEnvironment(),
			});
		},
		log,
	});
	return join(folder, 'node_modules', 'node', 'bin', 'node');
}
