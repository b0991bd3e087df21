import type {
	Cursor,
	CursorKey,
	CursorMove,
	CursorStart,
	DelayedQuery,
	FeedEvent,
	FeedFilter,
	FeedPage,
	FeedQuery,
	Missing,
	Postponed,
	WatchRequest,
} from '../Feed';
import type {
	AcceptedAnswer,
	AttemptFailure,
	AttemptRef,
	BeginRequest,
	BeginResult,
	DueQuery,
	FindBy,
	KeyAcceptance,
	Ledger,
	LedgerEvent,
	LedgerRow,
	ListFilter,
	Observation,
	PruneResult,
	RecordedAnswer,
	Retention,
	RowState,
} from '../Ledger';
import { answered, failed, type Answered } from './attempts';
import { Batches } from './Batches';
import { begin } from './begin';
import { beginAll } from './beginAll';
import { moveCursor, openCursor } from './cursors';
import type { Database, Patience } from './Database';
import { gone } from './endAttempts';
import { feed, newestInFeed } from './feed';
import { acceptKey, refuseKey } from './keys';
import { events, find, keyAcceptance, list, totals } from './looking';
import { appendDelayed, hold, missing, postpone } from './pending';
import { forget, prune } from './retention';
import { watch } from './watched';
import { claimDue, observed, release } from './watching';

/** Who has to wait for a row for longer is written alone, and holds up nobody else. */
const BATCH: Patience = { statementMs: 15_000, lockMs: 1_000 };

/**
 * The ledger in PostgreSQL, for queue mode and for several n8ns: one transaction for each operation,
 * which holds the rows that it decides on; but for `begin` and `answered` of many callers at once.
 */
export class PostgresLedger implements Ledger {
	private readonly begins: Batches<BeginRequest, BeginResult>;
	private readonly answers: Batches<Answered, RecordedAnswer>;

	constructor(private readonly database: Database) {
		this.begins = new Batches({
			together: (requests) => database.transaction((session) => beginAll(session, requests), BATCH),
			alone: (request) => database.transaction((session) => begin(session, request)),
		});
		this.answers = new Batches({
			together: (told) => database.transaction((session) => answered(session, told), BATCH),
			alone: async (told) => {
				const [recorded] = await database.transaction((session) => answered(session, [told]));
				if (recorded === undefined) throw gone();
				return recorded;
			},
		});
	}

	async begin(request: BeginRequest): Promise<BeginResult> {
		return await this.begins.write(request);
	}

	async answered(attempt: AttemptRef, answer: AcceptedAnswer): Promise<RecordedAnswer> {
		return await this.answers.write({ attempt, answer });
	}

	async failed(attempt: AttemptRef, failure: AttemptFailure): Promise<LedgerRow> {
		return await this.database.transaction((session) => failed(session, attempt, failure));
	}

	async observed(realm: string, coreClaimHash: string, seen: Observation): Promise<LedgerRow[]> {
		return await this.database.transaction((session) =>
			observed(session, realm, coreClaimHash, seen),
		);
	}

	async claimDue(query: DueQuery): Promise<LedgerRow[]> {
		return await this.database.transaction((session) => claimDue(session, query));
	}

	async release(ids: readonly number[]): Promise<void> {
		await this.database.transaction((session) => release(session, ids));
	}

	async find(realm: string, by: FindBy): Promise<LedgerRow | undefined> {
		return await this.database.transaction((session) => find(session, realm, by));
	}

	async list(filter: ListFilter): Promise<LedgerRow[]> {
		return await this.database.transaction((session) => list(session, filter));
	}

	async totals(): Promise<Partial<Record<RowState, number>>> {
		return await this.database.transaction(totals);
	}

	async events(after: number, limit: number): Promise<LedgerEvent[]> {
		return await this.database.transaction((session) => events(session, after, limit));
	}

	async openCursor(key: CursorKey, start: CursorStart): Promise<Cursor> {
		return await this.database.transaction((session) => openCursor(session, key, start));
	}

	async moveCursor(key: CursorKey, move: CursorMove): Promise<void> {
		await this.database.transaction((session) => moveCursor(session, key, move));
	}

	async feed(query: FeedQuery): Promise<FeedPage> {
		return await this.database.transaction((session) => feed(session, query));
	}

	async newestInFeed(filter: FeedFilter): Promise<FeedEvent | undefined> {
		return await this.database.transaction((session) => newestInFeed(session, filter));
	}

	async appendDelayed(query: DelayedQuery): Promise<number> {
		return await this.database.transaction((session) => appendDelayed(session, query));
	}

	async watch(request: WatchRequest): Promise<LedgerRow[]> {
		return await this.database.transaction((session) => watch(session, request));
	}

	async missing(realm: string, hash: string, seen: Missing): Promise<void> {
		await this.database.transaction((session) => missing(session, realm, hash, seen));
	}

	async postpone(rows: readonly Postponed[]): Promise<void> {
		await this.database.transaction((session) => postpone(session, rows));
	}

	async hold(realm: string, hash: string, leaseMs: number): Promise<void> {
		await this.database.transaction((session) => hold(session, realm, hash, leaseMs));
	}

	async forget(recipient: string): Promise<number> {
		return await this.database.transaction((session) => forget(session, recipient));
	}

	async acceptKey(realm: string, keyThumbprint: string): Promise<void> {
		await this.database.transaction((session) => acceptKey(session, realm, keyThumbprint));
	}

	async refuseKey(realm: string, keyThumbprint: string): Promise<void> {
		await this.database.transaction((session) => refuseKey(session, realm, keyThumbprint));
	}

	async keyAcceptance(realm: string, keyThumbprint: string): Promise<KeyAcceptance | undefined> {
		return await this.database.transaction((session) =>
			keyAcceptance(session, realm, keyThumbprint),
		);
	}

	async prune(retention: Retention): Promise<PruneResult> {
		return await prune(this.database, retention);
	}

	async close(): Promise<void> {
		await this.database.close();
	}
}
