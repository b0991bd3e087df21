import type { AirError } from '../../air/AirError';
import type { Cursor, CursorKey, CursorStart, FeedEvent, FeedFilter } from '../../ledger/Feed';
import type { Memory } from '../Memory';
import { asAirError } from '../asAirError';
import { checkDue } from './checkDue';
import { takenUpTo, type Evidence, type Offer } from './offering';

/** So many delayed events are appended in one go, … */
const DELAYED_BATCH = 500;
/** … and so many goes there are in one poll. */
const DELAYED_BATCHES = 10;

export interface WatchedPair {
	readonly coreClaimHash: string;
	readonly recipient: string;
}

/** What a trigger wants to know of. */
export interface WatchSettings {
	readonly watch: 'instance' | 'everywhere' | readonly WatchedPair[];
	readonly filter: Pick<
		FeedFilter,
		'types' | 'delayMinutes' | 'program' | 'referencePrefix' | 'workflowId'
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
}

/** Where a trigger is in the ledger. */
export const keyOf = ({ scope, settings: { origin } }: Memory): CursorKey => ({
	scope,
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
export async function pollEvents(memory: Memory, settings: PollSettings): Promise<Poll> {
	try {
		const { ledger } = memory;
		await memory.assertMayRead();
		const key = keyOf(memory);
		const cursor = await ledger.openCursor(key, settings.start);
		const delivered = takenUpTo(cursor, settings.evidence);
		if (delivered > cursor.delivered) await ledger.moveCursor(key, { delivered });

		const { filter, unanswered } = await learn(memory, settings);
		const { events, upTo } = await read(memory, filter, delivered, settings.maxEvents);
		if (events.length === 0) {
			// Not past what was missed, as long as nobody has said so.
			if (upTo > delivered && !cursor.missed) await ledger.moveCursor(key, { delivered: upTo });
			return { cursor, events, offer: undefined, unanswered };
		}
		await ledger.moveCursor(key, { offered: upTo });
		const { ledgerId, createdAt } = cursor;
		const offer = { ledgerId, createdAt, upTo, process: settings.evidence.process };
		return { cursor, events, offer, unanswered };
	} catch (error) {
		throw asAirError(error);
	}
}

/** The newest event that fits, for a look at it: no cursor is made or moved. */
export async function sampleEvent(
	memory: Memory,
	settings: WatchSettings,
): Promise<{ event: FeedEvent | undefined; unanswered: AirError | undefined }> {
	try {
		await memory.assertMayRead();
		const { filter, unanswered } = await learn(memory, settings);
		return { event: await memory.ledger.newestInFeed(filter), unanswered };
	} catch (error) {
		throw asAirError(error);
	}
}

/** Brings the ledger up to date, and says what part of it the trigger is about. */
async function learn(
	memory: Memory,
	settings: WatchSettings & { readonly start?: CursorStart },
): Promise<{ filter: FeedFilter; unanswered: AirError | undefined }> {
	const { ledger, scope } = memory;
	const { instance, workflowId, nodeId } = memory.settings.origin;
	const { watch } = settings;
	const pairs = typeof watch === 'string' ? [] : watch;
	const rows = await ledger.watch({ scope, instance, workflowId, nodeId, pairs });
	const ids = typeof watch === 'string' ? undefined : rows.map(({ id }) => id);
	const { asked, answered, lastError } = await checkDue(memory, {
		...settings,
		ids,
		instance: watch === 'instance' ? instance : undefined,
	});
	const { types, delayMinutes: minutes } = settings.filter;
	if (types.includes('delayed')) {
		const start = settings.start ?? 'now';
		for (let i = 0; i < DELAYED_BATCHES; i++) {
			const limit = DELAYED_BATCH;
			if ((await ledger.appendDelayed({ scope, minutes, start, limit })) < limit) break;
		}
	}
	const source =
		ids !== undefined
			? ({ from: 'rows', ids } as const)
			: watch === 'instance'
				? ({ from: 'instance', instance } as const)
				: ({ from: 'everywhere' } as const);
	return {
		filter: { ...settings.filter, scope, source },
		unanswered: asked > 0 && answered === 0 ? lastError : undefined,
	};
}

/** Reads page by page: a page looks at a bounded number of events, whether they fit or not. */
async function read(
	memory: Memory,
	filter: FeedFilter,
	after: number,
	limit: number,
): Promise<{ events: FeedEvent[]; upTo: number }> {
	const events: FeedEvent[] = [];
	let upTo = after;
	while (events.length < limit) {
		const page = await memory.ledger.feed({
			...filter,
			after: upTo,
			limit: limit - events.length,
		});
		events.push(...page.events);
		if (page.upTo === upTo) break;
		upTo = page.upTo;
	}
	return { events, upTo };
}
