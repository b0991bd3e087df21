import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The user that owns nothing, on Linux and macOS the same to look at. */
const NOBODY = 65534;

const isRoot = process.geteuid?.() === 0;

function give(path: string): void {
	chownSync(path, NOBODY, NOBODY);
}

/**
 * Runs `work` as a user for whom permissions count: for root they do not, so root gives the folder
 * away and becomes somebody else meanwhile.
 *
 * @param folder - what `work` has to do with; given away with the files in it, and their folders
 */
export async function asNobody<T>(folder: string, work: () => Promise<T>): Promise<T> {
	if (!isRoot) return await work();
	give(folder);
	for (const name of readdirSync(folder, { recursive: true })) give(join(folder, String(name)));
	process.seteuid?.(NOBODY);
	try {
		return await work();
	} finally {
		process.seteuid?.(0);
	}
}
