import { AirError } from '../../errors/AirError';
import type {
	Cursor,
	CursorKey,
	CursorStart,
	DelayedQuery,
	FeedEvent,
	FeedFilter,
} from '../../ledger/Ledger';
import type { LedgerSession } from '../session/LedgerSession';
import { assertRow, isTime, isWhole } from '../../ledger/assertRow';
import { LedgerError } from '../../ledger/LedgerError';
import { asAirError, asKnownError } from '../session/asAirError';
import { checkDue, pauseError } from './checkDue';
import { hashInWords } from './hashInWords';
import { takenUpTo, type Evidence, type Offer } from './offering';

/** Delayed events per batch. */
const DELAYED_BATCH = 500;
/** Batches per poll. */
const DELAYED_BATCHES = 10;

/** The most attempts that nobody finished to end in one poll. */
const LEASES = 500;

export interface WatchedPair {
	readonly coreClaimHash: string;
	readonly recipient: string;
}

/** What a trigger wants to know of. */
export interface WatchSettings {
	readonly watch: 'instance' | 'everywhere' | readonly WatchedPair[];
	readonly filter: Pick<
		FeedFilter,
		'types' | 'delayMinutes' | 'expiringMinutes' | 'program' | 'referencePrefix' | 'workflowId'
	>;
	readonly maxCalls: number;
	readonly maxEvents: number;
	readonly withinMs: number;
	readonly requestTimeoutMs: number;
}

export interface PollSettings extends WatchSettings {
	readonly start: CursorStart;
	readonly evidence: Evidence;
}

export interface Poll {
	readonly cursor: Cursor;
	readonly events: readonly FeedEvent[];
	/** To be remembered where the evidence comes from; undefined when nothing was offered. */
	readonly offer: Offer | undefined;
	/** AIR said nothing at all in this poll, and why. */
	readonly unanswered: AirError | undefined;
	/** What is wrong with single issuances; nothing else was stopped by it. Undefined if nothing is. */
	readonly problem: Error | undefined;
}

/** Where a trigger is in the ledger. */
export const cursorKey = ({ realm, settings: { origin } }: LedgerSession): CursorKey => ({
	realm,
	instance: origin.instance,
	workflowId: origin.workflowId,
	nodeId: origin.nodeId,
});

/**
 * One poll of a trigger: asks AIR about what is due, and offers the events after what was delivered.
 *
 * The cursor comes first, so that its baseline is written before anything else can fail, and what
 * this very poll learns is after it.
 *
 * @throws AirError what stops the trigger; nothing is lost by it
 */
export async function pollEvents(session: LedgerSession, settings: PollSettings): Promise<Poll> {
	try {
		const { ledger } = session;
		await session.assertKeyAccepted();
		const key = cursorKey(session);
		const cursor = await ledger.openCursor(key, settings.start);
		const delivered = takenUpTo(cursor, settings.evidence);
		if (delivered > cursor.delivered) await ledger.moveCursor(key, { delivered });

		const { filter, misfit } = await filterOf(session, settings);
		// A threshold that is changed later begins with what has come due since this trigger began.
		const start = settings.start === 'now' ? { since: cursor.createdAt } : settings.start;
		const { unanswered, problem, stopped } = await learn(session, { ...settings, start }, filter);
		const page = await read(session, filter, delivered, settings.maxEvents);
		const { events, upTo } = page;
		const known = {
			cursor,
			events,
			unanswered,
			problem: misfit ?? problem ?? stopped ?? page.problem,
		};
		if (events.length === 0) {
			if (stopped !== undefined) throw stopped;
			// Not past what was missed, as long as nobody has said so.
			if (upTo > delivered && !cursor.missed) await ledger.moveCursor(key, { delivered: upTo });
			return { ...known, offer: undefined };
		}
		await ledger.moveCursor(key, { offered: upTo });
		const { ledgerId, createdAt } = cursor;
		const offer = { ledgerId, createdAt, upTo, process: settings.evidence.process };
		return { ...known, offer };
	} catch (error) {
		throw asAirError(error);
	}
}

/** The newest event that fits, for a look at it: no cursor is made or moved. */
export async function sampleEvent(
	session: LedgerSession,
	settings: WatchSettings,
): Promise<{ event: FeedEvent | undefined; why: Error | undefined }> {
	try {
		await session.assertKeyAccepted();
		const { filter, misfit } = await filterOf(session, settings);
		const { unanswered, problem, stopped } = await learn(session, settings, filter);
		const event = await session.ledger.newestInFeed(filter);
		if (event !== undefined) assertRow(event.row);
		return { event, why: misfit ?? stopped ?? problem ?? unanswered ?? pauseError(session) };
	} catch (error) {
		throw asAirError(error);
	}
}

