import type {
	FindBy,
	LedgerRow,
	ListFilter,
	ProgramUse,
	RowState,
	SummaryLine,
	SummaryQuery,
} from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation, type Value } from '../sql/Session';
import { ofRecipient, readRows, selecting, WITH_HASH } from './rows';

const NEWEST_WITH_HASH = selecting(`WHERE ${WITH_HASH} ORDER BY i.id DESC LIMIT 1`);
const WITH_KEY = selecting(
	'WHERE i.realm = $1 AND i.program = $2 AND i.idempotency_key = $3 AND i.retired = 0',
);

const DAY_MS = 86_400_000;

/** `Ledger.find`. */
export function* find(
	dialect: Dialect,
	realm: string,
	by: FindBy,
): Operation<LedgerRow | undefined> {
	const found =
		'coreClaimHash' in by
			? yield* readRows(dialect, NEWEST_WITH_HASH, realm, by.coreClaimHash)
			: yield* readRows(dialect, WITH_KEY, realm, by.program, by.idempotencyKey);
	return found[0];
}

/** `Ledger.list`. */
export function* list(dialect: Dialect, filter: ListFilter): Operation<LedgerRow[]> {
	const values: Value[] = [filter.limit];
	const conditions: ((dialect: Dialect) => string)[] = [];
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
	demand(filter.externalId, (one) => `i.external_id = ${one}`);
	demand(filter.idempotencyKey, (one) => `i.idempotency_key = ${one}`);
	demand(filter.createdFrom, (at) => `i.created_at >= ${at}`);
	demand(filter.createdBefore, (at) => `i.created_at < ${at}`);
	demand(filter.executionId, (one) => `i.execution_id = ${one}`);
	const now = filter.unanswered === true ? yield* clock(dialect) : undefined;
	demand(now, (at) => `(i.state = 'unknown' OR (i.state = 'sending' AND i.lease_until <= ${at}))`);
	demand(filter.beforeId, (id) => `i.id < ${id}`);
	demand(filter.fromId, (id) => `i.id >= ${id}`);
	const select = selecting((store) => {
		const all = conditions.map((condition) => condition(store)).join(' AND ');
		return `${all === '' ? '' : `WHERE ${all}`} ORDER BY i.id DESC LIMIT $1`;
	});
	return yield* readRows(dialect, select, ...values);
}

/** `Ledger.idBelow`. */
export function* idBelow(
	beforeId: number = Number.MAX_SAFE_INTEGER,
	most: number,
): Operation<number | undefined> {
	const [found] = yield* rows<{ lowest: number | null }>(
		`SELECT min(id) AS lowest FROM (
			SELECT id FROM issuances WHERE id < $1 ORDER BY id DESC LIMIT $2) AS part`,
		beforeId,
		most,
	);
	return found?.lowest ?? undefined;
}

/** So many of the newest issuances are looked at, however many there are. */
const NEWEST = 5_000;
const MOST_PROGRAMS = 100;

/** `Ledger.programs`. */
export function* programs(realm: string): Operation<ProgramUse[]> {
	const used = yield* rows<{ program: string; n: number; last: number }>(
		`SELECT program, count(*) AS n, max(answered_at) AS last
		FROM (SELECT program, answered_at FROM issuances
			WHERE realm = $1 AND program <> '' AND answered_at IS NOT NULL
			ORDER BY id DESC LIMIT ${NEWEST}) AS newest
		GROUP BY program ORDER BY last DESC LIMIT ${MOST_PROGRAMS}`,
		realm,
	);
	return used.map(({ program, n, last }) => ({ program, count: n, lastAt: last }));
}

/** `Ledger.summary`. */
export function* summary(query: SummaryQuery): Operation<SummaryLine[]> {
	return yield* rows<SummaryLine>(
		`SELECT created_at - created_at % ${DAY_MS} AS day, program, state, count(*) AS count
		FROM issuances WHERE realm = $1 AND created_at >= $2 AND created_at < $3 AND origin = 'issued'
			AND id >= $4 AND id < $5
		GROUP BY 1, program, state ORDER BY 1 DESC, program, state`,
		query.realm,
		query.createdFrom,
		query.createdBefore,
		query.fromId ?? 0,
		query.beforeId ?? Number.MAX_SAFE_INTEGER,
	);
}

/** `Ledger.totals`. */
export function* totals(): Operation<Partial<Record<RowState, number>>> {
	const counted = yield* rows<{ state: RowState; n: number }>(
		'SELECT state, count(*) AS n FROM issuances GROUP BY state',
	);
	return Object.fromEntries(counted.map(({ state, n }) => [state, n]));
}
