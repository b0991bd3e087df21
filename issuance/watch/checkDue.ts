import { AirError } from '../../air/AirError';
import { recheckDelayMs } from '../../air/backoff';
import { NO_REPEAT } from '../../air/repeat';
import type { LedgerRow } from '../../ledger/Ledger';
import { assertKeyAccepted } from '../setup/askAir';
import { askOnce } from '../getStatus';
import type { Memory } from '../Memory';
import { leaveAlone, leftAloneMs } from './politeness';

const PARALLEL = 5;
/** A question is not begun when there is less time left for its answer. */
const SHORTEST_ASK_MS = 1_000;
/** So many failures in a row, and no answer at all: AIR is down, and the others are not tried. */
const DOWN_AFTER = 5;
/** "No such hash" condemns a row after a day of nothing else (docs/trigger.md). */
const CONDEMN_AFTER_MS = 24 * 60 * 60 * 1000;
const LEASE_MARGIN_MS = 30_000;

export interface CheckSettings {
	/** Only rows of this n8n, or these rows. */
	readonly instance?: string | undefined;
	readonly ids?: readonly number[] | undefined;
	readonly maxCalls: number;
	readonly withinMs: number;
	readonly requestTimeoutMs: number;
}

export interface CheckReport {
	readonly asked: number;
	/** Of those, how many said something of an issuance; "no such hash" does, too. */
	readonly answered: number;
	/** Why one of the others did not. */
	readonly lastError: AirError | undefined;
}

/**
 * Asks AIR about what is due, the longest due first, within a time and a number of calls; what was
 * not reached is given back at once. A row that fails is asked about later and stops no other.
 *
 * @throws AirError what would fail for each row alike (credential, address, ledger); then no row
 *   that was not answered is changed
 */
export async function checkDue(memory: Memory, settings: CheckSettings): Promise<CheckReport> {
	if (leftAloneMs(memory.scope) > 0 || settings.maxCalls <= 0) {
		return { asked: 0, answered: 0, lastError: undefined };
	}
	const { withinMs, requestTimeoutMs, instance, ids } = settings;
	const rows = await memory.ledger.claimDue({
		scope: memory.scope,
		limit: settings.maxCalls,
		leaseMs: withinMs + requestTimeoutMs + LEASE_MARGIN_MS,
		instance,
		ids,
	});
	return await new Check(memory, settings, rows).run();
}

class Check {
	private readonly deadline: number;
	private readonly queue: LedgerRow[];
	/** Claimed, and nothing has been said of them. */
	private readonly open: Set<number>;
	private asked = 0;
	private answered = 0;
	private failed = 0;
	private lastError: AirError | undefined;
	private stopped: { readonly because: unknown } | undefined;
	private slowDown = false;

	constructor(
		private readonly memory: Memory,
		private readonly settings: CheckSettings,
		rows: readonly LedgerRow[],
	) {
		this.deadline = performance.now() + settings.withinMs;
		this.queue = [...rows];
		this.open = new Set(rows.map(({ id }) => id));
	}

	async run(): Promise<CheckReport> {
		try {
			await Promise.all(Array.from({ length: PARALLEL }, async () => this.work()));
		} finally {
			await this.memory.ledger.release([...this.open]);
		}
		if (this.stopped !== undefined) throw this.stopped.because;
		const { asked, answered, lastError } = this;
		return { asked, answered, lastError };
	}

	private get isOver(): boolean {
		const down = this.answered === 0 && this.failed >= DOWN_AFTER;
		const late = this.deadline - performance.now() < SHORTEST_ASK_MS;
		return this.stopped !== undefined || this.slowDown || down || late;
	}

	private async work(): Promise<void> {
		while (!this.isOver) {
			const row = this.queue.shift();
			if (row === undefined) return;
			try {
				await this.ask(row);
			} catch (error) {
				this.stopped ??= { because: error };
			}
		}
	}

	private async ask(row: LedgerRow): Promise<void> {
		const { memory } = this;
		const { client } = memory.settings;
		const { coreClaimHash, recipient, checks } = row;
		if (coreClaimHash === null) return;
		// How old it was when it came due: both times are the store's, whatever the clock here says.
		const dueAt = row.nextCheckAt ?? row.updatedAt;
		const nextCheckMs = recheckDelayMs(dueAt - (row.answeredAt ?? row.createdAt), checks);
		this.asked += 1;
		try {
			const { vcStatus, vcId, state } = await askOnce(client, recipient, coreClaimHash, {
				repeat: NO_REPEAT,
				queueMs: Math.max(0, this.deadline - performance.now()),
				timeoutMs: Math.min(this.settings.requestTimeoutMs, this.deadline - performance.now()),
			});
			this.answered += 1;
			await memory.ledger.observed(memory.scope, coreClaimHash, {
				vcStatus,
				vcId: vcId ?? null,
				state,
				nextCheckMs,
			});
			this.open.delete(row.id);
		} catch (error) {
			if (!(error instanceof AirError)) throw error;
			await this.failure(row, coreClaimHash, error, nextCheckMs);
		}
	}

	private async failure(
		row: LedgerRow,
		coreClaimHash: string,
		error: AirError,
		nextCheckMs: number,
	): Promise<void> {
		const { ledger, scope } = this.memory;
		if (error.code === 'AIR_HASH_NOT_FOUND') {
			this.answered += 1;
			const condemnAfterMs = CONDEMN_AFTER_MS;
			await ledger.missing(scope, coreClaimHash, { nextCheckMs, condemnAfterMs });
			this.open.delete(row.id);
			return;
		}
		this.lastError = error;
		if (error.code === 'AIR_RATE_LIMITED' || error.retryAfterMs !== undefined) {
			this.slowDown = true;
			leaveAlone(scope, error.retryAfterMs);
			return;
		}
		await this.assertOnlyThisRow(error);
		this.failed += 1;
		await ledger.postpone([{ id: row.id, nextCheckMs }]);
		this.open.delete(row.id);
	}

	/** @throws AirError if the same would happen to any row */
	private async assertOnlyThisRow(error: AirError): Promise<void> {
		const everywhere =
			error.code === 'AIR_NOT_FOUND_FOREIGN' ||
			error.code === 'AIR_REDIRECT' ||
			(error.kind === 'input' && error.code !== 'AIR_RECIPIENT_INVALID');
		if (everywhere) throw error;
		if (error.httpStatus !== 401 && error.httpStatus !== 403) return;
		// Perhaps AIR dislikes this one recipient: what does it say to a token for nobody?
		await assertKeyAccepted(this.memory.settings.client);
	}
}
