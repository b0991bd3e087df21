import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packAndInstall, packagesFolder } from '../harness/installPackage';
import { N8nApi, owner } from '../harness/n8nApi';
import { startN8n } from '../harness/n8nProcess';
import { startDemoAir } from './demoAir';
import { loadExamples } from './loadExamples';
import { buildPackage, root } from './package';

/**
 * `npm run dev`: a real n8n whose editor shows saved changes to the sources, with the emulated AIR and a
 * matching credential. Workflows are kept between runs; `-- --fresh` starts over.
 *
 * n8n reloads a package only if it is copied into the folder of packages, and its files are overwritten
 * in place: it compares real paths, so a link to the checkout is never reloaded.
 */
const userFolder = join(root, '.artifacts', 'dev');
const installed = join(packagesFolder(userFolder), 'node_modules', 'n8n-nodes-moca-air', 'dist');
const CREDENTIAL = 'Moca AIR';

/** Files that are copied, not compiled; see gulpfile.js. */
const ASSETS = ['icons', 'nodes', 'credentials'];

const log = (line: string) => {
	console.log(line);
};

/** Compiles into the installed copy, and again whenever a source is saved; ends with this process. */
async function compileOnSave(): Promise<void> {
	const tsc = spawn(
		process.execPath,
		[
			join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
			...[
				'-p',
				'tsconfig.build.json',
				'--outDir',
				installed,
				'--sourceMap',
				'--watch',
				'--preserveWatchOutput',
			],
		],
		{ cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
	);
	process.once('exit', () => tsc.kill());
	await new Promise<void>((resolve) => {
		tsc.stdout.setEncoding('utf8').on('data', (text: string) => {
			const lines = text.split('\n').filter((line) => line.trim() !== '');
			lines.forEach((line) => {
				log(`tsc: ${line}`);
			});
			if (text.includes('Watching for file changes')) resolve();
		});
	});
}

function copyOnSave(): void {
	for (const folder of ASSETS) {
		watch(join(root, folder), { recursive: true }, (_event, name) => {
			if (name === null || !['.svg', '.json'].includes(extname(name))) return;
			const from = join(root, folder, name);
			// Editors write a new file first, and then rename it.
			if (!existsSync(from) || !statSync(from).isFile()) return;
			const to = join(installed, folder, name);
			mkdirSync(dirname(to), { recursive: true });
			cpSync(from, to);
			log(`copied ${folder}/${name}`);
		});
	}
}

async function signIn(url: string, fields: Record<string, string | number>): Promise<void> {
	const api = await N8nApi.signIn(url);
	const known = (await api.credentials.list()).find(({ name }) => name === CREDENTIAL);
	if (known !== undefined) {
		// The emulated AIR has new keys each time.
		await api.credentials.update(known.id, fields);
		return;
	}
	const { id } = await api.credentials.create('mocaAirApi', CREDENTIAL, fields);
	await loadExamples(api, { id, name: CREDENTIAL });
	log('loaded all examples');
}

async function dev(port: number | undefined, inspect: boolean): Promise<void> {
	buildPackage();
	rmSync(packagesFolder(userFolder), { recursive: true, force: true });
	await packAndInstall({ userFolder, log });
	await compileOnSave();
	copyOnSave();
	const air = await startDemoAir(undefined, true);
	const ca = join(userFolder, 'issuer.pem');
	if (air.issuer !== undefined) writeFileSync(ca, air.issuer.ca);
	const n8n = await startN8n({
		userFolder,
		...(port === undefined ? {} : { port }),
		env: {
			N8N_DEV_RELOAD: 'true',
			NODE_EXTRA_CA_CERTS: ca,
			...(inspect ? { NODE_OPTIONS: '--inspect=127.0.0.1:9229' } : {}),
		},
		log,
	});
	await signIn(n8n.url, air.credential);
	log(`the editor is at ${n8n.url}: ${owner.email}, password ${owner.password}`);
	log(`AIR is emulated at ${air.emulator.baseUrl}`);
	log('a published trigger keeps the old code until its workflow is published again');
	log('press Ctrl-C to end');
	await new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const) {
			process.once(signal, () => {
				resolve();
			});
		}
	});
	await n8n.stop();
	await air.close();
}

const { values } = parseArgs({
	options: {
		fresh: { type: 'boolean', default: false },
		inspect: { type: 'boolean', default: false },
		port: { type: 'string' },
	},
});
if (values.fresh) rmSync(userFolder, { recursive: true, force: true });
dev(values.port === undefined ? undefined : Number(values.port), values.inspect).then(
	() => process.exit(0),
	(error: unknown) => {
		console.error(error);
		process.exit(1);
	},
);
