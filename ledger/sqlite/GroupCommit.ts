import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Session } from './Connection';

/** A transaction blocks the event loop: for no longer than this … */
const LONGEST_BATCH_MS = 10;
/** … and then it goes on with other things for half as long: the time for the disk counts. */
const REST = { share: 0.5, mostMs: 15 };

interface Waiting {
	/** Runs in the transaction. @returns what to do when it is on the disk */
	readonly run: (session: Session) => () => void;
	readonly reject: (error: unknown) => void;
}

/**
 * Writes of many callers in one transaction, so that they wait for the disk together: that is most of
 * what a write costs. A write that comes alone goes at once; those that come while others are being
 * written, or right after, are written together, 50 ms later at most unless another process is in the
 * way. Each is on the disk when its caller is told, and one that fails takes none of the others with it.
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

	/** Never throws: those that wait are told. What fails is left out, and the others are written next. */
	private async writeBatch(): Promise<void> {
		const waiting = this.queue.length;
		let began = 0;
		let ms = 0;
		let ends: (() => void)[] = [];
		let failing: Waiting | undefined;
		try {
			await this.connection.write((session) => {
				began = performance.now();
				ends = [];
				for (const one of this.queue) {
					failing = one;
					ends.push(one.run(session));
					if (performance.now() - began > LONGEST_BATCH_MS) break;
				}
				failing = undefined;
				ms = performance.now() - began;
			});
		} catch (error) {
			// The whole transaction is undone: all of it goes into the next one, except for the one to blame.
			const blamed = failing === undefined ? 0 : this.queue.indexOf(failing);
			const count = failing === undefined ? Math.max(waiting, ends.length) : 1;
			for (const { reject } of this.queue.splice(blamed, count)) reject(error);
			return;
		}
		this.restUntil = began + ms + Math.min(ms * REST.share, REST.mostMs);
		this.queue.splice(0, ends.length);
		for (const end of ends) end();
	}
}
