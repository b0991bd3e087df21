import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import type { AttemptRef, BeginResult, LedgerRow } from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import type { Idempotency } from './idempotency';
import { assertStands, beginning, BusyWait, conflict } from './known';
import { AttemptRecord, type Answers } from './AttemptRecord';
import { deliver } from './deliver';
import type { Issuance, IssueRequest, Issuing } from './Issuing';
import type { LedgerSession } from '../session/LedgerSession';
import { OnBehalf } from './OnBehalf';
import { outcomeOfReplay, unrecorded, withOutcome, type RememberedIssuance } from './outcome';

/** AIR takes some seconds to confirm; the trigger first asks after this time. */
const FIRST_CHECK_MS = 5_000;
/**
 * Issues one credential and records it. If the same key was issued before, the ledger's answer is
 * returned instead.
 *
 * For a private key that AIR has never accepted, AIR is asked first, so that strangers cannot create rows.
 *
 * @param session - its client sends
 * @throws AirError `AIR_ISSUED_UNKNOWN`, `AIR_ISSUE_BUSY`, `AIR_EVENT_ID_…`, `LEDGER_…` (nothing was
 *   sent then), and what {@link deliver} throws
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
	const busy = new BusyWait();
	const door = new OnBehalf(client, issuing);
	const { baseUrl } = client.identity;
	return await deliver<Issuance, RememberedIssuance>(baseUrl, issuing, async (permit) => {
		if (session.expectsNew) signAhead(client, request.recipient);
		const begun = await begin(session, issuing, idempotency);
		session.expectsNew = begun.outcome === 'started';
		if (begun.outcome === 'started') {
			const answers = answersOf(session, begun, request, idempotency);
			return { door, record: new AttemptRecord(session, begun, answers) };
		}
		permit.giveBack();
		if (begun.outcome === 'busy') {
			await busy.next(begun, session, stopped);
			return 'again';
		}
		// AIR may have refused the key for another item meanwhile.
		await session.assertKeyAccepted(stopped);
		return { result: fromLedger(begun, idempotency, session) };
	});
}

/**
 * Signs while the ledger waits for the disk. Skipped if the previous item was a repeat: when everything
 * is delivered again, no tokens are needed.
 */
function signAhead(client: AirClient, recipient: string): void {
	// The token is requested again when sending, and an error is thrown there.
	client.token(recipient).catch(() => undefined);
}

/** How Issue on Behalf interprets AIR's answer. */
const answersOf = (
	session: LedgerSession,
	{ issuanceId }: AttemptRef,
	{ onDuplicate }: IssueRequest,
	{ subjectHmac }: Idempotency,
): Answers<Issuance, RememberedIssuance> => ({
	accepted: ({ coreClaimHash, userUuid }) => ({
		coreClaimHash,
		userUuid: userUuid ?? null,
		nextCheckMs: FIRST_CHECK_MS,
		supersedes: onDuplicate === 'revoke',
	}),
	recorded: withOutcome,
	unrecorded: async (issuance) => await unrecorded(session, issuanceId, issuance, subjectHmac),
	safeToRepeat: onDuplicate === 'ignore',
});

async function begin(
	session: LedgerSession,
	issuing: Issuing,
	idempotency: Idempotency,
): Promise<BeginResult> {
	const { request, repeatUnknown } = issuing;
	try {
		return await session.ledger.begin({
			...beginning(session, idempotency, issuing),
			program: request.credentialId,
			issuerDid: request.issuerDid,
			recipient: request.recipient,
			repeatUnknown,
			replaces: request.onDuplicate === 'revoke',
		});
	} catch (error) {
		throw asAirError(error);
	}
}

/**
 * The ledger's answer for an item that is not sent.
 *
 * @throws AirError if it may not be sent and there is no recorded answer to give
 */
export function fromLedger(
	begun: Exclude<BeginResult, { outcome: 'busy' | 'started' }>,
	idempotency: Idempotency,
	session: LedgerSession,
): RememberedIssuance {
	const { row } = begun;
	const name = session.nameOf(row);
	if (begun.outcome === 'unknown') {
		throw new AirError('AIR_ISSUED_UNKNOWN', {
			detail: `${name}, begun ${new Date(row.createdAt).toISOString()}`,
		});
	}
	if (begun.outcome === 'conflict') throw conflict(begun, session);
	assertStands(row, idempotency, session);
	return replay(row, name);
}

/** The recorded answer, in the shape of a fresh one. */
function replay(row: LedgerRow, name: string): RememberedIssuance {
	if (row.answeredAt === null) throw new AirError('AIR_ISSUED_UNKNOWN', { detail: name });
	return {
		// Empty if somebody settled it by hand without a hash.
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
