import { setImmediate as turn } from 'node:timers/promises';

/** As many as one execution can have in flight at once. */
const MOST = 100;

interface Waiting<Item, Result> {
	readonly item: Item;
	readonly resolve: (result: Result | Promise<Result>) => void;
}

/** How a batch is written. */
export interface Writes<Item, Result> {
	/**
	 * Writes all in one transaction, or none. @returns in their order; undefined for an item that must be
	 * written alone
	 */
	readonly together: (items: readonly Item[]) => Promise<(Result | undefined)[]>;
	readonly alone: (item: Item) => Promise<Result>;
}

/**
 * Groups the writes of many callers into one transaction, so that they share its round trips and its
 * wait for the disk. An item that comes alone is written at once; items that come during a write are
 * written together next. If a batch fails, each item is written alone, so that one failure does not
 * affect the others, and each caller gets its own result.
 */
export class Batches<Item, Result> {
	private queue: Waiting<Item, Result>[] = [];
	private writing = false;

	constructor(private readonly writes: Writes<Item, Result>) {}

	async write(item: Item): Promise<Result> {
		return await new Promise<Result>((resolve) => {
			this.queue.push({ item, resolve });
			if (!this.writing) void this.writeAll();
		});
	}

	private async writeAll(): Promise<void> {
		this.writing = true;
		while (this.queue.length > 0) {
			// Items that come in this turn of the event loop join the batch.
			await turn();
			await this.writeSome(this.queue.splice(0, MOST));
		}
		this.writing = false;
	}

	/** Never throws: the callers that wait get the error. */
	private async writeSome(waiting: readonly Waiting<Item, Result>[]): Promise<void> {
		const results = waiting.length === 1 ? [] : await this.tryTogether(waiting);
		const rest = waiting.map(async ({ item, resolve }, index) => {
			const result = results[index] ?? this.writes.alone(item);
			resolve(result);
			await result;
		});
		// Items left over from a batch are rare, and the next batch does not wait for them.
		if (waiting.length === 1) await Promise.allSettled(rest);
		else void Promise.allSettled(rest);
	}

	private async tryTogether(
		waiting: readonly Waiting<Item, Result>[],
	): Promise<(Result | undefined)[]> {
		try {
			return await this.writes.together(waiting.map(({ item }) => item));
		} catch {
			// Written alone, only the item at fault fails.
			return [];
		}
	}
}
