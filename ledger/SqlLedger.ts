import type {
	AcceptedAnswer,
	AttemptFailure,
	AttemptRef,
	BeginRequest,
	BeginResult,
	Cursor,
	CursorKey,
	CursorMove,
	CursorStart,
	DelayedQuery,
	DirectBegun,
	DirectLook,
	DirectRequest,
	DirectSeal,
	DueQuery,
	EraseResult,
	FeedEvent,
	FeedFilter,
	FeedPage,
	FeedQuery,
	FindBy,
	KeyAcceptance,
	Ledger,
	LedgerEvent,
	LedgerRow,
	ListFilter,
	ListSummary,
	KeyOfKid,
	LiveKey,
	Missing,
	NewList,
	NumberStatus,
	Observation,
	Place,
	PageQuery,
	Postponed,
	ProgramUse,
	PruneResult,
	PublishedList,
	RecordedAnswer,
	Restored,
	Retention,
	RevokeRequest,
	RevokeResult,
	RowPage,
	RowState,
	Settlement,
	SettleRequest,
	SettleResult,
	StatusList,
	SummaryPage,
	SummaryQuery,
	UnpublishRequest,
	UnpublishResult,
	WatchRequest,
} from './Ledger';
import { LedgerError } from './LedgerError';
import { answered, type Answered } from './operations/answered';
import { begin } from './operations/begin';
import { moveCursor, openCursor } from './operations/cursors';
import { appendDelayed } from './operations/delayed';
import { beginDirect, lookDirect } from './operations/direct';
import { claimDue, hold, missing, postpone, release } from './operations/due';
import { rowErased } from './operations/endAttempts';
import { failed } from './operations/failed';
import { events, feed, newestInFeed } from './operations/feed';
import { acceptKey, keyAcceptance, refuseKey } from './operations/keys';
import { find, programs, totals } from './operations/lookups';
import { observed } from './operations/observed';
import { Publishing } from './operations/Publishing';
import { list, page, summary } from './operations/pages';
import { endLeases, erase, forget, prune } from './operations/retention';
import { revoke } from './operations/revoke';
import { settle, settlements } from './operations/settle';
import { liveKeys, otherKey, unpublishKey } from './operations/signingKeys';
import {
	freePlace,
	numberStatus,
	openList,
	restored,
	statusList,
	statusLists,
} from './operations/statusLists';
import { watch } from './operations/watch';
import type { Dialect } from './sql/Dialect';
import type { Store } from './sql/Session';

/** The ledger in a database: one state machine for all stores. Each operation is in a file of its own. */
export class SqlLedger implements Ledger {
	private readonly dialect: Dialect;
	private readonly beginShared: (request: BeginRequest) => Promise<BeginResult>;
	private readonly answeredShared: (told: Answered) => Promise<RecordedAnswer>;
	private readonly publishing: Publishing;

	/** @param store - closed with the ledger */
	constructor(private readonly store: Store) {
		const { dialect } = store;
		this.dialect = dialect;
		this.publishing = new Publishing(store);
		this.beginShared = store.sharing(
			(requests: readonly BeginRequest[]) => begin(dialect, requests),
			() => new LedgerError('LEDGER_LOCKED', 'the key could not be begun'),
		);
		this.answeredShared = store.sharing(
			(told: readonly Answered[]) => answered(dialect, told),
			rowErased,
		);
	}

	async begin(request: BeginRequest): Promise<BeginResult> {
		return await this.beginShared(request);
	}

	async lookDirect(request: DirectRequest): Promise<DirectLook> {
		return await this.store.read(() => lookDirect(this.dialect, request));
	}

	async beginDirect(request: DirectRequest, seal: DirectSeal): Promise<DirectBegun> {
		const begun = await this.store.write(() => beginDirect(this.dialect, request, seal));
		if (begun.outcome === 'started' && begun.revoked) await this.publishing.soon();
		return begun;
	}

	async answered(attempt: AttemptRef, answer: AcceptedAnswer): Promise<RecordedAnswer> {
		const recorded = await this.answeredShared({ attempt, answer });
		if (recorded.superseded > 0) await this.publishing.soon();
		return recorded;
	}

	async failed(attempt: AttemptRef, failure: AttemptFailure): Promise<LedgerRow> {
		return await this.store.write(() => failed(this.dialect, attempt, failure));
	}

	async observed(realm: string, coreClaimHash: string, seen: Observation): Promise<LedgerRow[]> {
		return await this.store.write(() => observed(this.dialect, realm, coreClaimHash, seen));
	}

	async claimDue(query: DueQuery): Promise<LedgerRow[]> {
		return await this.store.write(() => claimDue(this.dialect, query));
	}

	async release(ids: readonly number[]): Promise<void> {
		await this.store.write(() => release(this.dialect, ids));
	}

	async find(realm: string, by: FindBy): Promise<LedgerRow | undefined> {
		return await this.store.read(() => find(this.dialect, realm, by));
	}

	async list(filter: ListFilter): Promise<LedgerRow[]> {
		return await this.store.read(() => list(this.dialect, filter));
	}

	async page(query: PageQuery): Promise<RowPage> {
		return await this.store.read(() => page(this.dialect, query));
	}

	async programs(realm: string): Promise<ProgramUse[]> {
		return await this.store.read(() => programs(realm));
	}

