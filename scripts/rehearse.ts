import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './package';

/**
 * `npm run release:rehearse`: the commands of publish.yml, one after the other, with a dry run of the
 * last. `-- --without-tests` skips the tests. It names a failing command, and still runs the rest.
 */
const withoutTests = process.argv.includes('--without-tests');
const workflow = readFileSync(join(root, '.github', 'workflows', 'publish.yml'), 'utf8');
const commands = [...workflow.matchAll(/- run: (.*)/g)].map(([, command = '']) => command);
const failed: string[] = [];
for (const command of commands) {
	if (withoutTests && command === 'bash .ci/run') continue;
	// Only the workflow's own identity can sign the provenance.
	const rehearsed = command.replace(/^npm publish --provenance/, 'npm publish --dry-run');
	console.log(`--- ${rehearsed}`);
	const { status } = spawnSync('bash', ['-euo', 'pipefail', '-c', rehearsed], {
		cwd: root,
		stdio: 'inherit',
	});
	if (status !== 0) failed.push(rehearsed);
}
for (const command of failed) console.log(`failed: ${command}`);
if (failed.length === 0) console.log('everything that a release runs has run');
process.exitCode = failed.length === 0 ? 0 : 1;
