import type { Cursor, CursorKey, CursorMove, CursorStart } from '../Feed';
import type { Session } from './Database';

const OF_KEY = 'realm = $1 AND instance = $2 AND workflow_id = $3 AND node_id = $4';

const valuesOf = ({ realm, instance, workflowId, nodeId }: CursorKey) => [
	realm,
	instance,
	workflowId,
	nodeId,
];

const PRUNED = 'coalesce((SELECT up_to FROM moca_air.pruned WHERE realm = $1), 0)';

interface Found {
	delivered: number;
	offered: number;
	told: number;
	pruned: number;
	createdAt: number;
	lastPolledAt: number | null;
	ledgerId: string;
}

/** See `Feed.openCursor`. */
export async function openCursor(
	{ rows, now }: Session,
	{ realm, instance, workflowId, nodeId }: CursorKey,
	start: CursorStart,
): Promise<Cursor> {
	const key = { realm, instance, workflowId, nodeId };
	await rows(
		`INSERT INTO moca_air.cursors
		SELECT $1, $2, $3, $4, head, head, ${PRUNED}, ${now}, 0
		FROM (SELECT CASE WHEN $5 = 'now'
			THEN (SELECT coalesce(max(id), 0) FROM moca_air.events) ELSE 0 END AS head) AS newest
		ON CONFLICT DO NOTHING`,
		[...valuesOf(key), start],
	);
	const [found] = await rows<Found>(
		`WITH before AS (SELECT polled_at FROM moca_air.cursors WHERE ${OF_KEY} FOR UPDATE)
		UPDATE moca_air.cursors c SET polled_at = ${now} FROM before WHERE ${OF_KEY}
		RETURNING delivered::float8 AS delivered, offered::float8 AS offered, told::float8 AS told,
			${PRUNED}::float8 AS pruned, created_at::float8 AS "createdAt",
			nullif(before.polled_at, 0)::float8 AS "lastPolledAt",
			(SELECT id FROM moca_air.identity LIMIT 1) AS "ledgerId"`,
		valuesOf(key),
	);
	if (found === undefined) throw new Error('the cursor that was just written is not there');
	const { told, pruned, ...rest } = found;
	return { ...key, ...rest, missed: pruned > Math.max(rest.delivered, told) };
}

/** See `Feed.moveCursor`. */
export async function moveCursor(
	{ rows }: Session,
	key: CursorKey,
	{ delivered = 0, offered = 0, toldMissed = false }: CursorMove,
): Promise<void> {
	await rows(
		`UPDATE moca_air.cursors SET delivered = greatest(delivered, $5::bigint),
			offered = greatest(offered, $6::bigint, $5::bigint),
			told = CASE WHEN $7::boolean THEN greatest(told, ${PRUNED}) ELSE told END
		WHERE ${OF_KEY}`,
		[...valuesOf(key), delivered, offered, toldMissed],
	);
}
