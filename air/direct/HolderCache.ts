import { AirError } from '../../errors/AirError';
import type { AirAccount } from './account';

/** A deleted account that was made again has other keys, and AIR says so only when storing. */
const KEEP_MS = 5 * 60_000;

/** What makes an account the same one: who asked whom, and for which address. */
export interface HolderId {
	readonly accountUrl: string;
	readonly partnerId: string;
	readonly scope: string;
	/** Of the key that signs the question. */
	readonly thumbprint: string;
	readonly email: string;
}

interface Found {
	/** By a clock that never jumps, in milliseconds; undefined while it is being looked up. */
	foundAt: number | undefined;
	/** How many still wait for it. */
	waiting: number;
	readonly stop: AbortController;
	readonly account: Promise<AirAccount>;
}

/**
 * Keeps accounts for minutes, so that several credentials for one person ask once. Two credentials of
 * one partner never share an account, as one of them may ask a host that lies.
 *
 * A call that comes while an account is being looked up waits for that; the look-up is stopped only when nobody
 * waits any more. Failures are not kept, nor is an account that still lacks a signing key.
 *
 * @example
 * ```ts
 * const account = await holders.get(id, signal, async (signal) => await client.askForAccount(email, signal));
 * ```
 */
export class HolderCache {
	/** Insertion order is age: the oldest goes first when the cache is full. */
	private readonly entries = new Map<string, Found>();

	/**
	 * @param capacity - how many accounts are kept at most
	 * @param elapsed - milliseconds that only grow, whatever is done to the clock of the machine
	 */
	constructor(
		private readonly capacity = 1_000,
		private readonly elapsed = () => performance.now(),
	) {}

	get size(): number {
		return this.entries.size;
	}

	/**
	 * @param signal - ends the waiting of this caller, and of no other
	 * @param lookUp - is given the signal that ends it
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

	/** For who learns that AIR does not know the account any more. */
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
