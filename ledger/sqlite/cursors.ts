import type { Cursor, CursorKey, CursorMove, CursorStart } from '../Feed';
import type { Session } from './Connection';

const OF_KEY = `realm = $realm AND instance = $instance AND workflow_id = $workflowId
	AND node_id = $nodeId`;

const keyOf = ({ realm, instance, workflowId, nodeId }: CursorKey) => ({
	realm,
	instance,
	workflowId,
	nodeId,
});

interface Found {
	delivered: number;
	offered: number;
	told: number;
	createdAt: number;
	polledAt: number;
	pruned: number;
	ledgerId: string;
}

const COLUMNS = `delivered, offered, told, created_at AS createdAt, polled_at AS polledAt,
	coalesce((SELECT up_to FROM pruned WHERE realm = $realm), 0) AS pruned,
	(SELECT id FROM identity) AS ledgerId`;

/** `Feed.openCursor`, inside a transaction. */
export function openCursor(session: Session, key: CursorKey, start: CursorStart): Cursor {
	const { all, run, now } = session;
	const of = keyOf(key);
	const read = () => all<Found>(`SELECT ${COLUMNS} FROM cursors WHERE ${OF_KEY}`, of)[0];
	let found = read();
	const isNew = found === undefined;
	if (isNew) {
		run(
			`INSERT INTO cursors SELECT $realm, $instance, $workflowId, $nodeId, head, head, told, $now, $now
			FROM (SELECT CASE WHEN $start = 'now'
					THEN (SELECT coalesce(max(id), 0) FROM events) ELSE 0 END AS head,
				coalesce((SELECT up_to FROM pruned WHERE realm = $realm), 0) AS told)`,
			{ ...of, start, now },
		);
		found = read();
	} else {
		run(`UPDATE cursors SET polled_at = $now WHERE ${OF_KEY}`, { ...of, now });
	}
	if (found === undefined) throw new Error('the cursor that was just written is not there');
	const { told, pruned, polledAt, ...rest } = found;
	return {
		...of,
		...rest,
		lastPolledAt: isNew ? null : polledAt,
		missed: pruned > Math.max(rest.delivered, told),
	};
}

/** `Feed.moveCursor`, inside a transaction. */
export function moveCursor({ run }: Session, key: CursorKey, move: CursorMove): void {
	run(
		`UPDATE cursors SET delivered = max(delivered, $delivered),
			offered = max(offered, $offered, $delivered),
			told = CASE WHEN $tell THEN max(told,
				coalesce((SELECT up_to FROM pruned WHERE realm = $realm), 0)) ELSE told END
		WHERE ${OF_KEY}`,
		{
			...keyOf(key),
			delivered: move.delivered ?? 0,
			offered: move.offered ?? 0,
			tell: move.toldMissed === true ? 1 : 0,
		},
	);
}
