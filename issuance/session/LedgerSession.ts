import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { watchDelayMs } from '../../air/pacing/backoff';
import {
	DEFAULT_RETENTION,
	type Ledger,
	type LedgerRow,
	type LiveKey,
	type Origin,
} from '../../ledger/Ledger';
import { inWords } from '../status/liveKeys';
import { Acceptance, refusesKey } from './Acceptance';
import { asAirError } from './asAirError';
import { proveKey, type Prove } from './proveKey';
import { realmOf } from './realm';
import type { IssuanceStatus } from '../status/getStatus';

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;
/** How long one run may spend on retention. */
const PRUNE_WITHIN_MS = 1_000;
/** At its end, a run waits this long before each further try to write what could not be written. */
const RETRY_WRITES_MS = [100, 400, 1_500, 4_000];
/** After this, the first write that fails again is the last one that is tried. */
const RETRY_WITHIN_MS = MINUTE_MS;

/** By ledger and realm: when retention is applied next, in milliseconds of `performance.now`. */
const nextPrune = new WeakMap<Ledger, Map<string, number>>();

export interface LedgerSessionSettings {
	readonly ledger: Ledger;
	readonly client: AirClient;
	/** Asks AIR whether it accepts the key; by default with a call of Issue on Behalf. */
	readonly prove?: Prove | undefined;
	readonly origin: Origin;
	readonly ownExecutions: OwnExecutions;
	/** Finished rows are deleted after this many days. */
	readonly retentionDays: number;
	/**
	 * Set if the ledger is off: identifies this execution, so that it does not find what others have
	 * issued. Undefined if the ledger is on.
	 */
	readonly onlyIn?: string | undefined;
	/** Logs what could not be written; codes and hashes only. */
	readonly log: (line: string) => void;
}

/** This execution and the one that it retries. */
export interface OwnExecutions {
	readonly ids: readonly string[];
	/** When the first of them began, in milliseconds since 1970; undefined if not known. */
	readonly began: number | undefined;
}

/** How much n8n's clock and the store's may differ. */
const CLOCKS_DIFFER_MS = 10 * MINUTE_MS;

/**
 * The ledger for one run of a node and one credential. Keeps what could not be written until the run ends.
 */
export class LedgerSession {
	private readonly unwritten: (() => Promise<unknown>)[] = [];
	private readonly acceptance: Acceptance;
	private otherKey: Promise<LiveKey | undefined> | undefined;
	/** Whether the last item was begun, and not answered from the ledger. */
	expectsNew = true;

	constructor(readonly settings: LedgerSessionSettings) {
		const { ledger, client, prove, log } = settings;
		const ask: Prove =
			prove ??
			(async (proof) => {
				await proveKey(client, proof);
			});
		this.acceptance = new Acceptance(ledger, client, ask, log);
	}

	get ledger(): Ledger {
		return this.settings.ledger;
	}

	/** Base URL and partner ID: keeps the rows of AIR accounts apart. */
	get realm(): string {
		const { client, onlyIn } = this.settings;
		return onlyIn === undefined ? realmOf(client) : `${realmOf(client)} ${onlyIn}`;
	}

	/** How people can find a row: with `ledger list`, if it is in a ledger. */
	nameOf({ id }: LedgerRow): string {
		return this.settings.onlyIn === undefined ? `ledger row ${id}` : 'in this execution';
	}

	/**
	 * Makes sure that AIR accepts the key of this credential, before anything is written with it and
	 * before rows are given out: see {@link Acceptance}. Somebody who merely knows a partner ID must not
	 * read or write its rows.
	 *
	 * @throws AirError what AIR answers to a token of this key, why it could not be asked, `AIR_LEDGER_…`
	 */
	async assertKeyAccepted(signal?: AbortSignal): Promise<void> {
		try {
			await this.acceptance.assert(signal);
		} catch (error) {
			throw asAirError(error);
		}
	}

	/**
	 * Makes sure that no other key needs the Key ID of this credential: see `Ledger.otherKey`. Asked once
	 * for the run.
	 *
	 * @throws AirError `AIR_KEY_ID_TAKEN`, `AIR_LEDGER_…`
	 */
	async assertOwnKeyId(): Promise<void> {
		const { kid, key } = this.settings.client.identity;
		const { realm } = this;
		this.otherKey ??= this.ledger.otherKey({ realm, kid, keyThumbprint: key.thumbprint });
		const other = await this.otherKey.catch((error: unknown) => {
			this.otherKey = undefined;
			throw asAirError(error);
		});
		if (other !== undefined) {
			throw new AirError('AIR_KEY_ID_TAKEN', { detail: inWords(kid, other) });
		}
	}

	/** {@link assertOwnKeyId} asks again: another process may have begun with another key meanwhile. */
	forgetOtherKey(): void {
		this.otherKey = undefined;
	}

	/** Whether AIR accepts the key, as far as is known. Does not ask AIR. @throws AirError `AIR_LEDGER_…` */
	async isKeyAccepted(): Promise<boolean> {
		try {
			return await this.acceptance.holds();
		} catch (error) {
			throw asAirError(error);
		}
	}

