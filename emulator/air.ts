import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from './clock';
import { Faults } from './faults';
import { JwksDirectory } from './jwks';
import { RateLimit } from './rateLimit';
import { DStorage } from './direct/dstorage';
import { Holders } from './direct/holders';
import { RequestLog } from './record';
import { State, type Settings } from './state';
import { Workers } from './Workers';

/** AIR's two hosts: the chain host and the account host. Neither answers the other's calls. */
export type Host = 'chain' | 'account';

/** The emulated AIR: everything a request can depend on or leave a trace in. */
export class Air {
	readonly clock: Clock;
	readonly state: State;
	readonly faults = new Faults();
	readonly rateLimit: RateLimit;
	readonly log: RequestLog;
	readonly keys: JwksDirectory;
	readonly holders = new Holders();
	readonly dstorage: DStorage;
	/** One for each host. */
	readonly workers: Readonly<Record<Host, Workers>>;
	private readonly closing = new AbortController();

	constructor(
		settings: Settings,
		now: () => number,
		recordLimit: number,
		/** Certificates (PEM) that are trusted for JWKSs and documents of issuers. */
		readonly ca: string | undefined,
	) {
		this.clock = new Clock(now);
		this.state = new State(settings, this.clock);
		this.dstorage = new DStorage(this.state, this.holders, this.clock);
		const count = () => this.state.settings.workers;
		this.workers = { chain: new Workers(count), account: new Workers(count) };
		this.rateLimit = new RateLimit(this.clock);
		this.log = new RequestLog(recordLimit);
		this.keys = new JwksDirectory(
			settings,
			this.clock,
			() => this.log.counts,
			() => this.beforeFetch('jwks'),
			ca,
		);
	}

	/** Waits in real time, but not past the end of the emulator. */
	async pause(ms: number): Promise<void> {
		if (ms <= 0) return;
		await sleep(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
	}

	close(): void {
		this.closing.abort();
	}

	/** Lets a fault delay or break the emulator's own fetches. */
	async beforeFetch(operation: 'jwks' | 'did'): Promise<void> {
		const fault = this.faults.take(operation);
		if (fault === undefined) return;
		this.log.counts.faults += 1;
		await this.pause(fault.delayMs);
		if (fault.kind !== 'delay') throw new Error(`injected fault: ${fault.kind}`);
	}
}
