import { limiterFor } from '../../air/pacing/HostLimiter';
import { AirError } from '../../errors/AirError';
import { recheckDelayMs } from '../../air/pacing/backoff';
import { NO_REPEAT } from '../../air/pacing/repeat';
import { assertRow } from '../../ledger/assertRow';
import { isOnlyWatched } from '../../ledger/Ledger';
import type { LedgerRow } from '../../ledger/Ledger';
import { Parallel } from '../issue/Parallel';
import { asKnownError } from '../session/asAirError';
import { askOnce } from '../status/getStatus';
import type { LedgerSession } from '../session/LedgerSession';
import { proveKey } from '../session/proveKey';
import { hashInWords } from './hashInWords';
import { leaveAlone } from './politeness';

/** A question is not begun when there is less time left for its answer. */
const SHORTEST_ASK_MS = 1_000;
/** After this many failures in a row and no answer, AIR is down, and the others are not tried. */
const DOWN_AFTER = 5;
/** After this many rows in a row that cannot be written, the store is at fault, not the rows. */
const STORE_DOWN_AFTER = 2;
/** "No such hash" condemns a row after a day of nothing else (docs/trigger.md). */
const CONDEMN_AFTER_MS = 24 * 60 * 60 * 1000;
/** AIR may know an issuance some moments later; what it does not know by then is a pair that is wrong. */
const PAIR_UNKNOWN_AFTER_MS = 10 * 60 * 1000;
/** Each time that it is asked about such a pair an execution fails. */
const ASK_UNKNOWN_MS = 60 * 60 * 1000;

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
	/** What failed on our side for a single row: somebody should look at it. Undefined if nothing did. */
	readonly problem: Error | undefined;
}

/** Ages are counted up to it: like all times of a row it is the store's, whatever the clock here says. */
const dueAt = (row: LedgerRow) => row.nextCheckAt ?? row.updatedAt;

/** Asks AIR about claimed rows: see `checkDue`. */
export class Check {
	private readonly deadline: number;
	private readonly end = new AbortController();
	/** Claimed, and nothing has been said of them. */
	private readonly open: Set<number>;
	private asked = 0;
	private answered = 0;
	private failed = 0;
	private lastError: AirError | undefined;
	private problem: Error | undefined;
	private stopped: { readonly because: unknown } | undefined;
	private slowDown = false;
	private written = false;
	/** Rows in a row that could not even be put off. */
	private stuck = 0;
	private unwritten: { readonly because: unknown } | undefined;

	constructor(
		private readonly session: LedgerSession,
		private readonly settings: CheckSettings,
		private readonly rows: readonly LedgerRow[],
	) {
		this.deadline = performance.now() + settings.withinMs;
		this.open = new Set(rows.map(({ id }) => id));
	}

	async run(): Promise<CheckReport> {
		try {
			await this.askAll();
		} finally {
			await this.session.ledger.release([...this.open]);
			if (this.answered > 0) await this.session.keyWasAccepted();
		}
		if (this.stopped !== undefined) throw this.stopped.because;
		if (this.unwritten !== undefined && !this.written) throw this.unwritten.because;
		const { asked, answered, lastError, problem } = this;
		return { asked, answered, lastError, problem };
	}

	private get isOver(): boolean {
		const down = this.answered === 0 && this.failed >= DOWN_AFTER;
		const late = this.deadline - performance.now() < SHORTEST_ASK_MS;
		return this.stopped !== undefined || this.slowDown || down || late;
	}

	/** As many at once as AIR takes. */
	private async askAll(): Promise<void> {
		const { rows, session } = this;
		const limiter = limiterFor(session.settings.client.identity.baseUrl);
		const askOne = async (row: LedgerRow, stopped: AbortSignal): Promise<void> => {
			if (!this.isOver) {
				try {
					await this.ask(row, stopped);
				} catch (error) {
					this.stopped ??= { because: error };
				}
			}
			if (this.isOver) this.end.abort();
		};
		await new Parallel<void>({
			items: rows.length,
			concurrency: () => limiter.ofUse('ask'),
			stopAtFailure: false,
			signal: this.end.signal,
			prepare: async (index) => {
				const row = rows[index];
				// Their order does not matter, and each is another one.
				const run = async (stopped: AbortSignal) => {
					if (row !== undefined) await askOne(row, stopped);
				};
				return await Promise.resolve({ lane: String(index), run });
			},
		}).run();
	}

	private async ask(row: LedgerRow, stopped: AbortSignal): Promise<void> {
		const { session } = this;
		const { coreClaimHash, recipient, checks } = row;
		if (coreClaimHash === null) return;
		const nextCheckMs = recheckDelayMs(dueAt(row) - (row.answeredAt ?? row.createdAt), checks);
		try {
			assertRow(row);
			const timeoutMs = Math.min(this.settings.requestTimeoutMs, this.deadline - performance.now());
			this.asked += 1;
			const { vcStatus, vcId, state } = await askOnce(
				session.settings.client,
				recipient,
				coreClaimHash,
				{
					repeat: NO_REPEAT,
					share: { whose: this },
					queueMs: Math.max(0, this.deadline - performance.now()),
					timeoutMs,
					signal: stopped,
					// What has been sent is answered.
					graceMs: timeoutMs,
				},
			);
			this.answered += 1;
			await session.ledger.observed(session.realm, coreClaimHash, {
				recipient,
				vcStatus,
				vcId: vcId ?? null,
				state,
				nextCheckMs,
			});
			this.isWritten(row);
		} catch (error) {
			if (error instanceof AirError) await this.airFailed(row, coreClaimHash, error, nextCheckMs);
			else await this.rowFailed(row, error, nextCheckMs);
		}
	}

