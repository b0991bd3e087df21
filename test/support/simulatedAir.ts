import { HostLimiter } from '../../air/pacing/HostLimiter';
import type { PermitOptions } from '../../air/pacing/Permit';
import type { VirtualTime } from './virtualTime';

/** How AIR works in a simulation; may be changed while it runs. */
export interface SimulatedSettings {
	/** How long it works on a request, in milliseconds. */
	serviceMs: number;
	/** How many it works on at once; the others wait in line. */
	workers: number;
	/** A token bucket: tokens per second, and its size. */
	limit?: { readonly perSecond: number; readonly burst: number; readonly retryAfterMs?: number };
	/** AIR does not answer; requests end after this, in milliseconds. */
	downMs?: number | undefined;
}

/** AIR on a virtual clock: workers with a queue. */
export class SimulatedAir {
	inFlight = 0;
	answered = 0;
	refused = 0;
	lost = 0;
	/** The duration of the answers, in milliseconds, as AIR itself measures it. */
	readonly took: number[] = [];
	private busy = 0;
	private readonly line: (() => void)[] = [];
	private tokens: number | undefined;
	private filledAt = 0;

	constructor(
		private readonly time: VirtualTime,
		readonly settings: SimulatedSettings,
	) {}

	async handle(): Promise<'answered' | 'refused' | 'lost'> {
		this.inFlight++;
		const began = this.time.now();
		try {
			if (this.settings.downMs !== undefined) {
				await this.time.sleep(this.settings.downMs);
				this.lost++;
				return 'lost';
			}
			if (!this.admits()) {
				await this.time.sleep(1);
				this.refused++;
				return 'refused';
			}
			await this.work();
			this.answered++;
			this.took.push(this.time.now() - began);
			return 'answered';
		} finally {
			this.inFlight--;
		}
	}

	private admits(): boolean {
		const { limit } = this.settings;
		if (limit === undefined) return true;
		const filled =
			(this.tokens ?? limit.burst) + ((this.time.now() - this.filledAt) / 1000) * limit.perSecond;
		this.tokens = Math.min(limit.burst, filled);
		this.filledAt = this.time.now();
		if (this.tokens < 1) return false;
		this.tokens--;
		return true;
	}

	private async work(): Promise<void> {
		if (this.busy >= this.settings.workers) {
			await new Promise<void>((resolve) => this.line.push(resolve));
		}
		this.busy++;
		await this.time.sleep(this.settings.serviceMs);
		this.busy--;
		while (this.busy < this.settings.workers) {
			const next = this.line.shift();
			if (next === undefined) break;
			next();
			// It takes its worker in the next step.
			await Promise.resolve();
		}
	}
}

export interface Run {
	readonly items: number;
	/** How long the ledger takes before an item is sent, in milliseconds. */
	readonly ledgerMs?: number | undefined;
	/** For how long the sender computes for each item, in milliseconds. */
	readonly computesMs?: number | undefined;
	readonly options?: PermitOptions;
	/** Called when an item is sent. */
	readonly onSent?: (() => void) | undefined;
}

/** Sends items as a run of a node does, until all are answered or lost. */
export async function send(
	time: VirtualTime,
	limiter: HostLimiter,
	air: SimulatedAir,
	{ items, ledgerMs = 0, computesMs = 0, options = { kind: 'issue', ahead: true }, onSent }: Run,
): Promise<void> {
	let next = 0;
	let underWay = 0;
	let freeAt = 0;
	const compute = async (): Promise<void> => {
		freeAt = Math.max(freeAt, time.now()) + computesMs;
		await time.sleep(freeAt - time.now());
	};
	await new Promise<void>((resolve) => {
		const one = async (): Promise<void> => {
			if (computesMs > 0) await compute();
			for (let outcome = 'refused'; outcome === 'refused';) {
				const permit = await limiter.permit(options);
				if (ledgerMs > 0) await time.sleep(ledgerMs);
				await permit.place();
				permit.use();
				onSent?.();
				outcome = await air.handle();
				if (outcome === 'answered') permit.answered();
				else if (outcome === 'refused')
					permit.refused('too-many', air.settings.limit?.retryAfterMs);
				else permit.ended();
			}
			underWay--;
			if (next >= items && underWay === 0) resolve();
			else fill();
		};
		const fill = (): void => {
			while (next < items && underWay < limiter.ofUse('issue')) {
				next++;
				underWay++;
				void one();
			}
		};
		fill();
	});
}
