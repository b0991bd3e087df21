import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Session } from './Connection';
import { sqliteFailure } from './failure';

/** The process stands still during a transaction: for no longer than this … */
const LONGEST_BATCH_MS = 15;
/** … and then it goes on with other things for as long: the time for the disk counts. */
const REST = { share: 1, mostMs: 15 };

interface Waiting {
	/** Runs in the transaction. @returns what to do when it is on the disk */
	readonly run: (session: Session) => () => void;
	readonly reject: (error: unknown) => void;
}

/**
 * Writes of many callers in one transaction, so that they wait for the disk together: that is most of
 * what a write costs. A write that comes alone goes at once; those that come while others are being
 * written, or right after, are written together, 50 ms later at most unless another process is in the
 * way. Each is on the disk when its caller is told, and one that fails takes none of the others along.
 */
export class GroupCommit {
	private queue: Waiting[] = [];
	private writing = false;
	private restUntil = 0;

	constructor(private readonly connection: Connection) {}

	/** See `Connection.write`. */
	async write<T>(work: (session: Session) => T): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			this.queue.push({
				run: (session) => {
					const result = work(session);
					return () => {
						resolve(result);
					};
				},
				reject,
			});
			if (!this.writing) void this.writeAll();
		});
	}

	private async writeAll(): Promise<void> {
		this.writing = true;
		while (this.queue.length > 0) {
			const rest = this.restUntil - performance.now();
			if (rest > 1) await sleep(rest);
			await this.writeBatch();
		}
		this.writing = false;
	}

	/** Never throws: whoever waits is told. */
	private async writeBatch(): Promise<void> {
		const waiting = this.queue.length;
		let began = 0;
		let ms = 0;
		let ends: (() => void)[] = [];
		try {
			await this.connection.write((session) => {
				began = performance.now();
				const alone = this.queue.length === 1;
				ends = [];
				ms = 0;
				for (const { run, reject } of this.queue) {
					ends.push(alone ? run(session) : apart(session, run, reject));
					if (performance.now() - began > LONGEST_BATCH_MS) break;
				}
				ms = performance.now() - began;
			});
		} catch (error) {
			const given = this.queue.splice(0, Math.max(waiting, ends.length));
			for (const { reject } of given) reject(error);
			return;
		}
		this.restUntil = began + ms + Math.min(ms * REST.share, REST.mostMs);
		this.queue.splice(0, ends.length);
		for (const end of ends) end();
	}
}

/** One write among others: if it fails, what it wrote is undone, and the rest stays. */
function apart(
	session: Session,
	run: Waiting['run'],
	reject: (error: unknown) => void,
): () => void {
	session.script('SAVEPOINT one');
	try {
		const end = run(session);
		session.script('RELEASE one');
		return end;
	} catch (error) {
		try {
			session.script('ROLLBACK TO one; RELEASE one');
		} catch {
			// SQLite has ended the whole transaction, of which nothing is written: this is why.
			throw error;
		}
		return () => {
			reject(sqliteFailure(error));
		};
	}
}
