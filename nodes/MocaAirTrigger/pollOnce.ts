import type { INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { LedgerSession } from '../../issuance/session/LedgerSession';
import { cursorKey, pollEvents, sampleEvent } from '../../issuance/watch/pollEvents';
import { isAttended } from './atStart';
import { Activation, isUnderWay, pollBudgetMs } from './Activation';
import { eventItem } from './eventItem';
import { sharesItsId } from './oneAtATime';
import type { TriggerParameters } from './readParameters';

/** Time for the ledger, before and after AIR is asked. */
const MARGIN_MS = 8_000;
/** n8n polls once a minute at most: by then this poll must be over. */
const LONGEST_ASKING_MS = 40_000;
/** Short, because somebody is waiting in the editor. */
const MANUAL_ASKING_MS = 15_000;

/** One poll of an active trigger. @throws AirError */
export async function pollOnce(
	context: IPollFunctions,
	session: LedgerSession,
	parameters: TriggerParameters,
): Promise<INodeExecutionData[][] | null> {
	if (sharesItsId(cursorKey(session), context.getNode().name, context)) {
		throw new AirError('AIR_TRIGGER_NODE_ID');
	}
	const activation = new Activation(context);
	const { cursor, events, offer, unanswered, problem } = await pollEvents(session, {
		...parameters,
		withinMs: Math.min(LONGEST_ASKING_MS, Math.max(pollBudgetMs(context) - MARGIN_MS, 0)),
		evidence: activation.evidence,
	});
	if (cursor.missed) {
		// In the first poll, an error would only keep the workflow from being activated.
		if (isUnderWay(context)) {
			await session.ledger.moveCursor(cursorKey(session), { toldMissed: true });
			throw new AirError('AIR_TRIGGER_EVENTS_GONE');
		}
		context.logger.warn(`${context.getNode().name}: AIR_TRIGGER_EVENTS_GONE`);
	}
	activation.note(offer);
	if (events.length > 0) return [events.map(eventItem)];
	// A short outage of AIR must not keep a workflow from being activated, and a refusal for a single
	// issuance is not a failure of the trigger. A fault on our side is.
	const fault = problem ?? (unanswered?.retryable === true ? unanswered : undefined);
	// The person who activates it should see mistakes in the settings at once.
	const mistake = fault instanceof AirError && fault.kind === 'input' && isAttended(context);
	if (fault !== undefined && (isUnderWay(context) || mistake)) throw fault;
	const said = fault ?? unanswered;
	if (said !== undefined) {
		const code = said instanceof AirError ? said.code : 'an unexpected failure';
		context.logger.warn(`${context.getNode().name}: ${code}; asked again later`);
	}
	return null;
}

/** "Fetch Test Event": shows the newest event, and changes nothing of the trigger. */
export async function sample(
	session: LedgerSession,
	parameters: TriggerParameters,
): Promise<INodeExecutionData[][]> {
	const withinMs = MANUAL_ASKING_MS;
	const { event, why } = await sampleEvent(session, { ...parameters, withinMs });
	if (event !== undefined) return [[eventItem(event)]];
	throw why ?? new AirError('AIR_TRIGGER_NO_EVENT');
}
