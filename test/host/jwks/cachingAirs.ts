import { startEmulator, type Emulator } from '../../../emulator';

const PARTNER_ID = 'p';
const UNKNOWN_HASH = '0'.repeat(64);

export interface CachingAir {
	readonly cacheSeconds: number;
	/** Whether it fetches again for a kid that is not in its copy. */
	readonly refetches: boolean;
	readonly emulator: Emulator;
}

/** AIR with every way of caching a JWKS that a change of keys has to survive. */
export class CachingAirs {
	private constructor(private readonly airs: readonly CachingAir[]) {}

	/** @param jwksUrl - as registered with all of them */
	static async start(jwksUrl: string): Promise<CachingAirs> {
		const ways = [0, 60, 3600].flatMap((cacheSeconds) =>
			[true, false].map((refetches) => ({ cacheSeconds, refetches })),
		);
		const airs = ways.map(async ({ cacheSeconds, refetches }) => ({
			cacheSeconds,
			refetches,
			emulator: await startEmulator({
				jwksCacheSeconds: cacheSeconds,
				refetchOnUnknownKid: refetches,
				partners: [{ partnerId: PARTNER_ID, jwksUrl, programs: [] }],
			}),
		}));
		return new CachingAirs(await Promise.all(airs));
	}

	/** Which of them refuse a token of this partner, e.g. `3600 s, no refetch`. */
	async refusing(token: string): Promise<string[]> {
		const refused: string[] = [];
		for (const { cacheSeconds, refetches, emulator } of this.airs) {
			const url = `${emulator.baseUrl}/credentials/status?coreClaimHash=${UNKNOWN_HASH}`;
			const { status } = await fetch(url, { headers: { 'x-partner-auth': token } });
			const name = `${cacheSeconds} s, ${refetches ? 'refetch' : 'no refetch'}`;
			if (status === 401) refused.push(name);
			// Only then was the token accepted: AIR knows no such hash.
			else if (status !== 404) throw new Error(`${name}: AIR answered ${status}`);
		}
		return refused;
	}

	/** Their time, not the one by which tokens end. */
	wait(ms: number): void {
		for (const { emulator } of this.airs) emulator.control.setTime({ advanceMs: ms });
	}

	/** How often a fetch did not bring a JWKS, or brought a private key. */
	badFetches(): number {
		const counts = this.airs.map(({ emulator }) => emulator.control.counts());
		return counts.reduce(
			(sum, { jwksFetchFailures, jwksWithPrivateMembers }) =>
				sum + jwksFetchFailures + jwksWithPrivateMembers,
			0,
		);
	}

	async close(): Promise<void> {
		await Promise.all(this.airs.map(({ emulator }) => emulator.close()));
	}
}