	async summary(query: SummaryQuery): Promise<SummaryPage> {
		return await this.store.read(() => summary(this.dialect, query));
	}

	async totals(): Promise<Partial<Record<RowState, number>>> {
		return await this.store.read(totals);
	}

	async events(after: number, limit: number): Promise<LedgerEvent[]> {
		return await this.store.read(() => events(after, limit));
	}

	async forget(recipient: string): Promise<number> {
		const erased = await this.store.write(() => forget(this.dialect, recipient));
		if (erased > 0) await this.store.purge();
		return erased;
	}

	async erase(recipient: string, waitMs: number, realm?: string): Promise<EraseResult> {
		return await erase(this.store, recipient, waitMs, realm);
	}

	async acceptKey(realm: string, keyThumbprint: string): Promise<void> {
		await this.store.write(() => acceptKey(this.dialect, realm, keyThumbprint));
	}

	async refuseKey(realm: string, keyThumbprint: string): Promise<void> {
		await this.store.write(() => refuseKey(this.dialect, realm, keyThumbprint));
	}

	async keyAcceptance(realm: string, keyThumbprint: string): Promise<KeyAcceptance | undefined> {
		return await this.store.read(() => keyAcceptance(this.dialect, realm, keyThumbprint));
	}

	async settle(request: SettleRequest): Promise<SettleResult> {
		const result = await this.store.write(() => settle(this.dialect, request));
		// A reissue that was issued after all revokes what it replaces.
		if (result.outcome === 'settled') await this.publishing.soon();
		return result;
	}

	async settlements(realm: string, issuanceId: number): Promise<Settlement[]> {
		return await this.store.read(() => settlements(realm, issuanceId));
	}

	async endLeases({ limit }: { readonly limit: number }): Promise<number> {
		return await endLeases(this.store, limit);
	}

	async prune(retention: Retention): Promise<PruneResult> {
		const result = await prune(this.store, retention);
		// A process may have been killed before it kept what it had revoked.
		await this.publishing.soon();
		return result;
	}

	async openCursor(key: CursorKey, start: CursorStart): Promise<Cursor> {
		return await this.store.write(() => openCursor(this.dialect, key, start));
	}

	async moveCursor(key: CursorKey, move: CursorMove): Promise<void> {
		await this.store.write(() => moveCursor(this.dialect, key, move));
	}

	async feed(query: FeedQuery): Promise<FeedPage> {
		return await this.store.read(() => feed(this.dialect, query));
	}

	async newestInFeed(filter: FeedFilter): Promise<FeedEvent | undefined> {
		return await this.store.read(() => newestInFeed(this.dialect, filter));
	}

	async appendDelayed(query: DelayedQuery): Promise<number> {
		return await this.store.write(() => appendDelayed(this.dialect, query));
	}

	async watch(request: WatchRequest): Promise<LedgerRow[]> {
		return await this.store.write(() => watch(this.dialect, request));
	}

	async missing(realm: string, coreClaimHash: string, seen: Missing): Promise<void> {
		await this.store.write(() => missing(this.dialect, realm, coreClaimHash, seen));
	}

	async postpone(rows: readonly Postponed[]): Promise<void> {
		await this.store.write(() => postpone(this.dialect, rows));
	}

	async hold(realm: string, coreClaimHash: string, leaseMs: number): Promise<void> {
		await this.store.write(() => hold(this.dialect, realm, coreClaimHash, leaseMs));
	}

	async freePlace(realm: string, draws: readonly number[]): Promise<Place | undefined> {
		return await this.store.read(() => freePlace(this.dialect, realm, draws));
	}

	async openList(realm: string, list: NewList): Promise<void> {
		await this.store.write(() => openList(this.dialect, realm, list));
	}

	async revoke(request: RevokeRequest): Promise<RevokeResult> {
		const result = await this.store.write(() => revoke(this.dialect, request));
		if (result.outcome === 'revoked') await this.publishing.soon();
		return result;
	}

	async statusList(realm: string, id: string): Promise<StatusList | undefined> {
		const known = await this.store.read(() => statusList(realm, id));
		return await this.publishing.list(realm, id, known);
	}

	async statusLists(realm: string): Promise<ListSummary[]> {
		return await this.store.read(() => statusLists(realm));
	}

	async numberStatus(realm: string, number: string): Promise<NumberStatus | undefined> {
		const known = await this.store.read(() => numberStatus(realm, number));
		return await this.publishing.number(realm, number, known);
	}

	async liveKeys(realm: string): Promise<LiveKey[]> {
		return await this.store.read(() => liveKeys(this.dialect, realm));
	}

	async otherKey(key: KeyOfKid): Promise<LiveKey | undefined> {
		return await this.store.read(() => otherKey(this.dialect, key));
	}

	async unpublishKey(request: UnpublishRequest): Promise<UnpublishResult> {
		return await this.store.write(() => unpublishKey(this.dialect, request));
	}

	async restored(published: readonly PublishedList[], nothingRevoked: boolean): Promise<Restored> {
		const marks = (await this.store.published?.revoked()) ?? [];
		const result = await this.store.write(() =>
			restored(this.dialect, published, marks, nothingRevoked),
		);
		await this.publishing.soon();
		return result;
	}

	async close(): Promise<void> {
		await this.store.close();
	}
}
