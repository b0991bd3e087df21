import { limiterFor } from '../../air/pacing/HostLimiter';
import type { RequestKind, Share } from '../../air/pacing/Permit';
import { MOST_IN_FLIGHT } from '../../air/pacing/Window';
import type { CallOptionValues } from '../parameters/callOptions';

/** The limits of a run: the node's options, while it runs, and how much AIR takes. */
export class RunLimits {
	/** Requests of this run take turns with those of others. */
	readonly share: Share;
	/** How many items may be under way at once: the number that somebody chose, or what to ask for one. */
	readonly concurrency: number | (() => number);
	private readonly lifts = new Map<string, () => void>();
	private waits = false;
	private readonly hosts = new Map<string, { readonly url: string; readonly kind: RequestKind }>();

	/** @param fixed - how many items may be in progress at once; undefined: as many as AIR takes */
	constructor(fixed: number | undefined) {
		this.concurrency = fixed ?? (() => this.atOnce);
		this.share = { whose: this, fixed: fixed !== undefined };
	}

	/**
	 * @param options - Requests per Second applies while the node runs, to all requests to the host;
	 *   the first item decides for the run
	 */
	set(
		baseUrl: string,
		kind: RequestKind,
		{ requestsPerSecond, waitMs }: Pick<CallOptionValues, 'requestsPerSecond' | 'waitMs'>,
	): void {
		this.waits ||= waitMs !== undefined;
		this.uses(baseUrl, kind);
		if (this.lifts.has(baseUrl)) return;
		this.lifts.set(
			baseUrl,
			requestsPerSecond === undefined
				? () => undefined
				: limiterFor(baseUrl).restrict(requestsPerSecond),
		);
	}

	/** The run also sends requests to this host. */
	uses(url: string, kind: RequestKind): void {
		this.hosts.set(`${kind} ${url}`, { url, kind });
	}

	private get atOnce(): number {
		// Items that wait for the chain ask now and then, and occupy no place in between.
		let places = this.waits ? MOST_IN_FLIGHT : 0;
		for (const { url, kind } of this.hosts.values()) places += limiterFor(url).ofUse(kind);
		return Math.max(places, 1);
	}

	lift(): void {
		for (const lift of this.lifts.values()) lift();
	}
}
