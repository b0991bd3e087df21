import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command';
import { withLock } from './lock';
import type { Log } from './log';
import { cacheFolder } from './paths';

/** Whether this process may install Debian packages; if not, the error shows the command to type. */
function mayInstall(): boolean {
	return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

/** Another apt (unattended-upgrades, say) holds the lock for a while: wait for it. */
const wait = ['-o', 'DPkg::Lock::Timeout=300'];

/** Runs one apt of ours at a time, because apt does not wait for the lock of the lists. */
const withApt = (log: Log, work: () => Promise<void>) =>
	withLock(join(cacheFolder(), 'apt.lock'), log, work);

/** A fresh machine has no package lists yet, and only root can fetch them. */
export async function aptUpdate(log: Log): Promise<void> {
	await withApt(log, async () => {
		await run('apt-get', [...wait, 'update', '-qq'], { what: 'apt-get update', log });
	});
}

/**
 * Installs Debian packages if this process is root on Debian.
 *
 * @param why what is impossible without them; the beginning of the error that is thrown if installing
 *   is not allowed
 */
export async function aptInstall(packages: string[], why: string, log: Log): Promise<void> {
	const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
	if (!mayInstall()) {
		throw new Error(`${why}. On Debian or Ubuntu: sudo apt-get update && sudo ${line}`);
	}
	log(`${why}: installing ${packages.join(', ')}`);
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await aptUpdate(log);
	await withApt(log, async () => {
		await run('apt-get', [...wait, ...line.split(' ').slice(1)], { what: line, log, env });
	});
}
