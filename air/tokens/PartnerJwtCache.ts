import { expiryOf, signPartnerJwt, type AnyPartnerJwtClaims, type PartnerJwt } from './partnerJwt';
import type { PrivateKey } from '../keys/privateKey';

/** A token is signed again when it has less than this left. */
const RENEW_BEFORE_MS = 60_000;

/** A token that is being signed is kept already, so that anyone who comes meanwhile waits for it. */
interface Kept {
	/** By the clock of the machine, in milliseconds since 1970. */
	readonly signedAt: number;
	/** By a clock that never jumps, in milliseconds. */
	readonly keptSince: number;
	/** In seconds since 1970. */
	readonly expiresAt: number;
	readonly signing: Promise<PartnerJwt>;
}

/**
 * Judged by both clocks, for each can be wrong: the one of the machine is set, and the other stands
 * still while the machine sleeps. Before it was signed a token is of no use either: the clock was ahead,
 * and has been corrected.
 */
function isUsable({ signedAt, keptSince, expiresAt }: Kept, now: number, elapsed: number): boolean {
	const livesMs = expiresAt * 1000 - signedAt;
	const left = Math.min(expiresAt * 1000 - now, livesMs - (elapsed - keptSince));
	return now >= signedAt && left >= RENEW_BEFORE_MS;
}

/**
 * Keeps Partner JWTs while they live, so that items for the same recipient sign once.
 *
 * Tokens are told apart by everything that makes them what they are, the key's thumbprint and the
 * base URL included: somebody who merely knows the partner ID never gets a token that another key
 * signed.
 *
 * @example
 * ```ts
 * const cache = new PartnerJwtCache();
 * const token = await cache.get(key, baseUrl, claims, Date.now());
 * ```
 */
export class PartnerJwtCache {
	/** Insertion order is age: the oldest goes first when the cache is full. */
	private readonly entries = new Map<string, Kept>();

	/**
	 * @param capacity - how many tokens are kept at most
	 * @param elapsed - milliseconds that only grow, whatever is done to the clock of the machine
	 */
	constructor(
		private readonly capacity = 10_000,
		private readonly elapsed = () => performance.now(),
	) {}

	get size(): number {
		return this.entries.size;
	}

	/**
	 * A token with at least a minute to live, signed now if there is none.
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
