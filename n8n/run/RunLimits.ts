import { limiterFor } from '../../air/pacing/HostLimiter';

/** The option Requests per Second, in force while a node runs: for everybody who talks to the host. */
export class RunLimits {
	private readonly lifts = new Map<string, () => void>();

	/** @param perSecond - undefined for no limit; the first item decides for the run */
	set(baseUrl: string, perSecond: number | undefined): void {
		if (this.lifts.has(baseUrl)) return;
		this.lifts.set(
			baseUrl,
			perSecond === undefined ? () => undefined : limiterFor(baseUrl).restrict(perSecond),
		);
	}

	lift(): void {
		for (const lift of this.lifts.values()) lift();
	}
}
