import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { pause } from '../../air/pacing/backoff';
import { repeatsUnknown } from '../../air/pacing/repeat';
import type { IssueAnswer } from '../../air/answers/schemas';
import type {
	AttemptFailure,
	AttemptRef,
	BeginResult,
	LedgerRow,
	RecordedAnswer,
} from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import type { Idempotency } from './idempotency';
import { inTurn } from './inTurn';
import { issue, type IssueRequest, type IssueSettings } from './issue';
import { leaseMsFor } from './lease';
import type { LedgerSession } from '../session/LedgerSession';
import {
	answeredAtOf,
	outcomeOfReplay,
	unrecorded,
	withOutcome,
	type RememberedIssuance,
} from './outcome';

/** How long another attempt with the same key is waited for. */
const BUSY_WAIT_MS = 30_000;
const BUSY_POLL_MS = 500;
/** AIR takes some seconds to confirm; the trigger asks first after this. */
const FIRST_CHECK_MS = 5_000;

export type { RememberedIssuance };

export interface OnceSettings extends IssueSettings {
	readonly reference?: string | undefined;
}

/**
 * Issues one credential and remembers it: what was issued under the same key before is not issued
 * again but answered from the ledger.
 *
 * @throws AirError `AIR_ISSUED_UNKNOWN`, `AIR_ISSUE_BUSY`, `AIR_EVENT_ID_…`, `LEDGER_…` (nothing was
 *   sent then), and what {@link issue} throws
 * @example
 * ```ts
 * const { coreClaimHash, outcome } = await issueOnce(client, request, idempotency, session);
 * ```
 */
export async function issueOnce(
	client: AirClient,
	request: IssueRequest,
	idempotency: Idempotency,
	session: LedgerSession,
	settings: OnceSettings = {},
): Promise<RememberedIssuance> {
	const stopped = settings.stopped ?? settings.signal;
	const busyUntil = performance.now() + BUSY_WAIT_MS;
	return await inTurn(client, { ...settings, stopped }, async (turn) => {
		if (session.expectsNew) signAhead(client, request.recipient);
		const begun = await begin(client, request, idempotency, session, settings);
		session.expectsNew = begun.outcome === 'started';
		if (begun.outcome === 'started') {
			return await send(client, request, idempotency, session, begun, { ...settings, turn });
		}
		turn.giveBack();
		if (begun.outcome === 'unproven') {
			await session.assertMayRead(stopped);
			return undefined;
		}
		if (begun.outcome === 'busy') {
			if (performance.now() >= busyUntil) {
				throw new AirError('AIR_ISSUE_BUSY', { detail: nameOf(begun.row) });
			}
			await pause(Math.min(BUSY_POLL_MS, begun.leaseMs + 1), stopped);
			return undefined;
		}
		// What the ledger knows is given out only to a key that AIR has accepted.
		await session.assertMayRead(stopped);
		return fromLedger(begun, idempotency, session);
	});
}

/**
 * Signs while the ledger waits for the disk. Only where the item before was none that had been issued
 * already: whoever delivers everything again needs no tokens at all.
 */
function signAhead(client: AirClient, recipient: string): void {
	// It is asked for again when it is sent, and fails there.
	client.token(recipient).catch(() => undefined);
}

async function send(
	client: AirClient,
	request: IssueRequest,
	{ subjectHmac }: Idempotency,
	session: LedgerSession,
	{ issuanceId, attempt: number }: AttemptRef,
	settings: OnceSettings,
): Promise<RememberedIssuance> {
	const attempt = { issuanceId, attempt: number };
	const supersedes = request.onDuplicate === 'revoke';
	try {
		if (settings.stopped?.aborted === true) throw new AirError('AIR_CANCELLED');
		const issuance = await issue(client, request, {
			...settings,
			onLateOutcome: (outcome) => {
				settings.onLateOutcome?.(outcome);
				void endedLate(session, attempt, outcome, supersedes);
			},
		});
		const recorded = await answered(session, attempt, issuance, supersedes);
		if (recorded !== undefined) return withOutcome(issuance, recorded);
		return await unrecorded(session, issuanceId, issuance, subjectHmac);
	} catch (error) {
		// Its outcome comes later, through onLateOutcome; until then its lease holds.
		if (error instanceof AirError && error.code === 'AIR_CANCELLED_IN_FLIGHT') throw error;
		throw await failed(session, attempt, error, supersedes);
	}
}

/** Records how an attempt ended that a cancel overtook. The run is over: nobody else tries again. */
async function endedLate(
	session: LedgerSession,
	attempt: AttemptRef,
	outcome: IssueAnswer | Error,
	supersedes: boolean,
): Promise<void> {
	if (outcome instanceof Error) await failed(session, attempt, outcome, supersedes);
	else await answered(session, attempt, outcome, supersedes);
	await session.end();
}

