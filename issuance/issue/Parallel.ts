import { setImmediate as nextTurn } from 'node:timers/promises';

/** Reading items takes processor time, too, so it yields in between. */
const TURN_MS = 5;
/** How many items may wait for an earlier one of their lane before reading pauses. */
const LONGEST_LANES = 1_000;

/** An item that is read and ready to begin. */
export interface Job<R> {
	/** Items of one lane run one after another, in the order of the input. */
	readonly lane: string;
	/**
	 * Does the work. Must end in time when the signal given to {@link Parallel} is aborted.
	 *
	 * @param stopped - aborted when nothing more may be begun, for work that still waits to begin
	 * @param free - lets the next item begin before this one is over, e.g. while it is being recorded
	 */
	readonly run: (stopped: AbortSignal, free: () => void) => Promise<R>;
}

export interface ParallelSettings<R> {
	/** How many items there are. */
	readonly items: number;
	/**
	 * How many may be under way at once, 1 or more; asked whenever another one could begin. The number 1
	 * also means the order of the input, whatever the lanes.
	 */
	readonly concurrency: number | (() => number);
	/**
	 * Reads an item; called for one after another, in the order of the input. If it throws, the item
	 * fails.
	 */
	readonly prepare: (index: number) => Promise<Job<R>>;
	/** Whether the first failure stops the run: items under way still end, and nothing more is begun. */
	readonly stopAtFailure: boolean;
	/** Stops the run as a failure does. */
	readonly signal?: AbortSignal | undefined;
	/** Whether an error only says that the item was not begun because the run was stopped. */
	readonly notBegun?: ((error: unknown) => boolean) | undefined;
	/** Called when an item that was read begins. */
	readonly onBegin?: ((index: number) => void) | undefined;
	/** Called when an item is over. */
	readonly onOver?: ((end: End<R>, index: number) => void) | undefined;
}

/** How an item ended. */
export type End<R> =
	{ readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: unknown };

export interface ParallelResult<R> {
	/** In the order of the input; undefined for an item that was never begun. */
	readonly ends: readonly (End<R> | undefined)[];
	/** The item that failed first. */
	readonly firstFailure: number | undefined;
}

/**
 * Does items in parallel, as many at once as allowed, and returns how they ended in the order of the input.
 *
 * @example
 * ```ts
 * const parallel = new Parallel({ items: 3, concurrency: 2, stopAtFailure: false, prepare });
 * const { ends } = await parallel.run();
 * ```
 */
export class Parallel<R> {
	private readonly ends: (End<R> | undefined)[];
	private readonly stop = new AbortController();
	private firstFailure: number | undefined;
	/** By lane: settles when its last item is over. */
	private readonly lanes = new Map<string, Promise<void>>();
	private inLanes = 0;
	private underWay = 0;
	private readonly forSlot: (() => void)[] = [];
	private readonly unfinished = new Set<Promise<void>>();
	private wake: () => void = () => undefined;

	constructor(private readonly settings: ParallelSettings<R>) {
		this.ends = new Array<End<R> | undefined>(settings.items).fill(undefined);
	}

	/** Does all items. Never throws what an item throws. */
	async run(): Promise<ParallelResult<R>> {
		const { items, signal } = this.settings;
		const end = (): void => {
			this.stop.abort();
		};
		if (signal?.aborted === true) end();
		signal?.addEventListener('abort', end, { once: true });
		try {
			let turnBegan = performance.now();
			for (let index = 0; index < items; index++) {
				await this.room();
				if (performance.now() - turnBegan > TURN_MS) {
					await nextTurn();
					turnBegan = performance.now();
				}
				if (this.stopped) break;
				await this.begin(index);
			}
			await Promise.all(this.unfinished);
		} finally {
			signal?.removeEventListener('abort', end);
		}
		return { ends: this.ends, firstFailure: this.firstFailure };
	}

	private get most(): number {
		const { concurrency } = this.settings;
		return typeof concurrency === 'number' ? concurrency : concurrency();
	}

	private get isFull(): boolean {
		return this.underWay >= this.most;
	}

	private get stopped(): boolean {
		return this.stop.signal.aborted;
	}

	/** Waits until it is useful to read another item. */
	private async room(): Promise<void> {
		while (this.forSlot.length > 0 || this.inLanes >= LONGEST_LANES) {
			await new Promise<void>((resolve) => {
				this.wake = resolve;
			});
		}
	}

	private async begin(index: number): Promise<void> {
		let job: Job<R>;
		try {
			job = await this.settings.prepare(index);
		} catch (error) {
			this.over(index, { ok: false, error });
			return;
		}
		// One at a time, where somebody chose that, also means strict input order.
		const lane = this.settings.concurrency === 1 ? '' : job.lane;
		const before = this.lanes.get(lane);
		const running = this.one(index, job, before);
		this.lanes.set(lane, running);
		this.unfinished.add(running);
		void running.then(() => {
			this.unfinished.delete(running);
			if (this.lanes.get(lane) === running) this.lanes.delete(lane);
		});
	}

	private async one(index: number, job: Job<R>, before: Promise<void> | undefined): Promise<void> {
		if (before !== undefined) {
			this.inLanes++;
			await before;
			this.inLanes--;
		}
		await this.slot();
		let held = true;
		const free = (): void => {
			if (!held) return;
			held = false;
			this.underWay--;
			this.admit();
		};
		try {
			if (this.stopped) return;
			this.settings.onBegin?.(index);
			this.over(index, { ok: true, value: await job.run(this.stop.signal, free) });
		} catch (error) {
			this.over(index, { ok: false, error });
		} finally {
			free();
		}
	}

	private async slot(): Promise<void> {
		if (!this.isFull) {
			this.underWay++;
			return;
		}
		await new Promise<void>((resolve) => {
			this.forSlot.push(resolve);
		});
	}

	/** Wakes those that wait for a slot; when the run is over, all of them, so that they end. */
	private admit(): void {
		while (!this.isFull) {
			const next = this.forSlot.shift();
			if (next === undefined) break;
			this.underWay++;
			next();
		}
		this.wake();
	}

	private over(index: number, end: End<R>): void {
		if (!end.ok && this.settings.notBegun?.(end.error) === true) return;
		this.ends[index] = end;
		this.settings.onOver?.(end, index);
		if (end.ok) return;
		this.firstFailure ??= index;
		if (this.settings.stopAtFailure) this.stop.abort();
	}
}
