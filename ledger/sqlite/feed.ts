import type { SQLInputValue } from 'node:sqlite';
import {
	FEED_SCAN,
	NEWEST_SCAN,
	type FeedEvent,
	type FeedFilter,
	type FeedPage,
	type FeedQuery,
} from '../Feed';
import type { LedgerEvent, LedgerRow } from '../Ledger';
import type { Session } from './Connection';
import { ROW } from './rows';

/** The conditions of a filter, for the events `e` and their rows `i`. */
function conditionsOf(filter: FeedFilter): { where: string; values: SQLInputValue[] } {
	const conditions = [
		'i.realm = ?',
		'e.type IN (SELECT value FROM json_each(?))',
		"(e.type <> 'delayed' OR e.threshold = ?)",
		// What was never issued, as far as anybody knows, has nothing to tell.
		'i.core_claim_hash IS NOT NULL',
	];
	const values: SQLInputValue[] = [
		filter.realm,
		JSON.stringify(filter.types),
		String(filter.delayMinutes),
	];
	const demand = (condition: string, ...more: SQLInputValue[]) => {
		conditions.push(condition);
		values.push(...more);
	};
	const { source, program, referencePrefix, workflowId } = filter;
	if (source.from === 'rows') {
		demand('i.id IN (SELECT value FROM json_each(?))', JSON.stringify(source.ids));
	} else {
		demand("i.origin = 'issued'");
		if (source.from === 'instance') demand('i.instance = ?', source.instance);
	}
	if (program !== undefined) demand('i.program = ?', program);
	if (workflowId !== undefined) demand('i.workflow_id = ?', workflowId);
	if (referencePrefix !== undefined) {
		demand('substr(i.reference, 1, length(?)) = ?', referencePrefix, referencePrefix);
	}
	return { where: conditions.join(' AND '), values };
}

type Joined = LedgerEvent & { readonly ledgerId: string; readonly row: string };

const SELECT = `SELECT e.id, e.issuance_id AS issuanceId, e.type, e.threshold, e.at,
		(SELECT id FROM identity) AS ledgerId, ${ROW} AS row
	FROM events e JOIN issuances i ON i.id = e.issuance_id`;

const eventOf = ({ row, ...event }: Joined): FeedEvent => ({
	...event,
	row: JSON.parse(row) as LedgerRow,
});

/** `Feed.feed`, on one state of the database. */
export function feed({ all }: Session, query: FeedQuery): FeedPage {
	const { after, limit } = query;
	const [scan] = all<{ end: number | null }>(
		'SELECT max(id) AS end FROM (SELECT id FROM events WHERE id > ? ORDER BY id LIMIT ?)',
		after,
		FEED_SCAN,
	);
	const end = scan?.end ?? after;
	const { where, values } = conditionsOf(query);
	const events = all<Joined>(
		`${SELECT} WHERE e.id > ? AND e.id <= ? AND ${where} ORDER BY e.id LIMIT ?`,
		after,
		end,
		...values,
		limit,
	).map(eventOf);
	const full = events.length === limit;
	return { events, upTo: full ? (events.at(-1)?.id ?? end) : end };
}

/** `Feed.newestInFeed`, on one state of the database. */
export function newestInFeed({ all }: Session, filter: FeedFilter): FeedEvent | undefined {
	const { where, values } = conditionsOf(filter);
	return all<Joined>(
		`${SELECT} WHERE ${where} AND e.id > (SELECT max(id) FROM events) - ?
		ORDER BY e.id DESC LIMIT 1`,
		...values,
		NEWEST_SCAN,
	).map(eventOf)[0];
}
