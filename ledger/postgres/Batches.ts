import { setImmediate as turn } from 'node:timers/promises';

/** As many as can be under way at once in one execution. */
const MOST = 100;

interface Waiting<Item, Result> {
	readonly item: Item;
	readonly resolve: (result: Result | Promise<Result>) => void;
}

/** How items are written. */
export interface Writes<Item, Result> {
	/** All in one transaction, or none. @returns in their order; undefined: to be written alone */
	readonly together: (items: readonly Item[]) => Promise<(Result | undefined)[]>;
	readonly alone: (item: Item) => Promise<Result>;
}

/**
 * Writes of many callers in one transaction, so that they share its round trips and wait for the disk
 * together. An item that comes alone is written at once; those that come while others are being
 * written are written together next. If that fails, each is written alone: so one that fails takes
 * none of the others with it, and each caller is told about its own.
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
			// What else comes in this turn of the event loop goes along.
			await turn();
			await this.writeSome(this.queue.splice(0, MOST));
		}
		this.writing = false;
	}

	/** Never throws: those that wait are told. */
	private async writeSome(waiting: readonly Waiting<Item, Result>[]): Promise<void> {
		const results = waiting.length === 1 ? [] : await this.tryTogether(waiting);
		const rest = waiting.map(async ({ item, resolve }, index) => {
			const result = results[index] ?? this.writes.alone(item);
			resolve(result);
			await result;
		});
		// Those left over from a batch are unusual, and are not waited for.
		if (waiting.length === 1) await Promise.allSettled(rest);
		else void Promise.allSettled(rest);
	}

	private async tryTogether(
		waiting: readonly Waiting<Item, Result>[],
	): Promise<(Result | undefined)[]> {
		try {
			return await this.writes.together(waiting.map(({ item }) => item));
		} catch {
			// Writing each alone shows which one is at fault, and only that one fails.
			return [];
		}
	}
}
