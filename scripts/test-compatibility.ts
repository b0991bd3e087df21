import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, sep } from 'node:path';
import { z } from 'zod';
import { ensureEngine, ensureNode } from '../test/compatibility/installs';
import { nodes, tried, type TriedN8n } from '../test/compatibility/versions';
import { packAndInstall, packagesFolder } from '../harness/installPackage';
import { Checks } from './checks';
import { buildPackage, root } from './package';
import { table } from './table';

/**
 * Loads the packed tarball with the n8n-core of several n8n versions, and runs the engine tests with each
 * (docs/internals/compatibility.md, into which `--write` writes the table); given versions of n8n, only those.
 */
const docsPath = join(root, 'docs', 'internals', 'compatibility.md');
const between = /(<!-- Written by npm run test:compatibility[^>]*-->\n)[^]*(\n<!-- Until here -->)/;

/** The output of loadPackage.cjs. */
const loaded = z.object({
	node: z.string(),
	nodes: z.array(z.string()),
	credentials: z.array(z.string()),
	n8nWorkflow: z.string(),
});
const manifest = z.object({
	n8n: z.object({ nodes: z.array(z.string()), credentials: z.array(z.string()) }),
});

const HEAD = ['n8n', 'n8n-core', 'n8n-workflow', 'Node', 'Loads', 'Passed', 'Failed', 'Skipped'];
type Row = (string | number)[];

interface Place {
	/** The folder with an n8n's engine. */
	readonly engine: string;
	/** The binary. */
	readonly node: string;
	/** The folder for `N8N_USER_FOLDER`, with the package installed. */
	readonly userFolder: string;
}

const installedIn = (userFolder: string) =>
	join(packagesFolder(userFolder), 'node_modules', 'n8n-nodes-moca-air');

const versionIn = (folder: string, name: string) =>
	z
		.object({ version: z.string() })
		.parse(JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')))
		.version;

/** `mocaAirTrigger` of `dist/nodes/MocaAirTrigger/MocaAirTrigger.node.js`. */
const nameOf = (path: string) => {
	const [className = ''] = basename(path).split('.');
	return className.charAt(0).toLowerCase() + className.slice(1);
};

/** In a separate process, as in n8n: NODE_PATH names the modules of n8n. */
function load({ engine, node, userFolder }: Place): z.infer<typeof loaded> | undefined {
	const installed = installedIn(userFolder);
	const modules = join(engine, 'node_modules');
	try {
		const printed = execFileSync(
			node,
			[join(root, 'test', 'compatibility', 'loadPackage.cjs'), installed],
			{
				cwd: tmpdir(),
				encoding: 'utf8',
				env: { ...process.env, NODE_PATH: modules, N8N_USER_FOLDER: userFolder },
				timeout: 120_000,
			},
		);
		const result = loaded.parse(JSON.parse(printed));
		const { n8n } = manifest.parse(
			JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')),
		);
		const same = (names: readonly string[], paths: readonly string[]) =>
			JSON.stringify([...names].sort()) === JSON.stringify(paths.map(nameOf).sort());
		const complete =
			same(result.nodes, n8n.nodes) &&
			same(result.credentials, n8n.credentials) &&
			result.n8nWorkflow.startsWith(modules + sep);
		if (complete) return result;
		console.log(`not what the package names: ${JSON.stringify(result)}`);
	} catch (error) {
		console.log(String(error));
	}
	return undefined;
}

function engineTests(checks: Checks, { engine, node, userFolder }: Place) {
	const config = join(root, 'test', 'compatibility', 'jest.config.js');
	return checks.jest(
		['engine'],
		[
			...['--config', config, '--maxWorkers=100%'],
			// Up to 2.20 at least, a timer of n8n's SSH connections outlives the tests.
			'--forceExit',
		],
		{
			withinMs: 20 * 60 * 1000,
			env: {
				PATH: [dirname(node), process.env.PATH ?? ''].join(delimiter),
				// The package loads jose by `import()`, which needs this option in jest.
				NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
				MOCA_AIR_COMPATIBILITY_NODE: node,
				MOCA_AIR_COMPATIBILITY_ENGINE: engine,
				MOCA_AIR_COMPATIBILITY_PACKAGE: installedIn(userFolder),
			},
		},
	);
}

/** The table, the combinations that do not exist, and what was skipped, as Markdown. */
function written(rows: readonly Row[], skipped: ReadonlyMap<string, readonly string[]>): string {
	const lines = [table(HEAD, rows), ''];
	for (const [name, versions] of skipped) {
		lines.push(`- Skipped with n8n ${versions.join(' and ')}: ${name}.`);
	}
	return lines.join('\n');
}

async function main(checks: Checks, args: readonly string[]): Promise<void> {
	const only = args.filter((arg) => !arg.startsWith('--'));
	const log = (line: string) => {
		console.log(line);
	};
	const userFolder = mkdtempSync(join(tmpdir(), 'moca-air-compatibility-'));
	const rows: Row[] = [];
	const skipped = new Map<string, string[]>();

	const one = async ({ n8n, others, skips, ...can }: TriedN8n, version: string) => {
		const engine = await ensureEngine(n8n, log);
		const versions = [versionIn(engine, 'n8n-core'), versionIn(engine, 'n8n-workflow')];
		if (!can.nodes.includes(version)) {
			rows.push([n8n, ...versions, version, `– (${others ?? ''})`, '–', '–', '–']);
			return;
		}
		const place = { engine, node: await ensureNode(version, log), userFolder };
		const what = `n8n ${n8n} on Node ${version}`;
		const result = load(place);
		checks.check(`${what}: loads`, result !== undefined);
		const tests = await engineTests(checks, place);
		log(`${what}: ${tests.passed} engine tests passed, ${tests.failed} failed`);
		if (!skips) checks.check(`${what}: nothing skipped`, tests.skipped.length === 0);
		for (const name of tests.skipped) {
			const by = skipped.get(name) ?? [];
			if (!by.includes(n8n)) skipped.set(name, [...by, n8n]);
		}
		rows.push([
			...[n8n, ...versions, result?.node ?? version, result === undefined ? 'no' : 'yes'],
			...[tests.passed, tests.failed, tests.skipped.length],
		]);
	};

	try {
		buildPackage();
		await packAndInstall({ userFolder, log });
		const wanted = tried.filter(({ n8n }) => only.length === 0 || only.includes(n8n));
		for (const n8n of wanted) for (const version of nodes) await one(n8n, version);
	} finally {
		rmSync(userFolder, { recursive: true, force: true });
	}
	const text = written(rows, skipped);
	console.log(`\n${text}\n`);
	if (args.includes('--write') && only.length === 0) {
		const docs = readFileSync(docsPath, 'utf8');
		if (!between.test(docs)) throw new Error(`there is no place for the table in ${docsPath}`);
		writeFileSync(docsPath, docs.replace(between, `$1\n${text}\n$2`));
	}
}

void Checks.of((checks) => main(checks, process.argv.slice(2)));
