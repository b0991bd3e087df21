import type { AirClient } from '../air/AirClient';
import { AirError } from '../air/AirError';
import type { Idempotency } from './idempotency';
import { inTurn } from './inTurn';
import { issue, type IssueRequest, type IssueSettings } from './issue';
import type { RememberedIssuance } from './issueOnce';
import { scopeOf } from './Memory';

/** More than a run has items: a retry of the run must find them all. */
const KEPT = 250_000;

/** What this process issued, by execution and key: all the memory there is with the ledger off. */
const remembered = new Map<string, Remembered>();

/** What is being issued: another item with the same key waits for its outcome. */
const underWay = new Map<string, Promise<unknown>>();

interface Remembered {
	readonly outcome: RememberedIssuance | AirError;
	readonly recipient: string;
	readonly subjectHmac: string;
}

function keep(id: string, outcome: Remembered): void {
	remembered.set(id, outcome);
	for (const oldest of remembered.keys()) {
		if (remembered.size <= KEPT) break;
		remembered.delete(oldest);
	}
}

/**
 * Issues with the ledger off. A repeat within the same execution, as Retry On Fail makes it, is still
 * answered from memory; an unknown outcome is not sent again there either (design.md, decision 6).
 *
 * @param executionId - empty when n8n gives none: then nothing is remembered
 * @throws AirError `AIR_ISSUED_UNKNOWN`, and what {@link issue} throws
 */
export async function issueOnceInExecution(
	client: AirClient,
	request: IssueRequest,
	{ key, subjectHmac }: Idempotency,
	executionId: string,
	settings: IssueSettings,
): Promise<RememberedIssuance> {
	const stopped = settings.stopped ?? settings.signal;
	const send = async () =>
		await inTurn(
			client,
			{ ...settings, stopped },
			async (turn) => await issue(client, request, { ...settings, turn }),
		);
	if (executionId === '') return await send();
	const id = JSON.stringify([executionId, scopeOf(client), request.credentialId, key]);
	const { recipient } = request;
	for (let other = underWay.get(id); other !== undefined; other = underWay.get(id)) await other;
	const before = remembered.get(id);
	if (before !== undefined) {
		if (before.recipient !== recipient) throw new AirError('AIR_EVENT_ID_OTHER_RECIPIENT');
		if (before.subjectHmac !== subjectHmac) throw new AirError('AIR_EVENT_ID_OTHER_SUBJECT');
		if (!(before.outcome instanceof AirError)) return { ...before.outcome, replayed: true };
		const repeatUnknown =
			request.onDuplicate === 'ignore' || settings.sendAgainWhenUnknown === true;
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
		const outcome = await sending;
		keep(id, { outcome, recipient, subjectHmac });
		return outcome;
	} catch (error) {
		if (error instanceof AirError && error.kind === 'outcome-unknown') {
			keep(id, { outcome: error, recipient, subjectHmac });
		}
		throw error;
	} finally {
		underWay.delete(id);
	}
}
