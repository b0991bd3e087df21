import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { version } from '../../air/version';
import { root } from '../../scripts/package';
import { packAndInstall, packagesFolder } from '../../harness/installPackage';

/** The tarball, installed as a user would by hand: into a folder of nodes. */
let folder: string;
let installed: string;

const manifestSchema = z.looseObject({
	name: z.string(),
	dependencies: z.record(z.string(), z.string()),
	peerDependencies: z.record(z.string(), z.string()),
	scripts: z.record(z.string(), z.string()).optional(),
	n8n: z.object({
		n8nNodesApiVersion: z.number(),
		strict: z.boolean(),
		nodes: z.array(z.string()),
		credentials: z.array(z.string()),
	}),
});

function manifest() {
	return manifestSchema.parse(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')));
}

function files(under: string): string[] {
	return readdirSync(under, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));
}

/** Runs a script in a separate process, which finds the package as n8n's process does. */
function node(script: string, env: NodeJS.ProcessEnv = {}): unknown {
	const printed = execFileSync(process.execPath, ['-e', script], {
		cwd: tmpdir(),
		encoding: 'utf8',
		env: { ...process.env, ...env },
	});
	return JSON.parse(printed) as unknown;
}

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-tarball-'));
	await packAndInstall({ userFolder: folder, log: () => undefined });
	installed = join(packagesFolder(folder), 'node_modules', 'n8n-nodes-moca-air');
}, 120_000);

afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});

test('contains dist and the usual documents, and nothing else', () => {
	const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
	expect(readdirSync(installed).filter((name) => !papers.includes(name))).toEqual(['dist']);
	const dist = join(installed, 'dist');
	const snippets = join(dist, 'jwks');
	const foreign = files(dist).filter(
		(file) => !/\.(js|json|svg)$/.test(file) && !file.startsWith(snippets),
	);
	expect(foreign).toEqual([]);
});

test('contains the snippets to host a JWKS, ready to copy', () => {
	const jwks = join(installed, 'dist', 'jwks');
	expect(
		files(jwks)
			.map((file) => relative(jwks, file))
			.sort(),
	).toEqual([
		'cloudflare-worker/issuer.js',
		'cloudflare-worker/worker.js',
		'cloudflare-worker/wrangler.jsonc',
		'keygen.html',
		'nextjs/issuer/air-partner-info/route.js',
		'nextjs/issuer/did.json/route.js',
		'nextjs/issuer/jwt-vc-issuer/route.js',
		'nextjs/route.js',
		'nginx/jwks.conf',
		'nginx/publish.sh',
		'node/server.mjs',
	]);
});

test('contains the examples, for users who install it', () => {
	const inTarball = readdirSync(join(installed, 'dist', 'examples'));
	expect(inTarball.sort()).toEqual(readdirSync(join(root, 'examples')).sort());
});

test('every node and credential that it names is there, loads, and has its icon and codex file', () => {
	const { n8n } = manifest();
	for (const path of [...n8n.nodes, ...n8n.credentials]) {
		expect(existsSync(join(installed, path))).toBe(true);
		// n8n looks for a class named like the file.
		const className = path.split('/').at(-1)?.split('.')[0] ?? '';
		const described = z.object({ name: z.string(), icons: z.array(z.string()) }).parse(
			node(
				`const { ${className}: Class } = require(${JSON.stringify(join(installed, path))});
					const made = new Class();
					const { name, icon } = made.description ?? made;
					console.log(JSON.stringify({ name, icons: [icon.light, icon.dark] }));`,
				{ NODE_PATH: join(root, 'node_modules') },
			),
		);
		expect(new Set(described.icons).size).toBe(2);
		for (const icon of described.icons) {
			expect(existsSync(join(installed, path, '..', icon.replace(/^file:/, '')))).toBe(true);
		}
		if (path.endsWith('.node.js')) {
			const codex = JSON.parse(
				readFileSync(join(installed, path.replace(/\.js$/, '.json')), 'utf8'),
			) as unknown;
			expect(codex).toMatchObject({ node: `n8n-nodes-moca-air.${described.name}` });
		}
	}
});

test('installs no second n8n-workflow: it uses the one of the n8n that loads it', () => {
	expect(readdirSync(join(installed, '..')).filter((name) => name.startsWith('n8n'))).toEqual([
		'n8n-nodes-moca-air',
	]);
	const resolved = node(
		`console.log(JSON.stringify(require.resolve('n8n-workflow', { paths: [${JSON.stringify(installed)}] })))`,
		{ NODE_PATH: join(root, 'node_modules') },
	);
	expect(String(resolved).startsWith(join(root, 'node_modules', 'n8n-workflow'))).toBe(true);
});

test('has only the few agreed runtime dependencies, and runs nothing on install', () => {
	const { dependencies, peerDependencies, scripts = {} } = manifest();
	expect(Object.keys(dependencies).sort()).toEqual([
		'ajv',
		'ajv-formats',
		'commander',
		'jose',
		'lossless-json',
		'pg',
		'proxy-from-env',
		'undici',
		'zod',
	]);
	expect(peerDependencies).toEqual({ 'n8n-workflow': '*' });
	for (const hook of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
		expect(scripts).not.toHaveProperty(hook);
	}
});

test('loading a node loads neither undici nor jose: they come with the first call', () => {
	const { n8n } = manifest();
	const loaded = node(
		`for (const path of ${JSON.stringify(n8n.nodes.map((path) => join(installed, path)))}) require(path);
		console.log(JSON.stringify(Object.keys(require.cache).filter((file) => /node_modules.(undici|jose)./.test(file))))`,
		{ NODE_PATH: join(root, 'node_modules') },
	);
	expect(loaded).toEqual([]);
});

test('npx finds the command, and it finds what it needs', () => {
	const npx = (...argv: string[]) => {
		const { status, stdout, stderr } = spawnSync(
			'npx',
			['--no', '--', 'n8n-nodes-moca-air', ...argv],
			{
				cwd: packagesFolder(folder),
				encoding: 'utf8',
				env: {
					...process.env,
					// The command runs with the first node that is found.
					PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
					N8N_USER_FOLDER: folder,
					MOCA_AIR_LEDGER_URL: '',
				},
			},
		);
		return { status, stdout, stderr };
	};
	expect(npx('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
	const missing = npx('ledger', 'status');
	expect(missing).toMatchObject({ status: 1, stdout: '' });
	expect(missing.stderr).toContain('There is no ledger at');
});
