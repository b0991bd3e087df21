import type { EventType } from '../LedgerRow';
import type { Dialect } from '../sql/Dialect';
import { ahead, forDialect, rowsFor, type Operation } from '../sql/Session';

export interface NewEvent {
	readonly issuanceId: number;
	readonly type: EventType;
	readonly threshold: string;
}

/**
 * Whether the issuance of row `i` has the event already: the row itself, or another row with the same
 * hash. A row that is only watched counts by itself, because its address may differ.
 *
 * @param type - an expression of SQL, as `threshold`
 */
export const hasEvent = (type: string, threshold: string) => `EXISTS (
	SELECT 1 FROM events e WHERE e.type = ${type} AND e.threshold = ${threshold}
		AND e.issuance_id IN (
			SELECT i.id
			UNION ALL
			SELECT o.id FROM attempts a JOIN issuances o ON o.id = a.issuance_id
			WHERE a.core_claim_hash = i.core_claim_hash AND o.core_claim_hash = i.core_claim_hash
				AND o.realm = i.realm AND o.origin = 'issued' AND i.origin = 'issued'))`;

const EVENT = {
	issuance_id: 'bigint',
	type: 'text',
	threshold: 'text',
	place: 'bigint',
} as const;

const APPEND = forDialect(({ records, single }) => {
	const told = records('n', '$1', EVENT);
	const open = `JOIN issuances i ON i.id = n.issuance_id WHERE NOT ${hasEvent('n.type', 'n.threshold')}`;
	const insert = 'INSERT INTO events (issuance_id, type, threshold, at)';
	// A single row needs neither the first nor an order.
	if (single === undefined) {
		return `${insert} SELECT n.issuance_id, n.type, n.threshold, $2 FROM ${told} ${open}`;
	}
	return `${insert} SELECT told.issuance_id, told.type, told.threshold, $2 FROM (
		SELECT n.issuance_id, n.type, n.threshold, n.place, row_number() OVER (
			PARTITION BY i.realm, i.origin, n.type, n.threshold,
				CASE i.origin WHEN 'issued' THEN coalesce(i.core_claim_hash, CAST(i.id AS text))
					ELSE CAST(i.id AS text) END
			ORDER BY i.id) AS nth
		FROM ${told} ${open}
	) AS told
	WHERE told.nth = 1 ORDER BY told.place`;
});

/**
 * Appends events, except those that their issuance already has; of several rows with one hash the
 * first has it. Anyone who reads an event ID can also read all lower ones.
 *
 * Call it last, when all rows are locked, since on PostgreSQL all others that append events wait meanwhile.
 */
export function* appendEvents(
	dialect: Dialect,
	events: readonly NewEvent[],
	at: number,
): Operation<void> {
	if (events.length === 0) return;
	if (dialect.lockEvents !== undefined) yield ahead(dialect, dialect.lockEvents);
	const told = events.map(({ issuanceId, type, threshold }, place) => ({
		issuance_id: issuanceId,
		type,
		threshold,
		place,
	}));
	yield ahead(dialect, APPEND, told, at);
}

/** The same event for each of some rows, in their order. */
export const eventForEach = (ids: readonly number[], type: EventType, threshold = ''): NewEvent[] =>
	ids.map((issuanceId) => ({ issuanceId, type, threshold }));

const SETTLED = forDialect(
	({ oneOf }) => `SELECT issuance_id AS id, count(*) AS times FROM settlements
		WHERE issuance_id ${oneOf('$1', 'bigint')} GROUP BY issuance_id`,
);

/**
 * Appends `unknown` for rows that have become unknown: once for each, and again if it was settled in
 * between. Call it last, like {@link appendEvents}.
 */
export function* appendUnknown(
	dialect: Dialect,
	ids: readonly number[],
	at: number,
): Operation<void> {
	if (ids.length === 0) return;
	const settled = yield* rowsFor<{ id: number; times: number }>(dialect, SETTLED, ids);
	const times = new Map(settled.map((one) => [one.id, one.times]));
	const told = ids.flatMap((id) => eventForEach([id], 'unknown', String(times.get(id) ?? '')));
	yield* appendEvents(dialect, told, at);
}
