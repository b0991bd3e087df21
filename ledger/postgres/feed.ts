import {
	FEED_SCAN,
	NEWEST_SCAN,
	type FeedEvent,
	type FeedFilter,
	type FeedPage,
	type FeedQuery,
} from '../Feed';
import type { Session } from './Database';
import { ROW } from './rows';

const SELECT = `SELECT e.id::float8 AS id, e.issuance_id::float8 AS "issuanceId", e.type, e.threshold,
		e.at::float8 AS at, (SELECT id FROM moca_air.identity LIMIT 1) AS "ledgerId",
		${ROW} AS row
	FROM moca_air.events e JOIN moca_air.issuances i ON i.id = e.issuance_id`;

/** The conditions of a filter, for the events `e` and their rows `i`; its values are $1 to $9. */
const FITS = `i.realm = $1 AND e.type = ANY($2::text[]) AND (e.type <> 'delayed' OR e.threshold = $3)
	AND i.core_claim_hash IS NOT NULL
	AND ($4::bigint[] IS NULL OR i.id = ANY($4)) AND ($5::boolean OR i.origin = 'issued')
	AND ($6::text IS NULL OR i.instance = $6) AND ($7::text IS NULL OR i.program = $7)
	AND ($8::text IS NULL OR i.workflow_id = $8)
	AND ($9::text IS NULL OR starts_with(i.reference, $9))`;

const valuesOf = ({ source, ...filter }: FeedFilter) => [
	filter.realm,
	filter.types,
	String(filter.delayMinutes),
	source.from === 'rows' ? source.ids : null,
	source.from === 'rows',
	source.from === 'instance' ? source.instance : null,
	filter.program ?? null,
	filter.workflowId ?? null,
	filter.referencePrefix ?? null,
];

/** See `Feed.feed`. */
export async function feed({ rows }: Session, query: FeedQuery): Promise<FeedPage> {
	const { after, limit } = query;
	// Before the events are read: what is committed in between is behind it, and comes next time.
	const [scan] = await rows<{ end: number | null }>(
		`SELECT max(id)::float8 AS end
		FROM (SELECT id FROM moca_air.events WHERE id > $1 ORDER BY id LIMIT $2) AS next`,
		[after, FEED_SCAN],
	);
	const end = scan?.end ?? after;
	const events = await rows<FeedEvent>(
		`${SELECT} WHERE ${FITS} AND e.id > $10 AND e.id <= $11 ORDER BY e.id LIMIT $12`,
		[...valuesOf(query), after, end, limit],
	);
	const full = events.length === limit;
	return { events, upTo: full ? (events.at(-1)?.id ?? end) : end };
}

/** See `Feed.newestInFeed`. */
export async function newestInFeed(
	{ rows }: Session,
	filter: FeedFilter,
): Promise<FeedEvent | undefined> {
	const found = await rows<FeedEvent>(
		`${SELECT} WHERE ${FITS} AND e.id > (SELECT max(id) FROM moca_air.events) - $10::bigint
		ORDER BY e.id DESC LIMIT 1`,
		[...valuesOf(filter), NEWEST_SCAN],
	);
	return found[0];
}
