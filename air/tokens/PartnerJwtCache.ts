import { expiryOf, signPartnerJwt, type AnyPartnerJwtClaims, type PartnerJwt } from './partnerJwt';
import type { PrivateKey } from '../keys/privateKey';

/** A token is signed again when it has less than this left. */
const RENEW_BEFORE_MS = 60_000;

/** A token is kept while it is being signed, so that others who need it wait for it. */
interface Kept {
	/** By the clock of the machine, in milliseconds since 1970. */
	readonly signedAt: number;
	/** By a monotonic clock, in milliseconds. */
	readonly keptSince: number;
	/** In seconds since 1970. */
	readonly expiresAt: number;
	readonly signing: Promise<PartnerJwt>;
}

/**
 * Judged by both clocks, because each can be wrong: the clock of the machine can be set, and the
 * monotonic one stands still while the machine sleeps. A token that was signed in the future is
 * unusable, too: the clock was ahead, and has been corrected.
 */
function isUsable({ signedAt, keptSince, expiresAt }: Kept, now: number, elapsed: number): boolean {
	const livesMs = expiresAt * 1000 - signedAt;
	const left = Math.min(expiresAt * 1000 - now, livesMs - (elapsed - keptSince));
	return now >= signedAt && left >= RENEW_BEFORE_MS;
}

/**
 * Keeps Partner JWTs until they expire, so that items for the same recipient sign once.
 *
 * Tokens are distinguished by everything that goes into them, including the key's thumbprint and the
 * base URL: somebody who merely knows the partner ID never gets a token that another key signed.
 *
 * @example
 * ```ts
 * const cache = new PartnerJwtCache();
 * const token = await cache.get(key, baseUrl, claims, Date.now());
 * ```
 */
export class PartnerJwtCache {
	/** Insertion order is age: the oldest entry is dropped first when the cache is full. */
	private readonly entries = new Map<string, Kept>();

	/**
	 * @param capacity - how many tokens are kept at most
	 * @param elapsed - a monotonic clock, in milliseconds
	 */
	constructor(
		private readonly capacity = 10_000,
		private readonly elapsed = () => performance.now(),
	) {}

	get size(): number {
		return this.entries.size;
	}

	/**
	 * A token that is valid for at least a minute more, signed now if there is none.
	 *
	 * @param baseUrl - where the token will be sent
	 * @param now - milliseconds since 1970
	 * @throws what {@link signPartnerJwt} throws; failures are not kept
	 */
	async get(
		key: PrivateKey,
		baseUrl: string,
		claims: Omit<AnyPartnerJwtClaims, 'extraClaims'>,
		now: number,
	): Promise<string> {
		const { partnerId, kid, email, scope, lifetimeSeconds } = claims;
		const id = JSON.stringify([
			key.thumbprint,
			baseUrl,
			partnerId,
			kid,
			email,
			scope,
			lifetimeSeconds,
		]);
		const found = this.entries.get(id);
		if (found !== undefined && isUsable(found, now, this.elapsed()))
			return (await found.signing).token;
		const kept = {
			signedAt: now,
			keptSince: this.elapsed(),
			expiresAt: expiryOf(now, lifetimeSeconds),
			signing: signPartnerJwt(key, claims, now),
		};
		this.keep(id, kept);
		try {
			return (await kept.signing).token;
		} catch (error) {
			if (this.entries.get(id) === kept) this.entries.delete(id);
			throw error;
		}
	}

	private keep(id: string, kept: Kept): void {
		this.entries.delete(id);
		this.entries.set(id, kept);
		for (const oldest of this.entries.keys()) {
			if (this.entries.size <= this.capacity) break;
			this.entries.delete(oldest);
		}
	}
}
