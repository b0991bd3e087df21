import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { run } from './command';
import { withLock } from './lock';
import type { Log } from './log';
import { npmEnvironment } from './npmEnvironment';
import { checkout, tested } from './paths';

/** Where n8n looks for community packages. */
export function packagesFolder(userFolder: string): string {
	return join(userFolder, '.n8n', 'nodes');
}

/**
 * Packs the checkout as `npm publish` would. It must have been built.
 *
 * @returns the tarball's path
 */
export async function pack(intoFolder: string, log: Log): Promise<string> {
	await mkdir(intoFolder, { recursive: true });
	const output = await run(
		'npm',
		['pack', '--silent', '--ignore-scripts', '--pack-destination', intoFolder],
		{ what: 'packing', log, cwd: tested, env: npmEnvironment() },
	);
	const name = output.trim().split('\n').at(-1) ?? '';
	const tarball = join(intoFolder, name);
	if (!name.endsWith('.tgz') || !existsSync(tarball)) {
		throw new Error(`npm pack did not say what it packed: ${output}`);
	}
	return tarball;
}

/**
 * Writes the same manifest as n8n at its first start. Without one, npm would install into the nearest
 * parent folder that has one.
 */
async function ensureManifest(folder: string): Promise<void> {
	const file = join(folder, 'package.json');
	if (existsSync(file)) return;
	const manifest = { name: 'installed-nodes', private: true, dependencies: {} };
	await writeFile(file, JSON.stringify(manifest, null, 2));
}

/**
 * Installs a tarball as n8n's documentation tells a self-hoster to: by npm, in `~/.n8n/nodes`. n8n
 * finds it when it starts next. npm uses its cache first, which already has our dependencies.
 */
export async function installPackage(options: {
	userFolder: string;
	tarball: string;
	log: Log;
}): Promise<void> {
	const { userFolder, tarball, log } = options;
	const cwd = packagesFolder(userFolder);
	await mkdir(cwd, { recursive: true });
	await ensureManifest(cwd);
	await run('npm', ['install', tarball, '--prefer-offline', '--no-audit', '--no-fund'], {
		what: 'installing the package into n8n',
		log,
		cwd,
		env: npmEnvironment(),
	});
}

/** Copies the packages of one user folder to another, as if several processes ran the same image. */
export function copyPackages(fromUserFolder: string, toUserFolder: string): void {
	const to = packagesFolder(toUserFolder);
	mkdirSync(dirname(to), { recursive: true });
	cpSync(packagesFolder(fromUserFolder), to, { recursive: true, verbatimSymlinks: true });
}

/**
 * Packs the checkout and installs it; see `installPackage`. npm installs each tarball once; after that,
 * the result is copied.
 *
 * @returns the tarball's path
 */
export async function packAndInstall(options: { userFolder: string; log: Log }): Promise<string> {
	const { userFolder, log } = options;
	const tarball = await pack(userFolder, log);
	const hash = createHash('sha256').update(readFileSync(tarball)).digest('hex').slice(0, 12);
	const kept = join(checkout, '.artifacts', 'installed');
	const once = join(kept, hash);
	await withLock(`${kept}.lock`, log, async () => {
		if (!existsSync(join(once, 'complete'))) {
			await rm(kept, { recursive: true, force: true });
			await installPackage({ userFolder: once, tarball, log });
			assertNoSecondN8nWorkflow(once);
			await writeFile(join(once, 'complete'), '');
		}
		copyPackages(once, userFolder);
	});
	return tarball;
}

/**
 * Installs a tarball by the commands that n8n's own installer runs (Settings → Community nodes, 2.40.7):
 * unpacked into the folder of its name, without the manifest's development, peer and optional
 * dependencies, its dependencies below it. Only the download is left out.
 */
export async function installAsN8nDoes(options: {
	userFolder: string;
	tarball: string;
	log: Log;
}): Promise<string> {
	const { userFolder, tarball, log } = options;
	const folder = packagesFolder(userFolder);
	const cwd = join(folder, 'node_modules', 'n8n-nodes-moca-air');
	await mkdir(cwd, { recursive: true });
	await ensureManifest(folder);
	const unpack = ['-xzf', tarball, '-C', cwd, '--strip-components=1'];
	await run('tar', unpack, { what: 'unpacking the package', log, cwd: folder });
	const file = join(cwd, 'package.json');
	const manifest = z.looseObject({}).parse(JSON.parse(await readFile(file, 'utf8')));
	for (const part of ['devDependencies', 'peerDependencies', 'optionalDependencies']) {
		Reflect.deleteProperty(manifest, part);
	}
	await writeFile(file, JSON.stringify(manifest, null, 2));
	await run(
		'npm',
		[
			...['install', '--audit=false', '--fund=false', '--bin-links=false'],
			...['--install-strategy=shallow', '--ignore-scripts=true', '--package-lock=false'],
		],
		{ what: 'installing the package as n8n does', log, cwd, env: npmEnvironment() },
	);
	return cwd;
}

/**
 * The package would load a second n8n-workflow next to it: its errors would not be `instanceof` n8n's
 * own, and it would add 146 MB.
 */
function assertNoSecondN8nWorkflow(userFolder: string): void {
	const second = join(packagesFolder(userFolder), 'node_modules', 'n8n-workflow');
	if (existsSync(second))
		throw new Error(`the package has brought its own n8n-workflow: ${second}`);
}
