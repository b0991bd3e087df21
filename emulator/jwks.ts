import { importJWK } from 'jose';
import { z } from 'zod';
import { MESSAGES, Refusal } from './answers';
import type { Clock } from './clock';
import { fetchText } from './fetchText';
import type { Counts } from './record';
import type { Settings } from './state';

export const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

export const jwkSchema = z.looseObject({
	kty: z.string(),
	kid: z.string().optional(),
	alg: z.string().optional(),
	crv: z.string().optional(),
	x: z.string().optional(),
	y: z.string().optional(),
	n: z.string().optional(),
	e: z.string().optional(),
});
const jwksSchema = z.object({ keys: z.array(jwkSchema) });
export type Jwk = z.output<typeof jwkSchema>;
export type ImportedKey = Awaited<ReturnType<typeof importJWK>>;

interface FetchedJwks {
	readonly text: string;
	readonly fetchedAt: number;
	readonly byKid: Map<string, Jwk>;
	/** By alg and kid; outlives a refetch that brings the same text. */
	readonly imported: Map<string, ImportedKey>;
}

/** A JWKS in the emulator's cache. Times are those of the clock that `advanceMs` moves. */
export interface JwksView {
	readonly url: string;
	readonly fetchedAt: number;
	/** From then on the next request fetches it again. */
	readonly freshUntil: number;
	readonly kids: string[];
}

/**
 * The public keys of partners, fetched from exactly the URL they registered: no discovery and no
 * fallback path (docs "Partner authentication", "Common errors"). AIR does not document how long it
 * caches a JWKS, so it is a setting. Treating a redirect as unreachable is our choice.
 */
export class JwksDirectory {
	private readonly fetched = new Map<string, FetchedJwks>();
	private readonly pending = new Map<string, Promise<FetchedJwks>>();

	constructor(
		private readonly settings: Settings,
		private readonly clock: Clock,
		private readonly counts: () => Counts,
		private readonly beforeFetch: () => Promise<void>,
		private readonly ca: string | undefined,
	) {}

	/** The key to verify with, or AIR's refusal. */
	async key(url: string, kid: string, alg: 'RS256' | 'ES256'): Promise<ImportedKey> {
		let jwks = this.cached(url);
		let jwk = jwks?.byKid.get(kid);
		if (jwks === undefined || (jwk === undefined && this.settings.refetchOnUnknownKid)) {
			jwks = await this.fetch(url);
			jwk = jwks.byKid.get(kid);
		}
		if (jwk === undefined) throw new Refusal(401, MESSAGES.kidNotFound, `kid ${kid} not in JWKS`);

		const name = `${alg} ${kid}`;
		const known = jwks.imported.get(name);
		if (known !== undefined) return known;
		const key = await importPublic(jwk, alg);
		jwks.imported.set(name, key);
		return key;
	}

	/** The cached JWKSs, fresh or not. */
	list(): JwksView[] {
		return [...this.fetched].map(([url, jwks]) => ({
			url,
			fetchedAt: jwks.fetchedAt,
			freshUntil: this.freshUntil(jwks),
			kids: [...jwks.byKid.keys()],
		}));
	}

	clear(): void {
		this.fetched.clear();
		this.pending.clear();
	}

	private cached(url: string): FetchedJwks | undefined {
		const known = this.fetched.get(url);
		if (known === undefined) return undefined;
		return this.clock.now() < this.freshUntil(known) ? known : undefined;
	}

	private freshUntil({ fetchedAt }: FetchedJwks): number {
		return fetchedAt + this.settings.jwksCacheSeconds * 1000;
	}

	private async fetch(url: string): Promise<FetchedJwks> {
		// Without a cache each request must see the JWKS as published at its own time.
		if (this.settings.jwksCacheSeconds === 0) return await this.fetchNow(url);
		let pending = this.pending.get(url);
		if (pending === undefined) {
			pending = this.fetchNow(url).finally(() => this.pending.delete(url));
			this.pending.set(url, pending);
		}
		return await pending;
	}

	private async fetchNow(url: string): Promise<FetchedJwks> {
		const counts = this.counts();
		counts.jwksFetches += 1;
		try {
			await this.beforeFetch();
			const text = await fetchText(url, { ca: this.ca });
			const { keys } = jwksSchema.parse(JSON.parse(text));
			if (keys.some((jwk) => PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member)))) {
				counts.jwksWithPrivateMembers += 1;
			}
			const before = this.fetched.get(url);
			const byKid = new Map<string, Jwk>();
			for (const jwk of keys) {
				if (jwk.kid !== undefined && !byKid.has(jwk.kid)) byKid.set(jwk.kid, jwk);
			}
			const imported = before?.text === text ? before.imported : new Map<string, ImportedKey>();
			const jwks = { text, fetchedAt: this.clock.now(), byKid, imported };
			this.fetched.set(url, jwks);
			return jwks;
		} catch (error) {
			counts.jwksFetchFailures += 1;
			const why = error instanceof Error ? error.message : String(error);
			throw new Refusal(401, MESSAGES.jwksUnreachable, `JWKS ${url}: ${why}`);
		}
	}
}

/** Only public members go in: a JWKS that leaks its private ones works with AIR just as well. */
export async function importPublic(jwk: Jwk, alg: 'RS256' | 'ES256'): Promise<ImportedKey> {
	const { kty, crv, x, y, n, e } = jwk;
	const fits = alg === 'RS256' ? kty === 'RSA' : kty === 'EC' && crv === 'P-256';
	if (!fits || (jwk.alg !== undefined && jwk.alg !== alg)) {
		throw new Refusal(401, MESSAGES.verificationFailed, `alg ${alg} does not fit the JWK`);
	}
	try {
		return await importJWK(
			kty === 'RSA'
				? { kty, n: n ?? '', e: e ?? '' }
				: { kty, crv: crv ?? '', x: x ?? '', y: y ?? '' },
			alg,
		);
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		throw new Refusal(401, MESSAGES.verificationFailed, `unusable JWK: ${why}`);
	}
}
