import type {
	LedgerRow,
	ListFilter,
	PageQuery,
	RowPage,
	SummaryLine,
	SummaryPage,
	SummaryQuery,
} from '../Ledger';
import { outcomeInSql } from '../RowOutcome';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation, type Value } from '../sql/Session';
import { ofRecipient, readRows, selecting } from './rows';

const DAY_MS = 86_400_000;

type Conditions = (dialect: Dialect) => string;

/** @returns the conditions of a filter on the row `i`; their values are added to `values` */
function* conditionsOf(
	dialect: Dialect,
	filter: Omit<ListFilter, 'limit'>,
	values: Value[],
): Operation<Conditions> {
	const conditions: Conditions[] = [];
	const demand = (
		value: Value | undefined,
		condition: (parameter: string, dialect: Dialect) => string,
	) => {
		if (value === undefined) return;
		const parameter = `$${values.push(value)}`;
		conditions.push((store) => condition(parameter, store));
	};
	demand(filter.id, (id) => `i.id = ${id}`);
	demand(filter.states, (states, { oneOf }) => `i.state ${oneOf(states, 'text')}`);
	demand(filter.recipient, (one) => ofRecipient('i.recipient', one));
	demand(filter.recipientInAnySpelling, (one) => `lower(i.recipient) = lower(${one})`);
	demand(filter.realm, (one) => `i.realm = ${one}`);
	demand(filter.program, (one) => `i.program = ${one}`);
	demand(filter.way, (one) => `i.way = ${one}`);
	demand(filter.reference, (one) => `i.reference = ${one}`);
	demand(filter.idempotencyKey, (one) => `i.idempotency_key = ${one}`);
	demand(filter.externalId, (one) => `i.external_id = ${one}`);
	demand(filter.createdFrom, (at) => `i.created_at >= ${at}`);
	demand(filter.createdBefore, (at) => `i.created_at < ${at}`);
	demand(filter.executionId, (one) => `i.execution_id = ${one}`);
	const { outcomes, unanswered } = filter;
	if (outcomes !== undefined || unanswered === true) {
		const now = `$${values.push(yield* clock(dialect))}`;
		demand(outcomes, (list, { oneOf }) => `${outcomeInSql(now)} ${oneOf(list, 'text')}`);
		if (unanswered === true) {
			conditions.push(
				() => `(i.state = 'unknown' OR (i.state = 'sending' AND i.lease_until <= ${now}))`,
			);
		}
	}
	demand(filter.beforeId, (id) => `i.id < ${id}`);
	demand(filter.fromId, (id) => `i.id >= ${id}`);
	return (store) =>
		conditions.length === 0
			? ''
			: `WHERE ${conditions.map((condition) => condition(store)).join(' AND ')}`;
}

const hasRecipient = ({ recipient, recipientInAnySpelling }: Partial<ListFilter>) =>
	recipient !== undefined || recipientInAnySpelling !== undefined;

/** An index finds the rows that fit, however many there are. */
const isNarrow = (filter: Partial<ListFilter>) =>
	hasRecipient(filter) ||
	[filter.id, filter.reference, filter.externalId].some((given) => given !== undefined);

/** `Ledger.list`. */
export function* list(dialect: Dialect, filter: ListFilter): Operation<LedgerRow[]> {
	const values: Value[] = [filter.limit];
	const where = yield* conditionsOf(dialect, filter, values);
	const direction = filter.sort === 'oldest' ? 'ASC' : 'DESC';
	// For a person, the database should use the index for the recipient, not the one for the order.
	const order = hasRecipient(filter) ? 'i.id + 0' : 'i.id';
	// Selects the rows first, and reads all columns only of those: a person may have thousands.
	const select = selecting(
		(store) =>
			`WHERE i.id IN (SELECT i.id FROM issuances i ${where(store)}
				ORDER BY ${order} ${direction} LIMIT $1)
			ORDER BY i.id ${direction}`,
	);
	return yield* readRows(dialect, select, ...values);
}

/** A part of the table, from one ID up to before another one. */
interface Part {
	readonly fromId: number;
	readonly beforeId: number;
}

const NEWEST = 'SELECT max(id) AS id FROM issuances WHERE id < $1';
const OLDEST = 'SELECT min(id) AS id FROM issuances WHERE id > $1';

/** The next part, which is not empty; undefined where the table ends. */
function* partBehind(
	{ scan }: Dialect,
	sort: ListFilter['sort'],
	behind: number | undefined,
): Operation<Part | undefined> {
	const oldest = sort === 'oldest';
	const from = behind ?? (oldest ? 0 : Number.MAX_SAFE_INTEGER);
	const [first] = yield* rows<{ id: number | null }>(oldest ? OLDEST : NEWEST, from);
	if (first?.id == null) return undefined;
	return oldest
		? { fromId: first.id, beforeId: first.id + scan }
		: { fromId: first.id - scan + 1, beforeId: first.id + 1 };
}

/** The ID after which the next part begins. */
const endOf = ({ fromId, beforeId }: Part, sort: ListFilter['sort']) =>
	sort === 'oldest' ? beforeId - 1 : fromId;

/** What lies behind an ID. */
function beyond(sort: ListFilter['sort'], behind: number | undefined): Partial<Part> {
	if (behind === undefined) return {};
	return sort === 'oldest' ? { fromId: behind + 1 } : { beforeId: behind };
}

/** `Ledger.page`. */
export function* page(dialect: Dialect, { behind, ...filter }: PageQuery): Operation<RowPage> {
	const { limit, sort } = filter;
	const part = isNarrow(filter) ? beyond(sort, behind) : yield* partBehind(dialect, sort, behind);
	if (part === undefined) return { rows: [], next: undefined };
	const found = yield* list(dialect, { ...filter, ...part });
	const full = found.length === limit;
	if (full) return { rows: found, next: found.at(-1)?.id };
	return { rows: found, next: isPart(part) ? endOf(part, sort) : undefined };
}

const isPart = (part: Partial<Part>): part is Part =>
	part.fromId !== undefined && part.beforeId !== undefined;

/** `Ledger.summary`. */
export function* summary(dialect: Dialect, query: SummaryQuery): Operation<SummaryPage> {
	const part = yield* partBehind(dialect, 'newest', query.behind);
	if (part === undefined) return { lines: [], next: undefined };
	const lines = yield* rows<SummaryLine>(
		`SELECT created_at - created_at % ${DAY_MS} AS day, program, state, count(*) AS count
		FROM issuances WHERE realm = $1 AND created_at >= $2 AND created_at < $3 AND origin = 'issued'
			AND id >= $4 AND id < $5
		GROUP BY 1, program, state ORDER BY 1 DESC, program, state`,
		query.realm,
		query.createdFrom,
		query.createdBefore,
		part.fromId,
		part.beforeId,
	);
	return { lines, next: endOf(part, 'newest') };
}
