import {
	chmodSync,
	copyFileSync,
	mkdirSync,
	mkdtempSync,
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
import { startServer, type JwksHost, type Server } from './JwksHost';

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
	beforeStart: (jwksJson: string) => Promise<void>,
): Promise<JwksHost> {
	const port = await freePort();
	let server: Server | undefined;
	const stop = async () => {
		await server?.stop();
		server = undefined;
	};
	return {
		url: urlOn(port),
		publish: async (jwksJson) => {
			await stop();
			await beforeStart(jwksJson);
			server = await start(port);
		},
		close: async () => {
			await stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function saveIn(folder: string): (jwksJson: string) => Promise<void> {
	return (jwksJson) => {
		writeFileSync(join(folder, 'jwks.json'), jwksJson);
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
const workerdConfig = (port: number) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "jwks.json", json = embed "jwks.json")
  ],
  compatibilityDate = "2026-01-01"
);
`;

/** Cloudflare's own runtime. */
async function workerHost(): Promise<JwksHost> {
	const folder = makeFolder();
	copyFileSync(snippet('cloudflare-worker', 'worker.js'), join(folder, 'worker.js'));
	const start = (port: number) => {
		writeFileSync(join(folder, 'config.capnp'), workerdConfig(port));
		return startServer({
			command: node24(),
			args: [workerd, 'serve', 'config.capnp'],
			cwd: folder,
			url: urlOn(port),
		});
	};
	return await restarting(folder, start, saveIn(folder));
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
	const route = join(folder, 'app', '.well-known', 'jwks.json');
	mkdirSync(route, { recursive: true });
	copyFileSync(snippet('nextjs', 'route.js'), join(route, 'route.js'));
	for (const [name, text] of Object.entries(nextProject(installed, config))) {
		writeFileSync(join(folder, name), text);
	}
	const next = join(installed, 'node_modules', 'next', 'dist', 'bin', 'next');
	const env = { PATH: pathWithNode24(), HOME: folder, CI: '1', NEXT_TELEMETRY_DISABLED: '1' };
	const build = async (jwksJson: string) => {
		writeFileSync(join(route, 'jwks.json'), jwksJson);
		await run(node24(), [next, 'build'], {
			what: 'building the Next.js app',
			log,
			cwd: folder,
			env,
		});
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
		publish: async (jwksJson) => {
			const file = join(folder, 'jwks.json');
			writeFileSync(file, jwksJson);
			const args = [snippet('nginx', 'publish.sh'), file, www];
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
