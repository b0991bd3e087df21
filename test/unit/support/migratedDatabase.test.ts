import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beginMigrated, hasNoDatabase, keepMigrated } from '../../../harness/migratedDatabase';

let folder: string;
let kept: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-migrated-'));
	kept = join(folder, 'kept', 'n8n-1');
});
afterEach(() => {
	rmSync(folder, { recursive: true, force: true });
});

/** A user folder as a first start leaves it, whose n8n still has its database open. */
function started(name: string): { userFolder: string; database: DatabaseSync } {
	const userFolder = join(folder, name);
	mkdirSync(join(userFolder, '.n8n'), { recursive: true });
	writeFileSync(join(userFolder, '.n8n', 'config'), `{"encryptionKey":"of ${name}"}`);
	const database = new DatabaseSync(join(userFolder, '.n8n', 'database.sqlite'));
	database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE t AS SELECT '${name}' AS made`);
	return { userFolder, database };
}

const madeBy = (userFolder: string) => {
	const database = new DatabaseSync(join(userFolder, '.n8n', 'database.sqlite'));
	const row = database.prepare('SELECT made FROM t').get();
	database.close();
	return row?.made;
};

test('an open database is kept, and the next folder begins with it', () => {
	const { userFolder, database } = started('first');
	expect(hasNoDatabase(userFolder)).toBe(false);
	keepMigrated(userFolder, kept);
	database.close();
	const next = join(folder, 'next');
	expect(hasNoDatabase(next)).toBe(true);
	expect(beginMigrated(next, kept)).toBe(true);
	expect(hasNoDatabase(next)).toBe(false);
	expect(madeBy(next)).toBe('first');
});

test('before the first start there is none to begin with', () => {
	const next = join(folder, 'next');
	expect(beginMigrated(next, kept)).toBe(false);
	expect(existsSync(next)).toBe(false);
});

test('of two that keep theirs at the same time one wins, with its own key, and nothing else is left', () => {
	for (const name of ['first', 'second']) {
		const { userFolder, database } = started(name);
		keepMigrated(userFolder, kept);
		database.close();
	}
	beginMigrated(join(folder, 'next'), kept);
	expect(madeBy(join(folder, 'next'))).toBe('first');
	expect(readdirSync(join(folder, 'kept'))).toEqual(['n8n-1']);
});
