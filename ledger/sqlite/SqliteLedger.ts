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
import { answered, failed } from './attemptEnds';
import { begin } from './begin';
import type { Connection } from './Connection';
import { moveCursor, openCursor } from './cursors';
import { GroupCommit } from './GroupCommit';
import { feed, newestInFeed } from './feed';
import { acceptKey, refuseKey } from './keys';
import { forget, prune } from './retention';
import { events, find, keyAcceptance, list, totals } from './looking';
import { appendDelayed, hold, missing, postpone, watch } from './pending';
import { claimDue, observed, release } from './watching';

/** The ledger in one file, for any number of processes on one host. */
export class SqliteLedger implements Ledger {
	private readonly together: GroupCommit;

	/** @param wal - closed with the ledger */
	constructor(
		private readonly connection: Connection,
		private readonly wal?: { close(): Promise<void> },
	) {
		this.together = new GroupCommit(connection);
	}

	async begin(request: BeginRequest): Promise<BeginResult> {
		return await this.together.write((session) => begin(session, request));
	}

	async answered(attempt: AttemptRef, answer: AcceptedAnswer): Promise<RecordedAnswer> {
		return await this.together.write((session) => answered(session, attempt, answer));
	}

	async failed(attempt: AttemptRef, failure: AttemptFailure): Promise<LedgerRow> {
		return await this.together.write((session) => failed(session, attempt, failure));
	}

	async observed(realm: string, hash: string, seen: Observation): Promise<LedgerRow[]> {
		return await this.together.write((session) => observed(session, realm, hash, seen));
	}

	async claimDue(query: DueQuery): Promise<LedgerRow[]> {
		return await this.connection.write((session) => claimDue(session, query));
	}

	async release(ids: readonly number[]): Promise<void> {
		await this.connection.write((session) => {
			release(session, ids);
		});
	}

	async find(realm: string, by: FindBy): Promise<LedgerRow | undefined> {
		return await this.connection.read((session) => find(session, realm, by));
	}

	async list(filter: ListFilter): Promise<LedgerRow[]> {
		return await this.connection.read((session) => list(session, filter));
	}

	async totals(): Promise<Partial<Record<RowState, number>>> {
		return await this.connection.read(totals);
	}

	async events(after: number, limit: number): Promise<LedgerEvent[]> {
		return await this.connection.read((session) => events(session, after, limit));
	}

	async openCursor(key: CursorKey, start: CursorStart): Promise<Cursor> {
		return await this.connection.write((session) => openCursor(session, key, start));
	}

	async moveCursor(key: CursorKey, move: CursorMove): Promise<void> {
		await this.connection.write((session) => {
			moveCursor(session, key, move);
		});
	}

	async feed(query: FeedQuery): Promise<FeedPage> {
		return await this.connection.read((session) => feed(session, query));
	}

	async newestInFeed(filter: FeedFilter): Promise<FeedEvent | undefined> {
		return await this.connection.read((session) => newestInFeed(session, filter));
	}

	async appendDelayed(query: DelayedQuery): Promise<number> {
		return await this.connection.write((session) => appendDelayed(session, query));
	}

	async watch(request: WatchRequest): Promise<LedgerRow[]> {
		return await this.connection.write((session) => watch(session, request));
	}

	async missing(realm: string, hash: string, seen: Missing): Promise<void> {
		await this.connection.write((session) => {
			missing(session, realm, hash, seen);
		});
	}

	async postpone(rows: readonly Postponed[]): Promise<void> {
		await this.connection.write((session) => {
			postpone(session, rows);
		});
	}

	async hold(realm: string, hash: string, leaseMs: number): Promise<void> {
		await this.connection.write((session) => {
			hold(session, realm, hash, leaseMs);
		});
	}

	async forget(recipient: string): Promise<number> {
		return await forget(this.connection, recipient);
	}

	async acceptKey(realm: string, keyThumbprint: string): Promise<void> {
		await this.connection.write((session) => {
			acceptKey(session, realm, keyThumbprint);
		});
	}

	async refuseKey(realm: string, keyThumbprint: string): Promise<void> {
		await this.connection.write((session) => {
			refuseKey(session, realm, keyThumbprint);
		});
	}

	async keyAcceptance(realm: string, keyThumbprint: string): Promise<KeyAcceptance | undefined> {
		return await this.connection.read((session) => keyAcceptance(session, realm, keyThumbprint));
	}

	async prune(retention: Retention): Promise<PruneResult> {
		return await prune(this.connection, retention);
	}

	async close(): Promise<void> {
		this.connection.close();
		await this.wal?.close();
	}
}
