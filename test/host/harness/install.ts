import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { run } from './command';
import { withLock } from './lock';
import type { Log } from './log';
import { npmEnvironment } from './npmEnvironment';
import { cacheFolder, node24 } from './paths';
import { buildSqlite } from './sqlite';

/** An installed n8n. */
export interface N8nInstall {
	/** The folder with `node_modules`. */
	dir: string;
	version: string;
	/** n8n's start script; run it with Node 24. */
	bin: string;
}

const definition = join(__dirname, '..', 'n8n');
const files = ['package.json', 'package-lock.json'];
const marker = '.complete';

function wantedVersion(): string {
	const manifest: unknown = JSON.parse(readFileSync(join(definition, 'package.json'), 'utf8'));
	return z.object({ dependencies: z.object({ n8n: z.string() }) }).parse(manifest).dependencies.n8n;
}

/** One folder for each lockfile and Node: a changed lockfile never meets an old install. */
async function target(version: string, log: Log): Promise<string> {
	const node = await run(node24(), ['--version'], { what: 'asking for the version of Node', log });
	const hash = createHash('sha256');
	for (const file of files) hash.update(readFileSync(join(definition, file)));
	hash.update(node.split('.')[0] ?? node);
	return join(cacheFolder(), `n8n-${version}-${hash.digest('hex').slice(0, 12)}`);
}

/** What killed installs left behind; only called while we hold the lock, so none is in use. */
async function removeLeftovers(dir: string): Promise<void> {
	for (const name of readdirSync(dirname(dir))) {
		if (name.startsWith(`${basename(dir)}.tmp-`)) {
			await rm(join(dirname(dir), name), { recursive: true, force: true, maxRetries: 3 });
		}
	}
	await rm(dir, { recursive: true, force: true });
}

async function install(dir: string, version: string, log: Log): Promise<void> {
	await removeLeftovers(dir);
	const temporary = `${dir}.tmp-${randomUUID().slice(0, 8)}`;
	mkdirSync(temporary, { recursive: true });
	try {
		for (const file of files) copyFileSync(join(definition, file), join(temporary, file));
		log(`installing n8n ${version} into ${dir}: once, some minutes, 2 GB`);
		// Not `npm ci`: it refuses a lockfile without optional packages for other systems.
		await run(
			'npm',
			[
				'install',
				'--legacy-peer-deps',
				'--ignore-scripts',
				'--no-audit',
				'--no-fund',
				'--prefer-offline',
			],
			{ what: `installing n8n ${version}`, log, cwd: temporary, env: npmEnvironment() },
		);
		await buildSqlite(temporary, log);
		await writeFile(join(temporary, marker), `n8n ${version}\n`);
		await rename(temporary, dir);
	} catch (error) {
		await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
		throw error;
	}
}

/**
 * Gives an installed n8n, installing it on first use: into a cache folder outside the checkout, so
 * that it happens once and not with every clone. Safe to call from several processes at once.
 */
export async function ensureN8n({ log }: { log: Log }): Promise<N8nInstall> {
	const version = wantedVersion();
	const dir = await target(version, log);
	const complete = (): boolean => existsSync(join(dir, marker));
	if (!complete()) {
		await withLock(`${dir}.lock`, log, async () => {
			if (!complete()) await install(dir, version, log);
		});
	}
	return { dir, version, bin: join(dir, 'node_modules', 'n8n', 'bin', 'n8n') };
}
