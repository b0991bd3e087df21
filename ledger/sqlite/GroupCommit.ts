import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, Session } from './Connection';

/** A transaction blocks the event loop, for at most this long … */
const LONGEST_BATCH_MS = 10;
/** … and then other work gets half as much time; waiting for the disk counts as such. */
const REST = { share: 0.5, mostMs: 15 };

interface Waiting {
	/** Runs in the transaction. @returns what to do once it is on the disk */
	readonly run: (session: Session) => () => void;
	readonly reject: (error: unknown) => void;
}

/**
 * Groups the writes of many callers into one transaction, so that they share the wait for the disk,
 * which is most of what a write costs. A write that comes alone is done at once; writes that come
 * during or right after another are done together, at most 50 ms later unless another process is in the
 * way. Each is on the disk when its caller gets the result, and one failure does not affect the others.
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

	/**
	 * Never throws: the callers that wait get the error. A write that fails is left out, and the others
	 * are written next.
	 */
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
			// The whole transaction is rolled back: all its writes are tried in the next one, except for the
			// one at fault.
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
