import type { Attempt, AttemptFailure, LedgerRow, Observation } from '../../../ledger/Ledger';
import {
	type AttemptEnd,
	decideAnswered,
	decideBegin,
	decideFailed,
	decideObserved,
} from '../../../ledger/transitions';
import { answer, request } from './contract/requests';
import { LEASE_MS } from './random/properties';

/** A row as the ledger gives it out; `sending`, first attempt, unless said otherwise. */
export function row(changes: Partial<LedgerRow> = {}): LedgerRow {
	return {
		...request(),
		id: 1,
		way: 'on-behalf',
		externalId: null,
		revocationNumber: null,
		expiresAt: null,
		holderDid: null,
		replacedBy: null,
		state: 'sending',
		reason: null,
		attempt: 1,
		attempts: [attempt(1)],
		coreClaimHash: null,
		userUuid: null,
		vcId: null,
		vcStatus: null,
		nextCheckAt: null,
		checks: 0,
		leaseUntil: LEASE_MS,
		createdAt: 0,
		answeredAt: null,
		keptSince: null,
		keptSame: null,
		confirmedAt: null,
		updatedAt: 0,
		...changes,
	};
}

export function attempt(number: number, changes: Partial<Attempt> = {}): Attempt {
	return {
		number,
		startedAt: 0,
		endedAt: null,
		outcome: 'open',
		coreClaimHash: null,
		userUuid: null,
		...changes,
	};
}

/** One key in memory: reads, asks the transitions, and writes what they say, as the stores do. */
export class ModelLedger {
	now = 0;
	row: LedgerRow | undefined;

	begin(repeatUnknown: boolean): string {
		const asked = request({ repeatUnknown, rememberMs: null });
		const decision = decideBegin(this.row, asked, this.now);
		const started = { state: 'sending', leaseUntil: this.now + LEASE_MS } as const;
		if (decision.do === 'insert') {
			this.row = row(started);
			return 'started';
		}
		if (this.row === undefined) throw new Error('there is no row');
		if (decision.do === 'expire') {
			this.mark(this.row.attempt, 'unknown');
			this.write(decision.end);
			return this.begin(repeatUnknown);
		}
		if (decision.do !== 'start') return decision.do;
		const attempts = [...this.row.attempts, attempt(decision.attempt)];
		this.row = { ...this.row, ...started, attempt: decision.attempt, attempts };
		return 'started';
	}

	answered(number: number, hash: string): void {
		const found = this.row?.attempts.find((each) => each.number === number);
		if (this.row === undefined || found?.coreClaimHash !== null) return;
		const end = decideAnswered(this.row, number, answer(hash));
		this.mark(number, 'accepted', hash);
		this.write(end);
	}

	failed(number: number, outcome: AttemptFailure['outcome']): void {
		const found = this.row?.attempts.find((each) => each.number === number);
		if (this.row === undefined || found === undefined) return;
		const end = decideFailed(this.row, number, { outcome, reason: 'AIR_X' });
		if (found.outcome === 'open' || found.outcome === 'unknown') this.mark(number, outcome);
		this.write(end);
	}

	observed(vcStatus: string, state: Observation['state']): void {
		if (typeof this.row?.coreClaimHash !== 'string') return;
		const change = decideObserved(this.row, { vcStatus, vcId: null, state, nextCheckMs: 0 });
		this.row = { ...this.row, state: change.state, vcStatus: change.vcStatus };
	}

	/** What other rows and time do to this one. */
	became(state: 'superseded' | 'abandoned'): void {
		const from = state === 'superseded' ? ['submitted', 'confirmed'] : ['submitted', 'unknown'];
		if (this.row !== undefined && from.includes(this.row.state)) this.row = { ...this.row, state };
	}

	private mark(number: number, outcome: Attempt['outcome'], coreClaimHash: string | null = null) {
		if (this.row === undefined) return;
		const attempts = this.row.attempts.map((each) =>
			each.number === number ? { ...each, outcome, coreClaimHash } : each,
		);
		this.row = { ...this.row, attempts };
	}

	private write({ state, reason, standing, submitted }: AttemptEnd): void {
		if (this.row === undefined) return;
		const leaseUntil = state === 'sending' ? this.row.leaseUntil : null;
		this.row = { ...this.row, state, reason, leaseUntil };
		if (submitted) {
			const coreClaimHash = standing?.coreClaimHash ?? null;
			this.row = { ...this.row, coreClaimHash, answeredAt: this.now };
		}
	}
}