async function begin(
	client: AirClient,
	request: IssueRequest,
	{ key, rememberMs, subjectHmac }: Idempotency,
	session: LedgerSession,
	{ reference, sendAgainWhenUnknown, timeoutMs }: OnceSettings,
): Promise<BeginResult> {
	try {
		return await session.ledger.begin({
			...session.settings.origin,
			realm: session.realm,
			program: request.credentialId,
			issuerDid: request.issuerDid,
			recipient: request.recipient,
			idempotencyKey: key,
			subjectHmac,
			keyThumbprint: client.identity.key.thumbprint,
			reference: reference ?? null,
			rememberMs,
			leaseMs: leaseMsFor(timeoutMs),
			repeatUnknown: repeatsUnknown(request.onDuplicate, sendAgainWhenUnknown),
			replaces: request.onDuplicate === 'revoke',
		});
	} catch (error) {
		throw asAirError(error);
	}
}

/** How people find the row in `ledger list`. */
export const nameOf = (row: LedgerRow) => `ledger row ${row.id}`;

/**
 * What the ledger answers for an item that is not sent.
 *
 * @throws AirError where it may not be sent and nothing is to be given out
 */
export function fromLedger(
	begun: Exclude<BeginResult, { outcome: 'busy' | 'started' | 'unproven' }>,
	{ mode }: Idempotency,
	session: LedgerSession,
): RememberedIssuance {
	const { row } = begun;
	if (begun.outcome === 'unknown') {
		throw new AirError('AIR_ISSUED_UNKNOWN', {
			detail: `${nameOf(row)}, begun ${new Date(row.createdAt).toISOString()}`,
		});
	}
	if (begun.outcome === 'conflict') {
		throw new AirError(
			begun.about === 'recipient' ? 'AIR_EVENT_ID_OTHER_RECIPIENT' : 'AIR_EVENT_ID_OTHER_SUBJECT',
			{ detail: `${nameOf(row)}, used ${answeredAtOf(row)}` },
		);
	}
	const stands = row.state !== 'superseded' && row.state !== 'unusable';
	if (mode === 'content' && !stands && !session.isOwn(row)) {
		throw new AirError('AIR_ISSUED_NOT_STANDING', {
			detail: `${nameOf(row)}, issued ${answeredAtOf(row)}, now ${row.state}`,
		});
	}
	return replay(row);
}

/** The recorded answer, in the shape of a fresh one. */
function replay(row: LedgerRow): RememberedIssuance {
	if (row.coreClaimHash === null) {
		throw new AirError('AIR_ISSUED_UNKNOWN', { detail: nameOf(row) });
	}
	return {
		coreClaimHash: row.coreClaimHash,
		credentialId: row.program,
		...(row.userUuid === null ? {} : { userUuid: row.userUuid }),
		email: row.recipient,
		issuerDid: row.issuerDid,
		...outcomeOfReplay(row),
		state: row.state,
		...(row.vcStatus === null ? {} : { vcStatus: row.vcStatus }),
		...(row.vcId === null ? {} : { vcId: row.vcId }),
	};
}

/** @returns undefined when it could not be written at once */
async function answered(
	session: LedgerSession,
	attempt: AttemptRef,
	answer: { readonly coreClaimHash: string; readonly userUuid?: string | undefined },
	supersedes: boolean,
): Promise<RecordedAnswer | undefined> {
	let recorded: RecordedAnswer | undefined;
	await session.write(`issuance ${answer.coreClaimHash}`, async () => {
		recorded = await session.ledger.answered(attempt, {
			coreClaimHash: answer.coreClaimHash,
			userUuid: answer.userUuid ?? null,
			nextCheckMs: FIRST_CHECK_MS,
			supersedes,
		});
	});
	await session.keyWasAccepted();
	return recorded;
}

function outcomeOf(error: AirError): AttemptFailure['outcome'] {
	switch (error.kind) {
		case 'refused':
			return 'rejected';
		case 'outcome-unknown':
			return 'unknown';
		case 'not-sent':
		case 'cancelled':
		case 'input':
			return 'not-sent';
	}
}

/** @returns the error to throw: what an earlier attempt left unknown stays unknown */
async function failed(
	session: LedgerSession,
	attempt: AttemptRef,
	error: unknown,
	supersedes: boolean,
): Promise<unknown> {
	const [outcome, reason] =
		error instanceof AirError
			? ([outcomeOf(error), error.code] as const)
			: (['unknown', 'unexpected'] as const);
	let row: LedgerRow | undefined;
	await session.write(
		`attempt ${attempt.attempt} of row ${attempt.issuanceId}: ${reason}`,
		async () => {
			row = await session.ledger.failed(attempt, { outcome, reason });
		},
	);
	return row === undefined ? error : besidesEarlier(error, row, supersedes);
}

/**
 * A refusal says nothing of an earlier attempt whose outcome is unknown; a conflict even hints that
 * it was that attempt which issued.
 */
function besidesEarlier(error: unknown, row: LedgerRow, supersedes: boolean): unknown {
	if (!(error instanceof AirError) || row.state !== 'unknown') return error;
	if (error.kind === 'outcome-unknown') return error;
	const earlier =
		error.httpStatus === 409
			? 'The credential was probably issued by an earlier attempt, which ended without a known outcome'
			: 'An earlier attempt to issue this ended without a known outcome, and that has not changed';
	return error.with({
		kind: 'outcome-unknown',
		safeToRepeat: !supersedes,
		note: [error.facts.note, `${earlier} (${nameOf(row)}).`]
			.filter((note) => note !== undefined)
			.join(' '),
	});
}
