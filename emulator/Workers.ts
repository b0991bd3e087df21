/** Limits how many requests AIR works on at once; the others wait in line, first come, first served. */
export class Workers {
	private busy = 0;
	private readonly line: (() => void)[] = [];

	/** @param count - null for no limit; asked each time */
	constructor(private readonly count: () => number | null) {}

	/** Does work as soon as a worker is free. */
	async work(work: () => Promise<void>): Promise<void> {
		if (this.isFull) await new Promise<void>((resolve) => this.line.push(resolve));
		else this.busy += 1;
		try {
			await work();
		} finally {
			this.busy -= 1;
			// The first in line takes over at once, so that no newcomer can take its place.
			while (this.line.length > 0 && !this.isFull) {
				this.busy += 1;
				this.line.shift()?.();
			}
		}
	}

	private get isFull(): boolean {
		return this.busy >= (this.count() ?? Number.POSITIVE_INFINITY);
	}
}
