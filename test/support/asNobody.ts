import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The user that owns nothing. */
const NOBODY = 65534;

const isRoot = process.geteuid?.() === 0;

/** Gives a folder and its content to that user if we are root: for root, permissions do not count. */
export function giveToNobody(folder: string): void {
	if (!isRoot) return;
	for (const name of ['', ...readdirSync(folder, { recursive: true })]) {
		chownSync(join(folder, String(name)), NOBODY, NOBODY);
	}
}

/** Runs `work` as a user for whom permissions count when a file is opened. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
	if (!isRoot) return await work();
	process.seteuid?.(NOBODY);
	try {
		return await work();
	} finally {
		process.seteuid?.(0);
	}
}
