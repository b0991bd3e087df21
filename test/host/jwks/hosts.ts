import {
	chmodSync,
	copyFileSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../harness/command';
import { freePort } from '../../../harness/freePort';
import type { Log } from '../../../harness/log';
import { ensureNginx } from '../../../harness/nginx';
import { ensureNpmInstall } from '../../../harness/npmInstall';
import { checkout, node24, pathWithNode24 } from '../../../harness/paths';
import { startServer, type Documents, type JwksHost, type Server } from './JwksHost';

const snippet = (...path: string[]) => join(checkout, 'dist', 'jwks', ...path);

const urlOn = (port: number) => `http://127.0.0.1:${port}/.well-known/jwks.json`;

/** A folder that goes away with the host. */
function makeFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-jwks-'));
	// nginx's worker is another user.
	chmodSync(folder, 0o755);
	return folder;
}

/** A server that reads jwks.json once, when it starts. */
async function restarting(
	folder: string,
	start: (port: number) => Promise<Server>,
	beforeStart: (jwksJson: string, documents?: Documents) => Promise<void>,
): Promise<JwksHost> {
	const port = await freePort();
	let server: Server | undefined;
	const stop = async () => {
		await server?.stop();
		server = undefined;
	};
	return {
		url: urlOn(port),
		publish: async (jwksJson, documents) => {
			await stop();
			await beforeStart(jwksJson, documents);
			server = await start(port);
		},
		close: async () => {
			await stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** @returns the names of the files */
function write(folder: string, jwksJson: string, documents: Documents = {}): string[] {
	const files = { ...documents, 'jwks.json': jwksJson };
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	return Object.keys(files);
}

function saveIn(folder: string): (jwksJson: string, documents?: Documents) => Promise<void> {
	return (jwksJson, documents) => {
		write(folder, jwksJson, documents);
		return Promise.resolve();
	};
}

/** `node server.mjs jwks.json` */
async function nodeHost(): Promise<JwksHost> {
	const folder = makeFolder();
	copyFileSync(snippet('node', 'server.mjs'), join(folder, 'server.mjs'));
	const start = (port: number) =>
		startServer({
			command: node24(),
			args: ['server.mjs', 'jwks.json'],
			cwd: folder,
			env: { PORT: String(port) },
			url: urlOn(port),
		});
	return await restarting(folder, start, saveIn(folder));
}

const workerd = join(checkout, 'node_modules', 'workerd', 'bin', 'workerd');

/** What wrangler makes of the folder, for workerd: the modules and a socket. */
const workerdConfig = (port: number, main: string, files: readonly string[]) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [
    ${[main, 'worker.js']
			.filter((name, index, names) => names.indexOf(name) === index)
			.map((name) => `(name = "${name}", esModule = embed "${name}"),`)
			.join('\n    ')}
    ${files.map((name) => `(name = "${name}", json = embed "${name}")`).join(',\n    ')}
  ],
  compatibilityDate = "2026-01-01"
);
`;

/** Cloudflare's own runtime. */
async function workerHost(): Promise<JwksHost> {
	const folder = makeFolder();
	for (const name of ['worker.js', 'issuer.js']) {
		copyFileSync(snippet('cloudflare-worker', name), join(folder, name));
	}
	let files: string[] = [];
	const start = (port: number) => {
		const main = files.includes('did.json') ? 'issuer.js' : 'worker.js';
		writeFileSync(join(folder, 'config.capnp'), workerdConfig(port, main, files));
		return startServer({
			command: node24(),
			args: [workerd, 'serve', 'config.capnp'],
			cwd: folder,
			url: urlOn(port),
		});
	};
	return await restarting(folder, start, (jwksJson, documents) => {
		files = write(folder, jwksJson, documents);
		return Promise.resolve();
	});
}

/** What a project has besides the snippet. Next.js must be found within the root. */
const nextProject = (root: string, config: object) => ({
	'next.config.js': `module.exports = ${JSON.stringify({ turbopack: { root }, ...config })};\n`,
	'app/layout.js':
		'export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n',
});

async function nextApp(log: Log, config: object) {
	const installed = await ensureNpmInstall({
		definition: join(__dirname, '..', 'nextjs'),
		name: 'nextjs',
		cost: 'a minute, 400 MB',
		log,
	});
	const folder = mkdtempSync(join(installed, 'app-'));
	const wellKnown = join(folder, 'app', '.well-known');
	const route = join(wellKnown, 'jwks.json');
	mkdirSync(route, { recursive: true });
	copyFileSync(snippet('nextjs', 'route.js'), join(route, 'route.js'));
	for (const [name, text] of Object.entries(nextProject(installed, config))) {
		writeFileSync(join(folder, name), text);
	}
	const next = join(installed, 'node_modules', 'next', 'dist', 'bin', 'next');
	const env = {
		PATH: pathWithNode24(),
		HOME: folder,
		CI: '1',
		NEXT_TELEMETRY_DISABLED: '1',
	};
	const built = join(folder, '.next');
	/** By what was published: a copy of what was built, without what the next build is quicker with. */
	const builds = new Map<string, string>();
	const build = async (jwksJson: string, documents: Documents = {}) => {
		const published = JSON.stringify([jwksJson, documents]);
		const known = builds.get(published);
		if (known !== undefined) {
			for (const name of readdirSync(known)) {
				rmSync(join(built, name), { recursive: true, force: true });
			}
			cpSync(known, built, { recursive: true });
			return;
		}
		writeFileSync(join(route, 'jwks.json'), jwksJson);
		for (const [file, text] of Object.entries(documents)) {
			const name = file === 'did.json' ? file : file.replace(/\.json$/, '');
			cpSync(snippet('nextjs', 'issuer', name), join(wellKnown, name), { recursive: true });
			writeFileSync(join(wellKnown, name, file), text);
		}
		await run(node24(), [next, 'build'], {
			what: 'building the Next.js app',
			log,
			cwd: folder,
			env,
		});
		const copy = join(folder, `built-${builds.size}`);
		const cache = join(built, 'cache');
		cpSync(built, copy, { recursive: true, filter: (path) => path !== cache });
		builds.set(published, copy);
	};
	const start = (port: number) =>
		startServer({
			command: node24(),
			args: [next, 'start', '-H', '127.0.0.1', '-p', String(port)],
			cwd: folder,
			env,
			url: urlOn(port),
		});
	return { folder, build, start };
}

/** @param config - of the project that the snippet is put into */
export async function nextHost(log: Log, config: object = {}): Promise<JwksHost> {
	const { folder, build, start } = await nextApp(log, config);
	return await restarting(folder, start, build);
}

/** A project that `next build` turns into files, for any web server. */
export async function nextExport(log: Log) {
	const { folder, build } = await nextApp(log, { output: 'export' });
	return {
		/** @returns what a web server would send for the JWKS */
		publish: async (jwksJson: string) => {
			await build(jwksJson);
			return readFileSync(join(folder, 'out', '.well-known', 'jwks.json'), 'utf8');
		},
		close: () => {
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

const nginxConfig = (port: number) => `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	server {
		listen 127.0.0.1:${port};
		include jwks.conf;
	}
}
`;

/** Debian's nginx, with the files in a folder of the test's. */
async function nginxHost(log: Log): Promise<JwksHost> {
	const nginx = await ensureNginx({ log });
	const folder = makeFolder();
	const port = await freePort();
	const www = join(folder, 'www');
	const conf = readFileSync(snippet('nginx', 'jwks.conf'), 'utf8');
	writeFileSync(join(folder, 'jwks.conf'), conf.replaceAll('/var/www/moca-air', www));
	writeFileSync(join(folder, 'nginx.conf'), nginxConfig(port));
	const server = await startServer({
		command: nginx,
		args: ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'],
		cwd: folder,
		url: urlOn(port),
	});
	return {
		url: urlOn(port),
		publish: async (jwksJson, documents) => {
			const files = write(folder, jwksJson, documents).map((name) => join(folder, name));
			const args = [snippet('nginx', 'publish.sh'), ...files, www];
			await run('sh', args, { what: 'publishing', log, cwd: folder });
		},
		close: async () => {
			await server.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Every way of hosting that comes as a snippet. */
export const HOSTS = {
	'Node.js': nodeHost,
	nginx: nginxHost,
	'Cloudflare Worker': workerHost,
	'Next.js': async (log: Log) => await nextHost(log),
} satisfies Record<string, (log: Log) => Promise<JwksHost>>;
