import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder of the cache, whole or not at all. Several processes may do so at once: one of them wins.
 *
 * @param kept - the folder
 * @param fill - puts everything into an empty folder, which then becomes this one
 */
export function keepFolder(kept: string, fill: (folder: string) => void): void {
	const temporary = `${kept}.tmp-${randomUUID().slice(0, 8)}`;
	mkdirSync(temporary, { recursive: true });
	fill(temporary);
	try {
		mkdirSync(dirname(kept), { recursive: true });
		renameSync(temporary, kept);
	} catch (error) {
		rmSync(temporary, { recursive: true, force: true });
		if (!existsSync(kept)) throw error;
	}
}
