import type { Cursor, CursorKey, CursorMove, CursorStart } from '../Ledger';
import type { Dialect } from '../sql/Dialect';
import { clock, rows, type Operation } from '../sql/Session';

const OF_KEY = 'realm = $1 AND instance = $2 AND workflow_id = $3 AND node_id = $4';

const PRUNED = 'coalesce((SELECT up_to FROM pruned WHERE realm = $1), 0)';

const valuesOf = ({ realm, instance, workflowId, nodeId }: CursorKey) => [
	realm,
	instance,
	workflowId,
	nodeId,
];

interface Found {
	readonly delivered: number;
	readonly offered: number;
	readonly told: number;
	readonly pruned: number;
	readonly createdAt: number;
	readonly lastPolledAt: number | null;
	readonly ledgerId: string;
}

/** `Ledger.openCursor`. */
export function* openCursor(
	dialect: Dialect,
	{ realm, instance, workflowId, nodeId }: CursorKey,
	start: CursorStart,
): Operation<Cursor> {
	const key = { realm, instance, workflowId, nodeId };
	const head = start === 'now' ? '(SELECT coalesce(max(id), 0) FROM events)' : '0';
	yield* rows(
		`INSERT INTO cursors (realm, instance, workflow_id, node_id, delivered, offered, told, created_at)
		SELECT $1, $2, $3, $4, ${head}, ${head}, ${PRUNED}, $5 WHERE true ON CONFLICT DO NOTHING`,
		...valuesOf(key),
		yield* clock(dialect),
	);
	const [found] = yield* rows<Found>(
		`SELECT delivered, offered, told, ${PRUNED} AS pruned, created_at AS "createdAt",
			polled_at AS "lastPolledAt", (SELECT id FROM identity LIMIT 1) AS "ledgerId"
		FROM cursors WHERE ${OF_KEY} ${dialect.rowLock}`,
		...valuesOf(key),
	);
	if (found === undefined) throw new Error('the cursor that was just written is not there');
	yield* rows(
		`UPDATE cursors SET polled_at = $5 WHERE ${OF_KEY}`,
		...valuesOf(key),
		yield* clock(dialect),
	);
	const { told, pruned, ...rest } = found;
	return { ...key, ...rest, missed: pruned > Math.max(rest.delivered, told) };
}

/** `Ledger.moveCursor`. */
export function* moveCursor(
	{ greatest }: Dialect,
	key: CursorKey,
	{ delivered = 0, offered = 0, toldMissed = false }: CursorMove,
): Operation<void> {
	const told = toldMissed ? `${greatest}(told, ${PRUNED})` : 'told';
	yield* rows(
		`UPDATE cursors SET delivered = ${greatest}(delivered, $5),
			offered = ${greatest}(offered, $6), told = ${told}
		WHERE ${OF_KEY}`,
		...valuesOf(key),
		delivered,
		Math.max(offered, delivered),
	);
}
