/**
 * Those who wait, in the order in which they came, but by turns of whom they belong to: a run with one
 * item does not wait behind all items of a large one.
 *
 * @example
 * ```ts
 * const turns = new Turns<Waiting>(({ run }) => run);
 * turns.add(waiting);
 * const next = turns.next(({ most }) => inFlight < most);
 * ```
 */
export class Turns<T> {
	/** In the order of their turns. */
	private readonly lines = new Map<object, Set<T>>();
	size = 0;

	/** @param whoseOf - whom one belongs to */
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
	 * Takes out whose turn it is.
	 *
	 * @param may - whether the first one of a line may have its turn now
	 */
	next(may: (one: T) => boolean): T | undefined {
		for (const [whose, line] of this.lines) {
			const [first] = line;
			if (first === undefined || !may(first)) continue;
			// To the end of the lines.
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
