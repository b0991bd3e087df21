import { LEASE_EXPIRED } from '../../ledger/transitions';
import { ROW_STATES, type LedgerRow, type RowState } from '../../ledger/Ledger';

/** A POST that AIR carried out, whether or not anybody got the answer. */
export interface AcceptedPost {
	/** The ID of the webhook for which it was sent. */
	readonly eventId: string;
	readonly recipient: string;
	readonly coreClaimHash: string;
	/** The whole answer was sent, to a client that lived long enough to record it. */
	readonly told: boolean;
	/** Another issuance replaced it. */
	readonly revoked: boolean;
}

/** How a webhook ended for its sender, after as many deliveries as it took. */
export type End =
	| { readonly how: 'answered'; readonly coreClaimHash: string }
	/** The execution stopped with the error that names a ledger row whose outcome is unknown. */
	| { readonly how: 'unknown'; readonly rowId: number };

/** The three records: the ledger, AIR, and the sender of the webhooks. */
export interface Books {
	readonly rows: readonly LedgerRow[];
	readonly accepted: readonly AcceptedPost[];
	/** By event ID. */
	readonly ends: ReadonlyMap<string, End>;
}

const keyOf = (eventId: string) => `event:${eventId}`;
const nameOf = (row: LedgerRow) => `row ${row.id} (${row.idempotencyKey}, ${row.state})`;

/** For books of thousands. */
function groupBy<T>(list: readonly T[], keysOf: (one: T) => readonly string[]): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const one of list) {
		for (const key of new Set(keysOf(one))) {
			const group = groups.get(key) ?? [];
			group.push(one);
			groups.set(key, group);
		}
	}
	return groups;
}
const byKey = (rows: readonly LedgerRow[]) =>
	groupBy(rows, ({ idempotencyKey }) => [idempotencyKey]);
const byHash = (rows: readonly LedgerRow[]) =>
	groupBy(rows, ({ attempts }) => attempts.map(({ coreClaimHash }) => coreClaimHash ?? ''));

/** Every POST that AIR accepted belongs to exactly one row. */
function* checkPosts({ rows, accepted }: Books) {
	const [rowsByKey, rowsByHash] = [byKey(rows), byHash(rows)];
	for (const post of accepted) {
		const short = `POST ${post.coreClaimHash.slice(0, 12)} for ${post.eventId}`;
		const [row, ...more] = rowsByKey.get(keyOf(post.eventId)) ?? [];
		const holders = rowsByHash.get(post.coreClaimHash) ?? [];
		if (row === undefined || more.length > 0) {
			yield `${short}: ${row === undefined ? 'no row' : `${more.length + 1} rows`} for its key`;
			continue;
		}
		if (row.recipient !== post.recipient) yield `${short}: ${nameOf(row)} is another person's`;
		if (holders.length > 1 || holders.some(({ id }) => id !== row.id)) {
			yield `${short}: its hash is in ${holders.map(nameOf).join(', ')}`;
		} else if (holders.length === 0) {
			if (post.told) yield `${short}: we were told, but ${nameOf(row)} does not know`;
			else if (row.state !== 'unknown') yield `${short}: the answer was lost, but ${nameOf(row)}`;
		} else if (row.state === 'superseded' && !post.revoked) {
			// The reverse is not a mistake: only AIR can say which of two simultaneous ones was revoked.
			yield `${short}: stands at AIR, but ${nameOf(row)}`;
		}
	}
}

/** Every key has one accepted POST, or a row marked unknown that named itself; none has two. */
function* checkKeys({ rows, accepted, ends }: Books) {
	const [rowsByKey, posted] = [byKey(rows), groupBy(accepted, ({ eventId }) => [eventId])];
	for (const [eventId, end] of ends) {
		const posts = posted.get(eventId) ?? [];
		const row = rowsByKey.get(keyOf(eventId))?.[0];
		if (posts.length > 1) yield `${eventId}: AIR accepted ${posts.length} POSTs`;
		if (row === undefined) {
			yield `${eventId}: no row`;
		} else if (end.how === 'unknown') {
			if (row.state !== 'unknown') yield `${eventId}: ended as unknown, but ${nameOf(row)}`;
			if (row.id !== end.rowId)
				yield `${eventId}: named row ${end.rowId}, but it is ${nameOf(row)}`;
		} else {
			if (row.coreClaimHash !== end.coreClaimHash) {
				yield `${eventId}: was given another hash than ${nameOf(row)} has`;
			}
			if (posts.length === 0) yield `${eventId}: answered, but AIR issued nothing`;
		}
	}
}

/** The ledger invents nothing, and nothing is left in progress. */
function* checkRows({ rows, accepted, ends }: Books) {
	const hashes = new Set(accepted.map(({ coreClaimHash }) => coreClaimHash));
	const keys = new Set([...ends.keys()].map(keyOf));
	for (const row of rows) {
		if (!keys.has(row.idempotencyKey)) yield `${nameOf(row)}: nobody asked for it`;
		if (row.state === 'sending') yield `${nameOf(row)}: still under way`;
		for (const { coreClaimHash } of row.attempts) {
			if (coreClaimHash !== null && !hashes.has(coreClaimHash)) {
				yield `${nameOf(row)}: has a hash that AIR never gave`;
			}
		}
	}
}

/** @returns the mismatches, in words; empty when the books balance */
export function imbalances(books: Books): string[] {
	return [...checkPosts(books), ...checkKeys(books), ...checkRows(books)];
}

/** The most unknown rows to show. */
const SHOWN = 20;

/**
 * Only a killed process leaves an attempt to its lease: a live one records how it ended,
 * however late.
 *
 * @param crashes - when a process was killed
 * @param leaseMs - of an attempt
 * @returns the rows that break this rule, in words
 */
export function unexplained(
	rows: readonly LedgerRow[],
	crashes: readonly number[],
	leaseMs: number,
): string[] {
	return rows
		.filter(
			({ reason, attempts }) =>
				reason === LEASE_EXPIRED &&
				!attempts.some(({ startedAt }) =>
					crashes.some((at) => at >= startedAt && at <= startedAt + leaseMs),
				),
		)
		.map((row) => `${nameOf(row)}: nobody was killed, and it has no end`);
}

/** The figures for people, one per line. */
export function summaryOf({ rows, accepted, ends }: Books): string[] {
	const count = (state: RowState) => rows.filter((row) => row.state === state).length;
	const states = ROW_STATES.filter((state) => count(state) > 0);
	const keys = new Set(accepted.map(({ eventId }) => keyOf(eventId)));
	const issued = (row: LedgerRow) => keys.has(row.idempotencyKey);
	const unknown = rows.filter(({ state }) => state === 'unknown');
	const attempts = rows.reduce((sum, row) => sum + row.attempts.length, 0);
	const tried = Math.max(0, ...rows.map((row) => row.attempts.length));
	return [
		`${ends.size} webhooks, ${accepted.length} POSTs accepted by AIR, ${attempts} attempts (at most ${tried} a row)`,
		`rows: ${states.map((state) => `${count(state)} ${state}`).join(', ')}`,
		`unknown rows: ${unknown.length}, of which AIR had issued ${unknown.filter(issued).length}`,
		...unknown
			.slice(0, SHOWN)
			.map(
				(row) => `  ${nameOf(row)}: ${row.reason ?? 'no reason'}${issued(row) ? ', issued' : ''}`,
			),
	];
}
