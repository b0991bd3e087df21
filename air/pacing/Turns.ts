/**
 * A queue in which owners take turns, each with its own items in order: a run with one item does not wait
 * behind all items of a large run.
 *
 * @example
 * ```ts
 * const turns = new Turns<Waiting>(({ run }) => run);
 * turns.add(waiting);
 * const next = turns.next(({ most }) => inFlight < most);
 * ```
 */
export class Turns<T> {
	/** In the order of turns. */
	private readonly lines = new Map<object, Set<T>>();
	size = 0;

	/** @param whoseOf - the owner of an item */
	constructor(private readonly whoseOf: (one: T) => object) {}

	add(one: T): void {
		const whose = this.whoseOf(one);
		const line = this.lines.get(whose);
		if (line === undefined) this.lines.set(whose, new Set([one]));
		else line.add(one);
		this.size++;
	}

	delete(one: T): void {
		const whose = this.whoseOf(one);
		const line = this.lines.get(whose);
		if (line?.delete(one) !== true) return;
		this.size--;
		if (line.size === 0) this.lines.delete(whose);
	}

	/**
	 * Removes the item whose turn it is.
	 *
	 * @param may - whether the first item of an owner may have its turn now
	 * @returns undefined if none may
	 */
	next(may: (one: T) => boolean): T | undefined {
		for (const [whose, line] of this.lines) {
			const [first] = line;
			if (first === undefined || !may(first)) continue;
			// This owner comes last now.
			this.lines.delete(whose);
			this.lines.set(whose, line);
			this.delete(first);
			return first;
		}
		return undefined;
	}

	*[Symbol.iterator](): Generator<T> {
		for (const line of this.lines.values()) yield* line;
	}
}
