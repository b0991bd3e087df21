import { existsSync, globSync, mkdirSync, mkdtempSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './command';
import { aptUpdate } from './debian';
import { withLock } from './lock';
import type { Log } from './log';
import { cacheFolder } from './paths';

const system = '/usr/sbin/nginx';

/**
 * Returns Debian's nginx. If it is not installed, its package is only unpacked into the cache:
 * installing it would start a service on port 80.
 */
export async function ensureNginx({ log }: { log: Log }): Promise<string> {
	if (existsSync(system)) return system;
	const dir = join(cacheFolder(), 'nginx');
	const binary = join(dir, 'usr', 'sbin', 'nginx');
	if (!existsSync(binary)) {
		await withLock(`${dir}.lock`, log, async () => {
			if (!existsSync(binary)) await unpack(dir, log);
		});
	}
	return binary;
}

async function download(cwd: string, log: Log): Promise<void> {
	await run('apt-get', ['download', '-qq', 'nginx'], { what: 'downloading nginx', log, cwd });
}

async function unpack(dir: string, log: Log): Promise<void> {
	mkdirSync(dirname(dir), { recursive: true });
	const temporary = mkdtempSync(`${dir}.tmp-`);
	try {
		log('nginx is missing: unpacking Debian’s');
		await download(temporary, log).catch(async () => {
			await aptUpdate(log);
			await download(temporary, log);
		});
		for (const file of globSync('*.deb', { cwd: temporary })) {
			await run('dpkg-deb', ['-x', file, '.'], { what: 'unpacking nginx', log, cwd: temporary });
		}
		await run(join(temporary, 'usr', 'sbin', 'nginx'), ['-V'], { what: 'trying nginx', log });
		await rm(dir, { recursive: true, force: true });
		await rename(temporary, dir);
	} catch (error) {
		await rm(temporary, { recursive: true, force: true });
		throw new Error('nginx is missing. On Debian or Ubuntu: sudo apt-get install nginx', {
			cause: error,
		});
	}
}
