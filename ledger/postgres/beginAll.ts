import type { BeginRequest, BeginResult, LedgerRow } from '../Ledger';
import { decideBegin } from '../transitions';
import { startNew, told } from './begin';
import type { Session } from './Database';
import { clock, readRows } from './rows';

/**
 * See `Ledger.begin`; several at once. What is known of a key is told, as it was when it was read:
 * nothing is written by that, so no row has to be held.
 *
 * @returns in the order of the requests; undefined where a row has to be written that was there before
 */
export async function beginAll(
	session: Session,
	requests: readonly BeginRequest[],
): Promise<(BeginResult | undefined)[]> {
	const started = await startNew(session, requests);
	const others = requests.filter((_, index) => started[index] === undefined);
	if (others.length === 0) return started;
	const found = await readRows(
		session,
		`WHERE (i.realm, i.program, i.idempotency_key) IN (
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[])) AND NOT i.retired`,
		[
			others.map(({ realm }) => realm),
			others.map(({ program }) => program),
			others.map(({ idempotencyKey }) => idempotencyKey),
		],
	);
	const rows = new Map(found.map((row) => [keyOf(row), row]));
	const now = await clock(session);
	return requests.map((request, index) => {
		const row = rows.get(keyOf(request));
		if (row === undefined) return started[index];
		const decision = decideBegin(row, request, now);
		return started[index] ?? told(decision, row);
	});
}

const keyOf = ({ realm, program, idempotencyKey }: LedgerRow | BeginRequest) =>
	JSON.stringify([realm, program, idempotencyKey]);
