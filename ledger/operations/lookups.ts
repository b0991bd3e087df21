import type { FindBy, LedgerRow, ListFilter, RowState } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation, type Value } from '../sql/Session';
import { readRows, WITH_HASH } from './rows';

/** `Ledger.find`. */
export function* find(
	dialect: Dialect,
	realm: string,
	by: FindBy,
): Operation<LedgerRow | undefined> {
	const found =
		'coreClaimHash' in by
			? yield* readRows(
					dialect,
					`WHERE ${WITH_HASH} ORDER BY i.id DESC LIMIT 1`,
					realm,
					by.coreClaimHash,
				)
			: yield* readRows(
					dialect,
					'WHERE i.realm = $1 AND i.program = $2 AND i.idempotency_key = $3 AND i.retired = 0',
					realm,
					by.program,
					by.idempotencyKey,
				);
	return found[0];
}

/** `Ledger.list`. */
export function* list(dialect: Dialect, filter: ListFilter): Operation<LedgerRow[]> {
	const values: Value[] = [filter.limit];
	const conditions: string[] = [];
	const demand = (value: Value | undefined, condition: (parameter: string) => string) => {
		if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
	};
	demand(filter.states, (states) => `i.state ${dialect.oneOf(states, 'text')}`);
	demand(filter.recipient, (one) => `i.recipient = ${one}`);
	demand(filter.executionId, (one) => `i.execution_id = ${one}`);
	const now = filter.unanswered === true ? yield* clock(dialect) : undefined;
	demand(now, (at) => `(i.state = 'unknown' OR (i.state = 'sending' AND i.lease_until <= ${at}))`);
	demand(filter.beforeId, (id) => `i.id < ${id}`);
	const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
	return yield* readRows(dialect, `${where} ORDER BY i.id DESC LIMIT $1`, ...values);
}

/** `Ledger.totals`. */
export function* totals(): Operation<Partial<Record<RowState, number>>> {
	const counted = yield* rows<{ state: RowState; n: number }>(
		'SELECT state, count(*) AS n FROM issuances GROUP BY state',
	);
	return Object.fromEntries(counted.map(({ state, n }) => [state, n]));
}