	/** Whether this execution made a row, so that finding it again certainly means a retry. */
	isOwn(row: LedgerRow): boolean {
		const { origin, ownExecutions } = this.settings;
		const { ids, began = Number.NEGATIVE_INFINITY } = ownExecutions;
		return (
			row.instance === origin.instance &&
			row.executionId !== '' &&
			ids.includes(row.executionId) &&
			// With a new database, this n8n counts its executions from 1 again.
			(row.answeredAt ?? row.updatedAt) > began - CLOCKS_DIFFER_MS
		);
	}

	/** AIR has just answered a token of this key with something that only its owner may learn. */
	async keyWasAccepted(): Promise<void> {
		await this.write('accepted key', async () => {
			await this.acceptance.renew();
		});
	}

	/** Notes that AIR has refused the key, if the error says so. */
	async noteRefusal(error: unknown): Promise<void> {
		if (!refusesKey(error)) return;
		try {
			await this.acceptance.refused();
		} catch (failure) {
			this.settings.log(`not in the ledger: AIR refused the key (${codeOf(failure)})`);
		}
	}

	/** The row with this hash, if the credential may see it. */
	async find(coreClaimHash: string, signal?: AbortSignal): Promise<LedgerRow | undefined> {
		try {
			const row = await this.ledger.find(this.realm, { coreClaimHash });
			if (row !== undefined) await this.assertKeyAccepted(signal);
			return row;
		} catch (error) {
			throw asAirError(error);
		}
	}

	/** Records what AIR said about an issuance. A failed write is tried again when the run ends. */
	async observed(coreClaimHash: string, status: IssuanceStatus, checks = 0): Promise<void> {
		await this.keyWasAccepted();
		await this.write(`status of ${coreClaimHash}`, async () => {
			await this.ledger.observed(this.realm, coreClaimHash, {
				vcStatus: status.vcStatus,
				vcId: status.vcId ?? null,
				state: status.state,
				nextCheckMs: watchDelayMs(checks),
			});
		});
	}

	/**
	 * Keeps triggers from asking about an issuance while this run waits for it. If this fails, AIR is
	 * only asked twice.
	 */
	async hold(coreClaimHash: string, forMs: number): Promise<void> {
		try {
			// Without an accepted key, nobody may hold a row back from other triggers.
			if (await this.acceptance.holds()) await this.ledger.hold(this.realm, coreClaimHash, forMs);
		} catch (error) {
			this.settings.log(`not held for the wait: ${coreClaimHash} (${codeOf(error)})`);
		}
	}

	/**
	 * Writes. A failure never hides what has happened at AIR: it is logged, and the write is tried again
	 * until the run ends.
	 *
	 * @returns whether it was written
	 */
	async write(what: string, write: () => Promise<unknown>): Promise<boolean> {
		try {
			await write();
			return true;
		} catch (error) {
			this.settings.log(`not yet in the ledger: ${what} (${codeOf(error)})`);
			this.unwritten.push(write);
			return false;
		}
	}

	/** Ends the run: writes what is left, and applies retention. */
	async end(): Promise<void> {
		const left = await this.writeAgain();
		if (left > 0) this.settings.log(`given up: ${left} writes of this run are not in the ledger`);
		await this.prune();
	}

	/**
	 * Tries again what failed, in order. Each failure can take as long as the store is waited for, so
	 * after some time the first one ends it: otherwise a run with many items would not end while the
	 * store is down.
	 *
	 * @returns how many are still not written
	 */
	private async writeAgain(): Promise<number> {
		const began = performance.now();
		for (const delay of RETRY_WRITES_MS) {
			if (this.unwritten.length === 0) break;
			await new Promise((resolve) => setTimeout(resolve, delay));
			const writes = this.unwritten.splice(0);
			for (const [index, write] of writes.entries()) {
				if (await this.write('retried write', write)) continue;
				if (performance.now() - began <= RETRY_WITHIN_MS) continue;
				return this.unwritten.length + writes.length - index - 1;
			}
		}
		return this.unwritten.length;
	}

	/** Once an hour, or after a minute if there was more to delete than one call could. */
	private async prune(): Promise<void> {
		// The ledger in memory limits itself.
		if (this.settings.onlyIn !== undefined) return;
		const begin = performance.now();
		const due = nextPrune.get(this.ledger) ?? new Map<string, number>();
		const isDue = () => begin >= (due.get(this.realm) ?? Number.NEGATIVE_INFINITY);
		try {
			// Without an accepted key, nobody may claim an owner's row or delay it.
			if (!isDue() || !(await this.acceptance.holds()) || !isDue()) return;
			nextPrune.set(this.ledger, due.set(this.realm, begin + HOUR_MS));
			const retention = {
				...DEFAULT_RETENTION,
				realm: this.realm,
				finishedDays: this.settings.retentionDays,
			};
			for (let more = true; more;) {
				const { abandoned, deleted, expired } = await this.ledger.prune(retention);
				more = Math.max(abandoned, deleted, expired) >= retention.limit;
				if (more && performance.now() - begin > PRUNE_WITHIN_MS) {
					due.set(this.realm, begin + MINUTE_MS);
					return;
				}
			}
		} catch (error) {
			this.settings.log(`the ledger could not be tidied (${codeOf(error)})`);
		}
	}
}

function codeOf(error: unknown): string {
	const known = asAirError(error);
	return known instanceof AirError ? known.code : 'unexpected';
}
