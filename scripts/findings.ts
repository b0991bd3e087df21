import { spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './package';
import { table } from './table';

/**
 * `npm run findings`: runs every script in findings/, or only those whose names are given, also in
 * part, and says which behavior has changed. On GitHub the table is shown with the run.
 */
const MINUTES_EACH = 5;
const folder = join(root, 'findings');
const wanted = process.argv.slice(2);
const scripts = readdirSync(folder)
	.filter((name) => name.endsWith('.sh'))
	.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));

const changed: string[] = [];
for (const name of scripts) {
	const { status, stdout, stderr } = spawnSync('bash', [join(folder, name)], {
		encoding: 'utf8',
		timeout: MINUTES_EACH * 60_000,
	});
	console.log(`${status === 0 ? 'as stated' : 'CHANGED  '}  ${name}`);
	if (status === 0) continue;
	changed.push(name);
	console.log(`${stdout}${stderr}`.replace(/^/gm, '    '));
}
const rows = scripts.map((name) => [name, changed.includes(name) ? '**changed**' : 'as stated']);
const summary = process.env.GITHUB_STEP_SUMMARY;
if (summary !== undefined) appendFileSync(summary, `${table(['Finding', 'Today'], rows)}\n`);
console.log(`${scripts.length - changed.length} as stated, ${changed.length} changed`);
process.exitCode = changed.length === 0 && scripts.length > 0 ? 0 : 1;
