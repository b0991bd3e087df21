import { DEFAULT_REQUEST_TIMEOUT_MS } from '../../air/AirClient';
import { pause } from '../../air/pacing/backoff';
import { DEFAULT_REPEAT_LIMITS, LONGEST_AHEAD_MS } from '../../air/pacing/repeat';
import { AirError } from '../../errors/AirError';
import type { BeginRequest, BeginResult, LedgerRow, RowState } from '../../ledger/Ledger';
import type { LedgerSession } from '../session/LedgerSession';
import type { Idempotency } from './idempotency';
import { answeredAtOf } from './outcome';

/** How long to wait for another attempt with the same key. */
const BUSY_WAIT_MS = 30_000;
const BUSY_POLL_MS = 500;
/** An allowance for connecting, reading the answer after a cancel, and recording it. */
const MARGIN_MS = 30_000;

/**
 * How long an attempt is believed to be under way: the last of its repeats may begin at the end of
 * the time for repeats and then take its whole timeout. A lease that ends earlier would let a second
 * attempt start beside the first.
 *
 * @param timeoutMs - of one request
 * @returns milliseconds
 */
export function leaseMsFor(timeoutMs: number = DEFAULT_REQUEST_TIMEOUT_MS): number {
	return LONGEST_AHEAD_MS + DEFAULT_REPEAT_LIMITS.withinMs + timeoutMs + MARGIN_MS;
}

type OfSession = 'realm' | 'keyThumbprint' | 'leaseMs' | 'reference';
type OfKey = 'idempotencyKey' | 'subjectHmac' | 'rememberMs';
type OfOrigin = 'instance' | 'workflowId' | 'executionId' | 'nodeId';

/** What every attempt that begins tells the ledger. */
export const beginning = (
	session: LedgerSession,
	{ key, rememberMs, subjectHmac }: Idempotency,
	{
		reference,
		timeoutMs,
	}: { readonly reference?: string | undefined; readonly timeoutMs?: number | undefined },
): Pick<BeginRequest, OfSession | OfKey | OfOrigin> => ({
	...session.settings.origin,
	realm: session.realm,
	idempotencyKey: key,
	subjectHmac,
	keyThumbprint: session.settings.client.identity.key.thumbprint,
	reference: reference ?? null,
	rememberMs,
	leaseMs: leaseMsFor(timeoutMs),
});

/** Waits for another attempt that is under way; create one for each item. */
export class BusyWait {
	private readonly until = performance.now() + BUSY_WAIT_MS;

	/** @throws AirError `AIR_ISSUE_BUSY` after 30 s */
	async next(
		{ row, leaseMs }: Extract<BeginResult, { outcome: 'busy' }>,
		session: LedgerSession,
		stopped: AbortSignal | undefined,
	): Promise<void> {
		if (performance.now() >= this.until) {
			throw new AirError('AIR_ISSUE_BUSY', { detail: session.nameOf(row) });
		}
		await pause(Math.min(BUSY_POLL_MS, leaseMs + 1), stopped);
	}
}

/** The error for a key that was used for something else. */
export function conflict(
	{ row, about }: Extract<BeginResult, { outcome: 'conflict' }>,
	session: LedgerSession,
): AirError {
	return new AirError(
		about === 'recipient' ? 'AIR_EVENT_ID_OTHER_RECIPIENT' : 'AIR_EVENT_ID_OTHER_SUBJECT',
		{ detail: `${session.nameOf(row)}, used ${answeredAtOf(row)}` },
	);
}

/** In these states, what was issued is no longer valid. */
const FALLEN: readonly RowState[] = ['superseded', 'unusable', 'revoked'];

/** @throws AirError `AIR_ISSUED_NOT_STANDING` for the same content if what was issued was replaced */
export function assertStands(row: LedgerRow, { mode }: Idempotency, session: LedgerSession): void {
	if (mode !== 'content' || !FALLEN.includes(row.state) || session.isOwn(row)) return;
	throw new AirError('AIR_ISSUED_NOT_STANDING', {
		detail: `${session.nameOf(row)}, issued ${answeredAtOf(row)}, now ${row.state}`,
	});
}
