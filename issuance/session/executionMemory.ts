import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import type { RecordedAnswer } from '../../ledger/Ledger';
import type { Idempotency } from '../issue/idempotency';
import { issue, NO_RECORD } from '../issue/issue';
import type { Issuance, IssueRequest, Issuing } from '../issue/Issuing';
import { realmOf } from './realm';
import { withOutcome, type RememberedIssuance } from '../issue/outcome';

/** More than a run has items: a retry of the run must find them all. */
const KEPT = 250_000;

/** What this process issued, by execution and key: all the memory there is with the ledger off. */
const remembered = new Map<string, Remembered>();

/** What AIR first answered with a hash, by execution. */
const byHash = new Map<string, First>();

/** The hash that a person holds, by execution and program. */
const held = new Map<string, string>();

/** What is being issued: another item with the same key waits for its outcome. */
const underWay = new Map<string, Promise<unknown>>();

interface Remembered {
	readonly outcome: RememberedIssuance | AirError;
	readonly recipient: string;
	readonly subjectHmac: string;
}

interface First {
	readonly id: string;
	readonly answeredAt: number;
	readonly subjectHmac: string;
}

function keep<T>(memory: Map<string, T>, id: string, value: T): void {
	memory.set(id, value);
	for (const oldest of memory.keys()) {
		if (memory.size <= KEPT) break;
		memory.delete(oldest);
	}
}

/** What `Ledger.answered` says, from what this execution knows. */
function recordedIn(
	place: readonly string[],
	id: string,
	{ recipient, credentialId, onDuplicate }: IssueRequest,
	{ coreClaimHash, submittedAt }: Issuance,
	subjectHmac: string,
): RecordedAnswer {
	const answeredAt = Date.parse(submittedAt);
	const ofHash = JSON.stringify([...place, coreClaimHash]);
	const first = byHash.get(ofHash);
	if (first === undefined) keep(byHash, ofHash, { id, answeredAt, subjectHmac });
	const holder = JSON.stringify([...place, credentialId, recipient]);
	const before = held.get(holder);
	keep(held, holder, coreClaimHash);
	const replaces = before !== undefined && before !== coreClaimHash && onDuplicate === 'revoke';
	return {
		answeredAt,
		superseded: replaces ? 1 : 0,
		kept:
			first === undefined || first.id === id
				? null
				: {
						issuanceId: 0,
						answeredAt: first.answeredAt,
						sameSubject: first.subjectHmac === subjectHmac,
					},
	};
}

/**
 * Issues with the ledger off. A repeat within the same execution, as Retry On Fail makes it, is still
 * answered from memory; an unknown outcome is not sent again there either.
 *
 * @param execution - what tells it from any other; when empty, nothing is remembered
 * @throws AirError `AIR_ISSUED_UNKNOWN`, and what {@link issue} throws
 */
export async function issueOnceInExecution(
	client: AirClient,
	issuing: Issuing,
	{ key, subjectHmac }: Idempotency,
	execution: string,
): Promise<RememberedIssuance> {
	const { request, repeatUnknown } = issuing;
	const send = async () =>
		await issue(client, issuing, async () => await Promise.resolve(NO_RECORD));
	if (execution === '') return { ...(await send()), outcome: 'issued' };
	const place = [execution, realmOf(client)];
	const id = JSON.stringify([...place, request.credentialId, key]);
	const { recipient } = request;
	for (let other = underWay.get(id); other !== undefined; other = underWay.get(id)) await other;
	const before = remembered.get(id);
	if (before !== undefined) {
		if (before.recipient !== recipient) throw new AirError('AIR_EVENT_ID_OTHER_RECIPIENT');
		if (before.subjectHmac !== subjectHmac) throw new AirError('AIR_EVENT_ID_OTHER_SUBJECT');
		if (!(before.outcome instanceof AirError)) {
			const again = before.outcome.outcome === 'kept' ? 'kept' : 'alreadyIssued';
			return { ...before.outcome, outcome: again };
		}
		if (!repeatUnknown)
			throw new AirError('AIR_ISSUED_UNKNOWN', { detail: before.outcome.message });
	}
	const sending = send();
	const over = sending.then(
		() => undefined,
		() => undefined,
	);
	underWay.set(id, over);
	try {
		const issuance = await sending;
		const recorded = recordedIn(place, id, request, issuance, subjectHmac);
		const outcome = withOutcome(issuance, recorded);
		keep(remembered, id, { outcome, recipient, subjectHmac });
		return outcome;
	} catch (error) {
		if (error instanceof AirError && error.kind === 'outcome-unknown') {
			keep(remembered, id, { outcome: error, recipient, subjectHmac });
		}
		throw error;
	} finally {
		underWay.delete(id);
	}
}
