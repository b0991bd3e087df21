import { createHash, randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { run } from './command';
import { withLock } from './lock';
import type { Log } from './log';
import { npmEnvironment } from './npmEnvironment';
import { cacheFolder, node24 } from './paths';

/** An install from a folder that contains only a package.json and its lockfile. */
export interface NpmInstall {
	readonly definition: string;
	/** Names the folder in the cache, with the version, e.g. `n8n-2.40.7`. */
	readonly name: string;
	/** The expected time and size, for the log, e.g. `some minutes, 2 GB`. */
	readonly cost: string;
	/** Work to do in the folder after npm. */
	readonly finish?: (folder: string) => Promise<void>;
	readonly log: Log;
}

const files = ['package.json', 'package-lock.json'];
const marker = '.complete';

/** One folder per lockfile and Node version, so that a changed lockfile never uses an old install. */
async function target({ definition, name, log }: NpmInstall): Promise<string> {
	const node = await run(node24(), ['--version'], { what: 'asking for the version of Node', log });
	const hash = createHash('sha256');
	for (const file of files) hash.update(readFileSync(join(definition, file)));
	hash.update(node.split('.')[0] ?? node);
	return join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** Removes folders of killed installs; only called while we hold the lock, so none is in use. */
async function removeLeftovers(dir: string): Promise<void> {
	for (const name of readdirSync(dirname(dir))) {
		if (name.startsWith(`${basename(dir)}.tmp-`)) {
			await rm(join(dirname(dir), name), { recursive: true, force: true, maxRetries: 3 });
		}
	}
	await rm(dir, { recursive: true, force: true });
}

async function install(dir: string, wanted: NpmInstall): Promise<void> {
	const { definition, name, cost, finish, log } = wanted;
	await removeLeftovers(dir);
	const temporary = `${dir}.tmp-${randomUUID().slice(0, 8)}`;
	mkdirSync(temporary, { recursive: true });
	try {
		for (const file of files) copyFileSync(join(definition, file), join(temporary, file));
		log(`installing ${name} into ${dir}: once, ${cost}`);
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
			{ what: `installing ${name}`, log, cwd: temporary, env: npmEnvironment() },
		);
		await finish?.(temporary);
		await writeFile(join(temporary, marker), `${name}\n`);
		await rename(temporary, dir);
	} catch (error) {
		await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
		throw error;
	}
}

/**
 * Installs npm packages on first use, into a cache folder outside the checkout, so that it happens
 * once and not for every clone. Safe to call from several processes at once.
 *
 * @returns the folder with `node_modules`
 */
export async function ensureNpmInstall(wanted: NpmInstall): Promise<string> {
	const dir = await target(wanted);
	const complete = (): boolean => existsSync(join(dir, marker));
	if (!complete()) {
		await withLock(`${dir}.lock`, wanted.log, async () => {
			if (!complete()) await install(dir, wanted);
		});
	}
	return dir;
}