	private isWritten({ id }: LedgerRow): void {
		this.open.delete(id);
		this.written = true;
		this.stuck = 0;
	}

	private async airFailed(
		row: LedgerRow,
		coreClaimHash: string,
		error: AirError,
		nextCheckMs: number,
	): Promise<void> {
		if (error.code === 'AIR_HASH_NOT_FOUND') {
			this.answered += 1;
			await this.missing(row, coreClaimHash, nextCheckMs);
			return;
		}
		if (error.code === 'AIR_CANCELLED') {
			// It was still waiting to be sent when the others ended: it stays due.
			this.asked -= 1;
			return;
		}
		this.lastError = error;
		if (this.isToSlowDown(error)) {
			// Perhaps AIR limits questions about this recipient only: after the pause another one comes first.
			await this.putOff(row, nextCheckMs);
			return;
		}
		await this.assertOnlyThisRow(error);
		this.failed += 1;
		await this.putOff(row, nextCheckMs);
	}

	private isToSlowDown(error: AirError): boolean {
		if (error.code !== 'AIR_RATE_LIMITED' && error.retryAfterMs === undefined) return false;
		this.slowDown = true;
		leaveAlone(this.session.realm, error.retryAfterMs);
		return true;
	}

	private async missing(row: LedgerRow, hash: string, nextCheckMs: number): Promise<void> {
		const { ledger, realm, settings } = this.session;
		const condemnAfterMs = CONDEMN_AFTER_MS;
		const unknown =
			isOnlyWatched(row) &&
			row.vcStatus === null &&
			// By this machine's clock: only what is said depends on it.
			Date.now() - row.createdAt >= PAIR_UNKNOWN_AFTER_MS;
		const when = unknown ? ASK_UNKNOWN_MS : nextCheckMs;
		try {
			const { recipient } = row;
			await ledger.missing(realm, hash, { recipient, nextCheckMs: when, condemnAfterMs });
			this.isWritten(row);
		} catch (error) {
			await this.rowFailed(row, error, nextCheckMs);
		}
		if (!unknown) return;
		settings.log(`AIR_TRIGGER_PAIR_UNKNOWN: ${hashInWords(hash)}`);
		this.problem ??= new AirError('AIR_TRIGGER_PAIR_UNKNOWN', { detail: hashInWords(hash) });
	}

	/**
	 * What fails on our side: the store cannot hold what AIR said of a row, or the row itself is damaged.
	 * Where it can at least be put off, it is the row's own and stops no other.
	 */
	private async rowFailed(row: LedgerRow, error: unknown, nextCheckMs: number): Promise<void> {
		const known = asKnownError(error);
		// Words of others may hold values.
		const words = known instanceof AirError ? known.message : 'an unexpected failure';
		this.session.settings.log(`row ${row.id} is asked about later: ${words}`);
		this.problem ??= known;
		await this.putOff(row, nextCheckMs);
	}

	/** @throws what the store says if it takes nothing of other rows either */
	private async putOff(row: LedgerRow, nextCheckMs: number): Promise<void> {
		try {
			await this.session.ledger.postpone([{ id: row.id, nextCheckMs }]);
			this.isWritten(row);
		} catch (error) {
			// Another session may hold just this row. Then its claim puts it off, which is not to be given
			// back: that, too, would have to wait for the session.
			this.open.delete(row.id);
			this.problem ??= asKnownError(error);
			this.unwritten ??= { because: error };
			this.stuck += 1;
			if (this.stuck >= STORE_DOWN_AFTER) throw error;
		}
	}

	/** @throws AirError if the same would happen to any row */
	private async assertOnlyThisRow(error: AirError): Promise<void> {
		if (error.kind === 'input' && error.code !== 'AIR_RECIPIENT_INVALID') throw error;
		const perhapsEverybodys =
			error.code === 'AIR_NOT_FOUND_FOREIGN' ||
			error.code === 'AIR_REDIRECT' ||
			error.httpStatus === 401 ||
			error.httpStatus === 403;
		// Perhaps AIR, or what stands before it, dislikes this recipient or this hash: what does it say to
		// a question of nobody about nothing?
		if (!perhapsEverybodys) return;
		try {
			await proveKey(this.session.settings.client, { repeat: NO_REPEAT });
		} catch (again) {
			await this.session.noteRefusal(again);
			if (!(again instanceof AirError && this.isToSlowDown(again))) throw again;
		}
	}
}
