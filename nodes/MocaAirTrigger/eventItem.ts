import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import { typeOf } from '../../issuance/ledger/rowFields';
import type { FeedEvent } from '../../ledger/Ledger';
import type { EventType, LedgerRow } from '../../ledger/Ledger';

/** The names in the parameter Events. */
const NAMES: Readonly<Record<EventType, string>> = {
	confirmed: 'confirmed',
	unusable: 'notUsable',
	superseded: 'superseded',
	status: 'statusChanged',
	delayed: 'delayed',
	abandoned: 'givenUp',
	stored: 'stored',
	revoked: 'revoked',
	expiring: 'expiringSoon',
	expired: 'expired',
	unknown: 'outcomeUnknown',
};

/** Fields of direct issuances. */
const ofDirect = (row: LedgerRow): IDataObject => ({
	storagePath: row.coreClaimHash,
	externalId: row.externalId,
	revocationNumber: row.revocationNumber,
	holderDid: row.holderDid,
	expiresAt: iso(row.expiresAt),
});

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

/**
 * The item of an event. All fields are always present, null if unknown, and named as in the other
 * nodes. The ID is unique across ledgers.
 */
export function eventItem(event: FeedEvent): INodeExecutionData {
	const { row } = event;
	const submittedAt = row.keptSince ?? row.answeredAt;
	// When AIR was first asked and said so; without an active trigger, this may be long after it was
	// on-chain.
	const took =
		row.confirmedAt === null || submittedAt === null
			? null
			: Math.round((row.confirmedAt - submittedAt) / 100) / 10;
	const json: IDataObject = {
		eventId: `${event.ledgerId}-${event.id}`,
		event: NAMES[event.type],
		time: iso(event.at),
		way: row.way,
		coreClaimHash: row.way === 'direct' ? null : row.coreClaimHash,
		...(row.way === 'direct' ? ofDirect(row) : {}),
		email: row.recipient,
		...typeOf(row),
		reference: row.reference,
		state: row.state,
		vcId: row.vcId,
		vcStatus: event.type === 'status' ? event.threshold : row.vcStatus,
		submittedAt: iso(submittedAt),
		seenAt: iso(row.confirmedAt),
		secondsUntilSeen: took,
		delayedMinutes: event.type === 'delayed' ? Number(event.threshold) : null,
		ledgerRow: row.id,
		attempt: row.attempt,
		reason: row.reason,
		workflowId: row.workflowId,
		executionId: row.executionId === '' ? null : row.executionId,
	};
	return { json };
}
