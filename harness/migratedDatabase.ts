import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { keepFolder } from './keepFolder';

/** n8n's own database, and the settings with the key that encrypts values in it. */
const DATABASE = 'database.sqlite';
const SETTINGS = 'config';

const n8nFolder = (userFolder: string): string => join(userFolder, '.n8n');

/** Whether an n8n that starts in this folder must first create its SQLite database. */
export function hasNoDatabase(userFolder: string): boolean {
	return [DATABASE, SETTINGS].every((file) => !existsSync(join(n8nFolder(userFolder), file)));
}

/**
 * Copies the database that `keepMigrated` has kept, if any, into a folder without one: n8n's 261
 * migrations take three seconds of processor time, and each test file has its own n8n.
 *
 * @returns whether there was one
 */
export function beginMigrated(userFolder: string, kept: string): boolean {
	if (!existsSync(kept)) return false;
	const to = n8nFolder(userFolder);
	mkdirSync(to, { recursive: true });
	for (const file of [DATABASE, SETTINGS]) copyFileSync(join(kept, file), join(to, file));
	return true;
}

/**
 * Keeps the database of an n8n that has just started in an empty folder, before anybody has signed in.
 * Several processes may do so at once: one of them wins.
 */
export function keepMigrated(userFolder: string, kept: string): void {
	const from = n8nFolder(userFolder);
	keepFolder(kept, (folder) => {
		// Not a plain copy of the file, because n8n has it open.
		const database = new DatabaseSync(join(from, DATABASE), { readOnly: true });
		try {
			database.prepare('VACUUM INTO ?').run(join(folder, DATABASE));
		} finally {
			database.close();
		}
		copyFileSync(join(from, SETTINGS), join(folder, SETTINGS));
	});
}
