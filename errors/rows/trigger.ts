import { input, type AirErrorRow } from './AirErrorRow';

/** Errors of the trigger only (docs/trigger.md). */
export const triggerErrors = {
	AIR_TRIGGER_NEEDS_LEDGER: input({
		title: 'The trigger needs the issuance ledger',
		advice:
			'AIR cannot tell what was issued; the ledger can. Open the credential and set Issuance Ledger to Embedded, or to PostgreSQL in queue mode, for the nodes that issue and for this trigger.',
	}),
	AIR_TRIGGER_NO_EVENT: input({
		when: 'Fetch Test Event',
		title: 'There is no such event yet',
		advice:
			'Let a workflow issue with the Moca AIR credential that is chosen here, its ledger on, wait some seconds and fetch again. Look at Events and Filters, too: an event has to fit all of them. Stored, Expiring Soon and Expired tell of what was issued directly, Confirmed On-Chain and Delayed of what AIR issued on behalf.',
	}),
	AIR_TRIGGER_EVENTS_GONE: input({
		title: 'The ledger deleted events before this trigger saw them',
		advice:
			'The trigger was off for longer than Ledger Retention in the credential keeps finished issuances. What is still in the ledger is delivered; this is reported only once. Compare it with npx n8n-nodes-moca-air ledger list if you have to catch up.',
	}),
	AIR_TRIGGER_PAIR_UNKNOWN: input({
		when: 'Specific Issuances, for ten minutes',
		title: 'AIR knows no issuance with this hash for this e-mail address',
		advice:
			'Compare Core Claim Hash and Recipient Email under Issuances with the answer that AIR gave when it issued, capitals included. AIR may know an issuance only under the address that it was issued to. When you correct the pair, watching starts over. Other issuances are watched anyway; this one is asked about once an hour, and Not Usable is not told about it.',
	}),
	AIR_TRIGGER_PAIR_ADDRESS: input({
		when: 'Specific Issuances',
		title: 'An issuance that the trigger watches was made to another e-mail address',
		advice:
			'Correct Recipient Email under Issuances, or delete the pair. The ledger knows the right address, because it issued to it: npx n8n-nodes-moca-air ledger list shows it beside the hash. Other issuances are watched anyway; this one is not.',
	}),
	AIR_TRIGGER_NODE_ID: input({
		when: 'Only in workflows written by hand',
		title: 'Two triggers of this workflow have the same node ID',
		advice:
			'They would take events from each other. Delete one of them and add it again from the nodes panel, which gives it an ID of its own.',
	}),
} satisfies Record<string, AirErrorRow>;
