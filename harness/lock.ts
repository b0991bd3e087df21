import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log';

const retryMs = 500;
const tellEveryMs = 10_000;

/** SQLite's error while another process is in a transaction. */
const sqliteBusy = 5;

/** Not `instanceof Error`: inside jest, errors of Node's own modules come from another realm. */
function isBusy(error: unknown): boolean {
	return (
		typeof error === 'object' &&
		error !== null &&
		'errcode' in error &&
		error.errcode === sqliteBusy
	);
}

function tryLock(file: string): DatabaseSync | undefined {
	const database = new DatabaseSync(file);
	try {
		database.exec('BEGIN EXCLUSIVE');
		return database;
	} catch (error) {
		database.close();
		if (isBusy(error)) return undefined;
		throw error;
	}
}

/**
 * Runs `work` while no other process runs work under the same lock file.
 *
 * The lock is an open SQLite transaction, because the operating system releases it when the process
 * ends: a killed process leaves no stale lock behind, and no process ID has to be checked.
 */
export async function withLock<T>(file: string, log: Log, work: () => Promise<T>): Promise<T> {
	mkdirSync(dirname(file), { recursive: true });
	let held = tryLock(file);
	for (let waited = 0; held === undefined; waited += retryMs) {
		if (waited % tellEveryMs === 0) log(`waiting for another process that holds ${file}`);
		await sleep(retryMs);
		held = tryLock(file);
	}
	try {
		return await work();
	} finally {
		held.close();
	}
}
