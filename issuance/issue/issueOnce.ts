import { DEFAULT_REQUEST_TIMEOUT_MS, type AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { pause } from '../../air/pacing/backoff';
import { DEFAULT_REPEAT_LIMITS } from '../../air/pacing/repeat';
import type {
	AttemptFailure,
	AttemptRef,
	BeginResult,
	LedgerRow,
	RecordedAnswer,
} from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import type { Idempotency } from './idempotency';
import { issue, type IssueRecord } from './issue';
import type { Issuance, IssueRequest, Issuing } from './Issuing';
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
/** Connecting, reading the answer after a cancel, writing it down: nothing of it takes this long. */
const MARGIN_MS = 30_000;

/**
 * Issues one credential and remembers it: what was issued under the same key before is not issued
 * again but answered from the ledger.
 *
 * A key that AIR has never accepted asks AIR first, so that no row of a stranger exists.
 *
 * @param session - its client sends
 * @throws AirError `AIR_ISSUED_UNKNOWN`, `AIR_ISSUE_BUSY`, `AIR_EVENT_ID_…`, `LEDGER_…` (nothing was
 *   sent then), and what {@link issue} throws
 * @example
 * ```ts
 * const { coreClaimHash, outcome } = await issueOnce(session, issuing, idempotency);
 * ```
 */
export async function issueOnce(
	session: LedgerSession,
	issuing: Issuing,
	idempotency: Idempotency,
): Promise<RememberedIssuance> {
	const { client } = session.settings;
	const { request, stopped } = issuing;
	await session.assertKeyAccepted(stopped);
	const busyUntil = performance.now() + BUSY_WAIT_MS;
	return await issue<RememberedIssuance>(client, issuing, async (permit) => {
		if (session.expectsNew) signAhead(client, request.recipient);
		const begun = await begin(session, issuing, idempotency);
		session.expectsNew = begun.outcome === 'started';
		if (begun.outcome === 'started') {
			return new AttemptRecord(session, begun, request, idempotency.subjectHmac);
		}
		permit.giveBack();
		if (begun.outcome === 'busy') {
			if (performance.now() >= busyUntil) {
				throw new AirError('AIR_ISSUE_BUSY', { detail: session.nameOf(begun.row) });
			}
			await pause(Math.min(BUSY_POLL_MS, begun.leaseMs + 1), stopped);
			return 'again';
		}
		// Perhaps AIR has refused the key to another item meanwhile.
		await session.assertKeyAccepted(stopped);
		return { result: fromLedger(begun, idempotency, session) };
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

/** The row of the ledger that an attempt was begun in. */
class AttemptRecord implements IssueRecord<RememberedIssuance> {
	private readonly attempt: AttemptRef;
	private readonly supersedes: boolean;

	constructor(
		private readonly session: LedgerSession,
		{ issuanceId, attempt }: AttemptRef,
		{ onDuplicate }: IssueRequest,
		private readonly subjectHmac: string,
	) {
		this.attempt = { issuanceId, attempt };
		this.supersedes = onDuplicate === 'revoke';
	}

	async answered(issuance: Issuance): Promise<RememberedIssuance> {
		const { session, attempt } = this;
		const recorded = await this.write(issuance);
		if (recorded !== undefined) return withOutcome(issuance, recorded);
		return await unrecorded(session, attempt.issuanceId, issuance, this.subjectHmac);
	}

	/** What an earlier attempt left unknown stays unknown. */
	async failed(error: unknown): Promise<unknown> {
		const { session, attempt } = this;
		const [outcome, reason] =
			error instanceof AirError
				? ([outcomeOf(error), error.code] as const)
				: (['unknown', 'unexpected'] as const);
		await session.noteRefusal(error);
		let row: LedgerRow | undefined;
		await session.write(
			`attempt ${attempt.attempt} of row ${attempt.issuanceId}: ${reason}`,
			async () => {
				row = await session.ledger.failed(attempt, { outcome, reason });
			},
		);
		return row === undefined
			? error
			: besidesEarlier(error, row, session.nameOf(row), this.supersedes);
	}

	/** The run is over: nobody else tries again to write it. */
	async endedLate(outcome: Issuance | Error): Promise<void> {
		if (outcome instanceof Error) await this.failed(outcome);
		else await this.write(outcome);
		await this.session.end();
	}

	/** @returns undefined when it could not be written at once */
	private async write({ coreClaimHash, userUuid }: Issuance): Promise<RecordedAnswer | undefined> {
		const { session, attempt, supersedes } = this;
		let recorded: RecordedAnswer | undefined;
		await session.write(`issuance ${coreClaimHash}`, async () => {
			recorded = await session.ledger.answered(attempt, {
				coreClaimHash,
				userUuid: userUuid ?? null,
				nextCheckMs: FIRST_CHECK_MS,
				supersedes,
			});
		});
		await session.keyWasAccepted();
		return recorded;
	}
}

/**
 * How long an attempt is believed to be under way: the last of its repeats may begin at the end of
 * the time for repeats and then take its whole timeout. A lease that ends earlier would let a second
 * attempt start beside the first.
 *
 * @param timeoutMs - of one request
 * @returns milliseconds
 */
export function leaseMsFor(timeoutMs: number = DEFAULT_REQUEST_TIMEOUT_MS): number {
	return DEFAULT_REPEAT_LIMITS.withinMs + timeoutMs + MARGIN_MS;
}

async function begin(
	session: LedgerSession,
	{ request, reference, repeatUnknown, timeoutMs }: Issuing,
	{ key, rememberMs, subjectHmac }: Idempotency,
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
			keyThumbprint: session.settings.client.identity.key.thumbprint,
			reference: reference ?? null,
			rememberMs,
			leaseMs: leaseMsFor(timeoutMs),
			repeatUnknown,
			replaces: request.onDuplicate === 'revoke',
		});
	} catch (error) {
		throw asAirError(error);
	}
}

/**
 * What the ledger answers for an item that is not sent.
 *
 * @throws AirError where it may not be sent and nothing is to be given out
 */
export function fromLedger(
	begun: Exclude<BeginResult, { outcome: 'busy' | 'started' }>,
	{ mode }: Idempotency,
	session: LedgerSession,
): RememberedIssuance {
	const { row } = begun;
	const name = session.nameOf(row);
	if (begun.outcome === 'unknown') {
		throw new AirError('AIR_ISSUED_UNKNOWN', {
			detail: `${name}, begun ${new Date(row.createdAt).toISOString()}`,
		});
	}
	if (begun.outcome === 'conflict') {
		throw new AirError(
			begun.about === 'recipient' ? 'AIR_EVENT_ID_OTHER_RECIPIENT' : 'AIR_EVENT_ID_OTHER_SUBJECT',
			{ detail: `${name}, used ${answeredAtOf(row)}` },
		);
	}
	const stands = row.state !== 'superseded' && row.state !== 'unusable';
	if (mode === 'content' && !stands && !session.isOwn(row)) {
		throw new AirError('AIR_ISSUED_NOT_STANDING', {
			detail: `${name}, issued ${answeredAtOf(row)}, now ${row.state}`,
		});
	}
	return replay(row, name);
}

/** The recorded answer, in the shape of a fresh one. */
function replay(row: LedgerRow, name: string): RememberedIssuance {
	if (row.answeredAt === null) throw new AirError('AIR_ISSUED_UNKNOWN', { detail: name });
	return {
		// Empty where somebody settled it by hand and knew no hash.
		coreClaimHash: row.coreClaimHash ?? '',
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

/**
 * A refusal says nothing of an earlier attempt whose outcome is unknown; a conflict even hints that
 * it was that attempt which issued.
 */
function besidesEarlier(
	error: unknown,
	row: LedgerRow,
	name: string,
	supersedes: boolean,
): unknown {
	if (!(error instanceof AirError) || row.state !== 'unknown') return error;
	if (error.kind === 'outcome-unknown') return error;
	const earlier =
		error.httpStatus === 409
			? 'The credential was probably issued by an earlier attempt, which ended without a known outcome'
			: 'An earlier attempt to issue this ended without a known outcome, and that has not changed';
	return error.with({
		kind: 'outcome-unknown',
		safeToRepeat: !supersedes,
		note: [error.facts.note, `${earlier} (${name}).`]
			.filter((note) => note !== undefined)
			.join(' '),
	});
}
