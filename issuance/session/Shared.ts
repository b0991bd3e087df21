import { AirError } from '../../errors/AirError';

interface UnderWay<T> {
	readonly answer: Promise<T>;
	readonly stop: AbortController;
	waiting: number;
}

/**
 * Work that many callers request at once and that is done once for all of them. A cancelled caller
 * stops waiting; the work itself is stopped when nobody waits for it any more.
 */
export class Shared<T> {
	private readonly underWay = new Map<string, UnderWay<T>>();

	/**
	 * @param id - identifies the work
	 * @param work - runs unless work with this id is under way
	 * @throws AirError `AIR_CANCELLED` when the signal is aborted, and what `work` throws
	 */
	async run(
		id: string,
		work: (signal: AbortSignal) => Promise<T>,
		signal?: AbortSignal,
	): Promise<T> {
		if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
		const one = this.underWay.get(id) ?? this.begin(id, work);
		one.waiting++;
		let cancel: () => void = () => undefined;
		const cancelled = new Promise<never>((_resolve, reject) => {
			cancel = () => {
				reject(new AirError('AIR_CANCELLED'));
			};
			signal?.addEventListener('abort', cancel, { once: true });
		});
		try {
			return await Promise.race([one.answer, cancelled]);
		} finally {
			signal?.removeEventListener('abort', cancel);
			one.waiting--;
			if (one.waiting === 0) this.end(id, one);
		}
	}

	private begin(id: string, work: (signal: AbortSignal) => Promise<T>): UnderWay<T> {
		const stop = new AbortController();
		const one = { answer: work(stop.signal), stop, waiting: 0 };
		this.underWay.set(id, one);
		return one;
	}

	/** The next call starts over. */
	private end(id: string, one: UnderWay<T>): void {
		if (this.underWay.get(id) === one) this.underWay.delete(id);
		// Nobody is left to get the result; after an answer this does nothing.
		one.answer.catch(() => undefined);
		one.stop.abort();
	}
}
