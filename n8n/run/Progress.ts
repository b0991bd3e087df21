import type { IExecuteFunctions } from 'n8n-workflow';

/** n8n does not show the progress of a node, so its log is the only place for that. */
const TELL_EVERY_MS = 5_000;
/** Runs that take longer than this report their result at the end. */
const LONG_RUN_MS = 10_000;

const number = (count: number) => Math.round(count).toLocaleString('en');

/** @example duration(200_000) // '3 min 20 s' */
export function duration(ms: number): string {
	const seconds = Math.round(ms / 1000);
	const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
	if (hours > 0) return `${hours} h ${minutes} min`;
	return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** Counts the items of a run, and logs the progress every few seconds. */
export class Progress {
	private readonly began = performance.now();
	private readonly timer: NodeJS.Timeout;
	/** How many items ended in each way. */
	private readonly ends = new Map<string, number>();
	private failed = 0;
	private last = { at: this.began, over: 0 };

	/** @param done - the word for an item that did not fail: *issued* */
	constructor(
		private readonly context: IExecuteFunctions,
		private readonly items: number,
		private readonly done: string,
		everyMs = TELL_EVERY_MS,
	) {
		this.timer = setInterval(() => {
			this.tell();
		}, everyMs);
		this.timer.unref();
	}

	/** @param word - what happened to the item; undefined if it failed */
	count(word: string | undefined): void {
		if (word === undefined) this.failed++;
		else this.ends.set(word, (this.ends.get(word) ?? 0) + 1);
	}

	private get over(): number {
		return [...this.ends.values()].reduce((sum, count) => sum + count, this.failed);
	}

	/** @returns a sentence for the user, if the run was long */
	end(): string | undefined {
		clearInterval(this.timer);
		const ms = performance.now() - this.began;
		if (ms < LONG_RUN_MS) return undefined;
		return `${this.counts()} in ${duration(ms)}, ${number((this.over * 1000) / ms)} per second.`;
	}

	private counts(): string {
		const failed = this.failed === 0 ? 'none failed' : `${number(this.failed)} failed`;
		const others = [...this.ends].filter(([word]) => word !== this.done);
		return [
			`${number(this.ends.get(this.done) ?? 0)} of ${number(this.items)} items ${this.done}`,
			...others.map(([word, count]) => `${number(count)} ${word}`),
			failed,
		].join(', ');
	}

	private tell(): void {
		const now = performance.now();
		const { over } = this;
		const perSecond = ((over - this.last.over) * 1000) / (now - this.last.at);
		this.last = { at: now, over };
		const left = this.items - over;
		this.context.logger.info(
			`${this.context.getNode().name}: ${this.counts()}, ${number(perSecond)} per second, ` +
				`${number(left)} remaining${perSecond > 0 ? ` (about ${duration((left * 1000) / perSecond)})` : ''}`,
		);
	}
}
