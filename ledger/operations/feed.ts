import type { FeedEvent, FeedFilter, FeedPage, FeedQuery, LedgerEvent } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { forDialect, rows, type Operation, type Value } from '../sql/Session';
import { ROW, rowOf } from './rows';

/** How many events one `feed` looks at. */
const FEED_SCAN = 2_000;

/** How many of the newest events `newestInFeed` looks at: SQLite blocks n8n meanwhile. */
const NEWEST_SCAN = 20_000;

/** The conditions of a filter, for the events `e` and their rows `i`, and their values. */
function conditionsOf({ oneOf }: Dialect, filter: FeedFilter): { where: string; values: Value[] } {
	const values: Value[] = [
		filter.realm,
		filter.types,
		String(filter.delayMinutes),
		String(filter.expiringMinutes ?? 0),
	];
	const conditions = [
		'i.realm = $1',
		`e.type ${oneOf('$2', 'text')}`,
		"(e.type <> 'delayed' OR e.threshold = $3)",
		"(e.type <> 'expiring' OR e.threshold = $4)",
		// A row that, as far as is known, was never issued has no other events; and once its outcome is
		// known, nobody needs to look. An attempt that is under way again may end as before. Nor is anything
		// to be renewed that was revoked or replaced meanwhile. What somebody settled as stored has no hash.
		`CASE e.type WHEN 'unknown' THEN i.state IN ('unknown', 'sending', 'abandoned')
			AND i.answered_at IS NULL
		WHEN 'expiring' THEN i.state = 'stored'
		ELSE i.core_claim_hash IS NOT NULL OR (i.way = 'direct' AND i.answered_at IS NOT NULL) END`,
	];
	const demand = (value: Value | undefined, condition: (parameter: string) => string) => {
		if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
	};
	const { source, program, referencePrefix, workflowId } = filter;
	if (source.from === 'rows') demand(source.ids, (ids) => `i.id ${oneOf(ids, 'bigint')}`);
	else conditions.push("i.origin = 'issued'");
	if (source.from === 'instance') demand(source.instance, (one) => `i.instance = ${one}`);
	demand(program, (one) => `i.program = ${one}`);
	demand(workflowId, (one) => `i.workflow_id = ${one}`);
	demand(referencePrefix, (one) => `substr(i.reference, 1, length(CAST(${one} AS text))) = ${one}`);
	return { where: conditions.join(' AND '), values };
}

const EVENT = 'e.id AS id, e.issuance_id AS "issuanceId", e.type AS type, e.threshold, e.at AS at';

const SELECT = forDialect(
	(dialect) => `SELECT ${EVENT}, (SELECT id FROM identity LIMIT 1) AS "ledgerId",
		${ROW(dialect)} AS row
	FROM events e JOIN issuances i ON i.id = e.issuance_id`,
);

type Joined = LedgerEvent & { readonly ledgerId: string; readonly row: string };

const eventOf = ({ row, ...event }: Joined): FeedEvent => ({ ...event, row: rowOf(row) });

/** `Ledger.feed`. */
export function* feed(dialect: Dialect, query: FeedQuery): Operation<FeedPage> {
	const { after, limit } = query;
	// Read before the events: whatever is committed in between comes after it, and is read next time.
	const [scan] = yield* rows<{ end: number | null }>(
		`SELECT max(id) AS "end" FROM (SELECT id FROM events WHERE id > $1 ORDER BY id LIMIT $2) AS next`,
		after,
		FEED_SCAN,
	);
	const end = scan?.end ?? after;
	const { where, values } = conditionsOf(dialect, query);
	const n = values.length;
	const found = yield* rows<Joined>(
		`${SELECT(dialect)} WHERE ${where} AND e.id > $${n + 1} AND e.id <= $${n + 2}
		ORDER BY e.id LIMIT $${n + 3}`,
		...values,
		after,
		end,
		limit,
	);
	const events = found.map(eventOf);
	const full = events.length === limit;
	return { events, upTo: full ? (events.at(-1)?.id ?? end) : end };
}

/** `Ledger.newestInFeed`. */
export function* newestInFeed(
	dialect: Dialect,
	filter: FeedFilter,
): Operation<FeedEvent | undefined> {
	const { where, values } = conditionsOf(dialect, filter);
	const found = yield* rows<Joined>(
		`${SELECT(dialect)} WHERE ${where} AND e.id > (SELECT max(id) FROM events) - ${NEWEST_SCAN}
		ORDER BY e.id DESC LIMIT 1`,
		...values,
	);
	return found.map(eventOf)[0];
}

/** `Ledger.events`. */
export function* events(after: number, limit: number): Operation<LedgerEvent[]> {
	return yield* rows<LedgerEvent>(
		`SELECT ${EVENT} FROM events e WHERE e.id > $1 ORDER BY e.id LIMIT $2`,
		after,
		limit,
	);
}
