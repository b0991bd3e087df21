import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { root } from '../../scripts/package';

const configFile = join(root, '.dependency-cruiser.cjs');
const { forbidden } = z
	.object({ forbidden: z.array(z.object({ name: z.string() })) })
	.parse(createRequire(__filename)(configFile));

/** For each rule, a file that breaks it and what that file imports. */
const BREAKS: Readonly<Record<string, readonly [file: string, imports: string]>> = {
	'no-circle': ['air/a.ts', './b'],
	'errors-imports-only-itself': ['errors/words.ts', '../air/b'],
	'air-imports-only-errors': ['air/client.ts', '../issuance/issue'],
	'ledger-imports-only-errors': ['ledger/store.ts', '../air/b'],
	'issuance-imports-only-air-ledger-errors': ['issuance/issue.ts', '../n8n/run'],
	'n8n-imports-only-issuance-air-ledger-errors': ['n8n/run.ts', '../nodes/One/one'],
	'credentials-imports-only-n8n-issuance-air-errors': ['credentials/api.ts', '../ledger/store'],
	'nodes-imports-only-n8n-issuance-air-ledger-errors': [
		'nodes/One/one.ts',
		'../../credentials/api',
	],
	'cli-imports-only-issuance-air-ledger-errors': ['cli/list.ts', '../n8n/run'],
	'emulator-imports-only-itself': ['emulator/server.ts', '../air/b'],
	'harness-imports-only-scripts': ['harness/host.ts', '../test/books'],
	'no-node-imports-another': ['nodes/One/two.ts', '../Two/two'],
	'without-n8n': ['issuance/wait.ts', 'n8n-workflow'],
	'undici-only-in-air-http': ['air/fetch.ts', 'undici'],
	'sockets-only-in-air-http': ['issuance/ping.ts', 'node:net'],
	'jose-only-in-air': ['issuance/sign.ts', 'jose'],
	'pg-only-in-ledger-postgres': ['ledger/rows.ts', 'pg'],
	'lossless-json-only-in-issuance-subject': ['issuance/read.ts', 'lossless-json'],
	'commander-only-in-cli': ['issuance/words.ts', 'commander'],
	'no-development-tool-is-shipped': ['air/tool.ts', 'jest'],
};

/** Imports of the same kinds that are allowed. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
	'air/b.ts': ['../errors/fine', './a'],
	'errors/fine.ts': [],
	'air/http/send.ts': ['undici', 'node:net', '../../errors/fine'],
	'issuance/fine.ts': ['../air/b', '../ledger/fine', '../errors/fine'],
	'ledger/fine.ts': ['../errors/fine'],
	'ledger/postgres/pool.ts': ['pg'],
	'issuance/subject/parse.ts': ['lossless-json'],
	'nodes/Two/two.ts': ['n8n-workflow', '../../n8n/fine', '../../issuance/fine'],
	'n8n/fine.ts': ['n8n-workflow', '../issuance/fine'],
	'cli/fine.ts': ['commander', '../ledger/fine'],
	'test/books.ts': ['../harness/fine', 'jest'],
	'harness/fine.ts': [],
};

const report = z.object({
	summary: z.object({
		violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
	}),
});

let tree: string;
beforeAll(() => {
	tree = mkdtempSync(join(tmpdir(), 'moca-air-imports-'));
	const write = (file: string, imports: readonly string[]) => {
		mkdirSync(dirname(join(tree, file)), { recursive: true });
		const lines = imports.map((from, index) => `import * as i${index} from '${from}';`);
		const uses = imports.map((_, index) => `i${index}`).join(', ');
		writeFileSync(join(tree, file), `${lines.join('\n')}\nexport const uses = [${uses}];\n`);
	};
	for (const [file, imports] of Object.entries(ALLOWED)) write(file, imports);
	for (const [file, imports] of Object.values(BREAKS)) write(file, [imports]);
	const used = ['undici', 'jose', 'pg', 'lossless-json', 'commander', 'n8n-workflow', 'jest'];
	for (const name of used) {
		mkdirSync(join(tree, 'node_modules', name), { recursive: true });
		writeFileSync(join(tree, 'node_modules', name, 'index.js'), '');
		writeFileSync(
			join(tree, 'node_modules', name, 'package.json'),
			JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
		);
	}
	const versions = (names: readonly string[]) =>
		Object.fromEntries(names.map((name) => [name, '1.0.0']));
	writeFileSync(
		join(tree, 'package.json'),
		JSON.stringify({
			dependencies: versions(['undici', 'jose', 'pg', 'lossless-json', 'commander']),
			peerDependencies: versions(['n8n-workflow']),
			devDependencies: versions(['jest']),
		}),
	);
	writeFileSync(join(tree, 'tsconfig.json'), '{}');
});
afterAll(() => {
	rmSync(tree, { recursive: true, force: true });
});

test('each rule of imports has a file that breaks it', () => {
	expect(Object.keys(BREAKS).sort()).toEqual(forbidden.map(({ name }) => name).sort());
});

test('each rule finds the file that breaks it, and nothing else is found', () => {
	const found = cruise(tree, [
		...new Set(Object.keys({ ...ALLOWED }).map((file) => file.split('/')[0] ?? '')),
		'credentials',
		'emulator',
	]);
	const expected = Object.entries(BREAKS).map(([rule, [file]]) => `${rule}: ${file}`);
	expect(found.sort()).toEqual(expect.arrayContaining(expected.sort()));
	const wrong = found.filter((line) =>
		Object.keys(ALLOWED).some((file) => line.endsWith(`: ${file}`)),
	);
	expect(wrong.filter((line) => !line.startsWith('no-circle: '))).toEqual([]);
});

function cruise(folder: string, rooms: readonly string[]): string[] {
	const printed = execFileSync(
		join(root, 'node_modules', '.bin', 'depcruise'),
		['--config', configFile, '--output-type', 'json', '--no-cache', ...rooms],
		{ cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
	);
	return report
		.parse(JSON.parse(printed))
		.summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
}
