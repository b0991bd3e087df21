import { AirError } from '../../errors/AirError';
import type { AirAccount } from './account';

/** An account that was deleted and made again has other keys, and AIR reports that only when storing. */
const KEEP_MS = 5 * 60_000;

/** What identifies an entry: who asked which host, and for which address. */
export interface HolderId {
	readonly accountUrl: string;
	readonly partnerId: string;
	readonly scope: string;
	/** Of the key that signs the question. */
	readonly thumbprint: string;
	readonly email: string;
}

interface Found {
	/** By a monotonic clock, in milliseconds; undefined while the account is being looked up. */
	foundAt: number | undefined;
	/** How many callers still wait for it. */
	waiting: number;
	readonly stop: AbortController;
	readonly account: Promise<AirAccount>;
}

/**
 * Keeps accounts for minutes, so that several credentials for one person ask once. Two credentials of
 * one partner never share an account, as one of them may ask a host that lies.
 *
 * A call that comes while an account is being looked up waits for the same look-up, which is stopped
 * only when nobody waits any more. Failures are not kept, nor is an account that still lacks a signing
 * key.
 *
 * @example
 * ```ts
 * const account = await holders.get(id, signal, async (signal) => await client.askForAccount(email, signal));
 * ```
 */
export class HolderCache {
	/** Insertion order is age: the oldest entry is dropped first when the cache is full. */
	private readonly entries = new Map<string, Found>();

	/**
	 * @param capacity - how many accounts are kept at most
	 * @param elapsed - a monotonic clock, in milliseconds
	 */
	constructor(
		private readonly capacity = 1_000,
		private readonly elapsed = () => performance.now(),
	) {}

	get size(): number {
		return this.entries.size;
	}

	/**
	 * @param signal - ends the wait of this caller only
	 * @param lookUp - gets the signal that ends it
	 * @throws AirError `AIR_CANCELLED` at once after the signal; what `lookUp` throws
	 */
	async get(
		id: HolderId,
		signal: AbortSignal | undefined,
		lookUp: (signal: AbortSignal) => Promise<AirAccount>,
	): Promise<AirAccount> {
		if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
		const key = keyOf(id);
		const known = this.entries.get(key);
		const found = known !== undefined && this.isUsable(known) ? known : this.begin(key, lookUp);
		return await this.wait(key, found, signal);
	}

	/** Call it when AIR says that it does not know the account any more. */
	forget(id: HolderId): void {
		this.entries.delete(keyOf(id));
	}

	private isUsable({ foundAt }: Found): boolean {
		return foundAt === undefined || this.elapsed() - foundAt < KEEP_MS;
	}

	private begin(key: string, lookUp: (signal: AbortSignal) => Promise<AirAccount>): Found {
		const stop = new AbortController();
		const account = lookUp(stop.signal);
		const found: Found = { foundAt: undefined, waiting: 0, stop, account };
		account.then(
			({ binding }) => {
				found.foundAt = this.elapsed();
				if (binding === undefined) this.drop(key, found);
			},
			() => {
				this.drop(key, found);
			},
		);
		this.entries.delete(key);
		this.entries.set(key, found);
		for (const oldest of this.entries.keys()) {
			if (this.entries.size <= this.capacity) break;
			this.entries.delete(oldest);
		}
		return found;
	}

	private drop(key: string, found: Found): void {
		if (this.entries.get(key) === found) this.entries.delete(key);
	}

	private async wait(
		key: string,
		found: Found,
		signal: AbortSignal | undefined,
	): Promise<AirAccount> {
		found.waiting++;
		const cancelled = Promise.withResolvers<never>();
		const cancel = () => {
			cancelled.reject(new AirError('AIR_CANCELLED'));
		};
		signal?.addEventListener('abort', cancel, { once: true });
		try {
			return await Promise.race([found.account, cancelled.promise]);
		} finally {
			signal?.removeEventListener('abort', cancel);
			found.waiting--;
			if (found.waiting === 0 && found.foundAt === undefined) {
				this.drop(key, found);
				found.stop.abort();
			}
		}
	}
}

const keyOf = ({ accountUrl, partnerId, scope, thumbprint, email }: HolderId) =>
	JSON.stringify([accountUrl, partnerId, scope, thumbprint, email]);