/** What part of the ledger the trigger is about. A pair whose address is wrong stops no other. */
async function filterOf(
	session: LedgerSession,
	{ watch, filter }: WatchSettings,
): Promise<{ filter: FeedFilter; misfit: AirError | undefined }> {
	const { ledger, realm } = session;
	const { instance, workflowId, nodeId } = session.settings.origin;
	if (watch === 'everywhere') {
		return { filter: { ...filter, realm, source: { from: watch } }, misfit: undefined };
	}
	if (watch === 'instance') {
		return { filter: { ...filter, realm, source: { from: watch, instance } }, misfit: undefined };
	}
	const rows = await ledger.watch({ realm, instance, workflowId, nodeId, pairs: watch });
	const addresses = new Map(watch.map((pair) => [pair.coreClaimHash, pair.recipient]));
	let misfit: AirError | undefined;
	const ids: number[] = [];
	for (const { id, coreClaimHash, recipient } of rows) {
		const hash = coreClaimHash ?? '';
		if (isSameAddress(addresses.get(hash) ?? '', recipient)) {
			ids.push(id);
			continue;
		}
		misfit ??= new AirError('AIR_TRIGGER_PAIR_ADDRESS', { detail: hashInWords(hash) });
		session.settings.log(`AIR_TRIGGER_PAIR_ADDRESS: ${hashInWords(hash)}`);
	}
	return { filter: { ...filter, realm, source: { from: 'rows', ids } }, misfit };
}

/** Whether AIR takes capitals for another address is not documented; nobody means another one by them. */
const isSameAddress = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

interface Learned extends Pick<Poll, 'unanswered' | 'problem'> {
	/** The ledger did not take what was learned; what it holds may be readable anyway. */
	readonly stopped: Error | undefined;
}

/** Brings the ledger up to date. @throws AirError what AIR would answer for each issuance alike */
async function learn(
	session: LedgerSession,
	settings: WatchSettings & { readonly start?: DelayedQuery['start'] },
	{ realm, source, types, delayMinutes, expiringMinutes = 0 }: FeedFilter,
): Promise<Learned> {
	const { ledger } = session;
	let stopped: Error | undefined;
	/** What was written before is told whatever becomes of this. */
	const tried = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
		try {
			return await work();
		} catch (error) {
			if (!(error instanceof LedgerError)) throw error;
			stopped ??= asKnownError(error);
			return undefined;
		}
	};
	const report = await tried(() =>
		checkDue(session, {
			...settings,
			ids: source.from === 'rows' ? source.ids : undefined,
			instance: source.from === 'instance' ? source.instance : undefined,
		}),
	);
	const append = async (due: Pick<DelayedQuery, 'minutes' | 'before'>) => {
		await tried(async () => {
			const query = { ...due, realm, start: settings.start ?? 'now', limit: DELAYED_BATCH };
			for (let i = 0; i < DELAYED_BATCHES; i++) {
				if ((await ledger.appendDelayed(query)) < query.limit) break;
			}
		});
	};
	if (types.includes('delayed')) await append({ minutes: delayMinutes });
	if (types.includes('expiring')) await append({ minutes: expiringMinutes, before: 'expiry' });
	if (types.includes('expired')) await append({ minutes: 0, before: 'expiry' });
	// Else an attempt that n8n did not live to finish is noticed by the next tidying up only.
	if (types.includes('unknown')) await tried(() => ledger.endLeases({ limit: LEASES }));
	const unanswered =
		report !== undefined && report.asked > 0 && report.answered === 0
			? report.lastError
			: undefined;
	return { unanswered, problem: report?.problem, stopped };
}

/**
 * Reads page by page: a page looks at a bounded number of events, whether they fit or not. An event
 * whose row is damaged is left out and named.
 */
async function read(
	session: LedgerSession,
	filter: FeedFilter,
	after: number,
	limit: number,
): Promise<{ events: FeedEvent[]; upTo: number; problem: AirError | undefined }> {
	const events: FeedEvent[] = [];
	let problem: AirError | undefined;
	let upTo = after;
	while (events.length < limit) {
		const page = await session.ledger.feed({
			...filter,
			after: upTo,
			limit: limit - events.length,
		});
		for (const event of page.events) {
			if (isWhole(event.row) && isTime(event.at)) {
				events.push(event);
				continue;
			}
			const detail = `row ${event.issuanceId} is damaged, and its event ${event.id} is left out`;
			session.settings.log(`of the ledger, ${detail}`);
			problem ??= new AirError('AIR_LEDGER_UNAVAILABLE', { detail });
		}
		if (page.upTo === upTo) break;
		upTo = page.upTo;
	}
	return { events, upTo, problem };
}
