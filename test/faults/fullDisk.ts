import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder on a disk that can be made full. */
export interface FullDisk {
	readonly folder: string;
	/** From now on nothing more can be written. */
	fill(): void;
	/** There is room again. */
	free(): void;
	close(): void;
}

const KILOBYTE = 1024;

/** A disk of its own, in memory; only root may have one. */
function inMemory(folder: string): FullDisk | undefined {
	const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
	if (status !== 0) return undefined;
	const filler = join(folder, 'filler');
	return {
		folder,
		fill: () => {
			for (let size = 1024; size >= 1; size = Math.floor(size / 2)) {
				for (let full = false; !full;) {
					try {
						writeFileSync(filler, Buffer.alloc(size * KILOBYTE), { flag: 'a' });
					} catch {
						full = true;
					}
				}
			}
		},
		free: () => {
			rmSync(filler, { force: true });
		},
		close: () => {
			execFileSync('umount', ['--lazy', folder]);
		},
	};
}

/** No file of this process may grow: what the disk says then is another word for the same. */
function byLimit(folder: string, file: string): FullDisk {
	const limit = (bytes: number | 'unlimited') =>
		execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
	return {
		folder,
		fill: () => {
			const sizes = [file, `${file}-wal`].map((one) => (existsSync(one) ? statSync(one).size : 0));
			limit(Math.min(...sizes.filter((size) => size > 0)));
		},
		free: () => limit('unlimited'),
		close: () => limit('unlimited'),
	};
}

/** @param fileIn - the file that is to find no room, in the folder */
export function fullDisk(fileIn: (folder: string) => string): FullDisk {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-disk-'));
	const disk = inMemory(folder) ?? byLimit(folder, fileIn(folder));
	return {
		...disk,
		close: () => {
			disk.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
