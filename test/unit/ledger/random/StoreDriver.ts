import type { AttemptFailure, LedgerRow, Observation } from '../../../../ledger/Ledger';
import { LedgerError } from '../../../../ledger/LedgerError';
import { answer, PROGRAM, request, seen, start } from '../contract/requests';
import type { ContractStore } from '../contract/store';
import type { Driver } from './properties';

export const STORE_LEASE_MS = 60_000;
const DAY = 86_400_000;

/** One key of a real store, in a realm of its own. */
export class StoreDriver implements Driver {
	private readonly realm: string;
	private others = 0;

	constructor(
		private readonly store: ContractStore,
		private readonly idempotencyKey: string,
	) {
		this.realm = `https://air.example ${idempotencyKey}`;
	}

	async read(): Promise<LedgerRow | undefined> {
		const by = { program: PROGRAM, idempotencyKey: this.idempotencyKey };
		return await this.store.ledger.find(this.realm, by);
	}

	now(): number {
		return this.store.now();
	}

	wait(ms: number): void {
		this.store.advance(ms);
	}

	async begin(repeatUnknown: boolean): Promise<string> {
		return (await this.store.ledger.begin(this.request({ repeatUnknown }))).outcome;
	}

	async answered(number: number, hash: string): Promise<void> {
		await this.with(number, async (attempt) => {
			await this.store.ledger.answered(attempt, answer(`${this.idempotencyKey} ${hash}`));
		});
	}

	async failed(number: number, outcome: AttemptFailure['outcome']): Promise<void> {
		await this.with(number, async (attempt) => {
			await this.store.ledger.failed(attempt, { outcome, reason: 'AIR_X' });
		});
	}

	async observed(vcStatus: string, state: Observation['state']): Promise<void> {
		const row = await this.read();
		if (row?.coreClaimHash == null) return;
		await this.store.ledger.observed(this.realm, row.coreClaimHash, seen(vcStatus, state));
	}

	async became(state: 'superseded' | 'abandoned'): Promise<void> {
		const { ledger } = this.store;
		if (state === 'abandoned') {
			await ledger.prune({ realm: this.realm, openDays: 0, finishedDays: 1_000, limit: 1_000 });
			return;
		}
		this.wait(1);
		this.others += 1;
		const name = `${this.idempotencyKey} other ${this.others}`;
		const attempt = await start(ledger, this.request({ idempotencyKey: name }));
		await ledger.answered(attempt, answer(name, { supersedes: true }));
	}

	private request(changes: object) {
		return request({
			realm: this.realm,
			idempotencyKey: this.idempotencyKey,
			leaseMs: STORE_LEASE_MS,
			rememberMs: 10_000 * DAY,
			...changes,
		});
	}

	/** An attempt that was never begun is not there to end. */
	private async with(
		number: number,
		work: (attempt: { issuanceId: number; attempt: number }) => Promise<void>,
	): Promise<void> {
		const row = await this.read();
		if (row === undefined) return;
		try {
			await work({ issuanceId: row.id, attempt: number });
		} catch (error) {
			if (!(error instanceof LedgerError) || number <= row.attempt) throw error;
		}
	}
}
