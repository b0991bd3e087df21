import { row, type AirErrorRow } from './AirErrorRow';

/** Failures of the ledger, and what it knows about an item. */
export const ledgerErrors = {
	AIR_ISSUED_UNKNOWN: row('outcome-unknown', false, {
		when: 'Under Revoke and Reissue',
		title: 'We do not know whether an earlier attempt issued this credential',
		advice:
			'It is not sent again, because under Revoke and Reissue that would destroy what the earlier attempt may have issued. Look the recipient up in the AIR dashboard (Issuer → Claim Records), then tell the ledger what you found: node Moca AIR, Ledger → Settle, or npx n8n-nodes-moca-air ledger settle. Then run the item again. All such rows: Ledger → Get Many with State Unknown, or ledger list --state unknown.',
	}),
	AIR_ISSUE_BUSY: row('not-sent', true, {
		when: 'For more than 30 seconds',
		title: 'Another execution is issuing this at the moment',
		advice:
			'Nothing was sent for this item. Try again in 2 minutes: by then the other attempt has ended, or is reported as unknown.',
	}),
	AIR_EVENT_ID_OTHER_RECIPIENT: row('input', false, {
		title: 'This event ID was already used for another recipient',
		advice:
			'One event issues to one person, and an address in other capitals counts as another person: look at the row with Ledger → Get, and spell it as the first time. Otherwise check which field Event ID reads: it must be unique for each event. Nothing was sent.',
	}),
	AIR_EVENT_ID_OTHER_SUBJECT: row('input', false, {
		title: 'This event ID was already used with another credential subject',
		advice:
			'A redelivered event has to bring the same claims. Values such as the current time change with each delivery: take the time of the event itself, or name the field in Ignore When Comparing. For a new event use its own ID. Nothing was sent.',
	}),
	AIR_ISSUED_NOT_STANDING: row('input', false, {
		when: 'With Recognize by Content: replaced, revoked or expired since',
		title: 'The same content was issued before, and no longer stands',
		advice:
			'It may be a late repeat, which must not undo what came after it, or a new occasion, which must be issued: content alone cannot tell. Set Repeats to Recognize by Event ID and give the ID of the event, or run the item once with Repeats set to Issue Every Time. Nothing was sent.',
	}),
	AIR_EVENT_ID_INVALID: row('input', false, {
		when: 'It or a part of it is empty, not text or number, a word such as undefined, over 500 characters, or a number with more digits than n8n keeps',
		title: 'The event ID is not valid',
		advice:
			'Event ID takes the sender’s own ID of the event, e.g. {{ $json.body.id }}. With a part missing, later events would count as repeats of this one. Find the field of the incoming item that holds the ID, and let the node read that field.',
	}),
	AIR_LEDGER_OFF: row('input', false, {
		title: 'There is nothing to look at: the issuance ledger is off in this credential',
		advice:
			'With Issuance Ledger set to Off nothing is remembered. Open the credential and set it to Embedded, or to PostgreSQL in queue mode; what is issued from then on can be looked at, settled and erased here.',
	}),
	AIR_LEDGER_ROW_MISSING: row('input', false, {
		title: 'The ledger has no such row for this credential',
		advice:
			'Look for it with Ledger → Get Many. Rows belong to base URL and partner ID together, so take the credential that issued it. Retention or an erasure may have removed it.',
	}),
	AIR_LEDGER_NOT_FOR_TOOLS: row('input', false, {
		title: 'AI agents may not settle or erase',
		advice:
			'A model cannot look into the AIR dashboard, and can be talked into anything. Let a person decide: put Moca AIR behind an n8n Form in a workflow of its own. Agents may use Get Many, Get and Summary.',
	}),
	AIR_SETTLE_KNOWN: row('input', false, {
		title: 'The outcome of this row is known already',
		advice:
			'Look at it with Ledger → Get: the answer of AIR may have arrived late, or somebody else has settled it. Nothing was changed.',
	}),
	AIR_SETTLE_OVERTAKEN: row('input', false, {
		when: 'Settle with Attempt',
		title: 'It was sent again since somebody looked, and is unknown again',
		advice:
			'Nothing was changed. Look the recipient up in the AIR dashboard once more, then settle it with the number of the present attempt.',
	}),
	AIR_SETTLE_BUSY: row('not-sent', true, {
		when: 'Settle',
		title: 'An attempt to issue this is under way',
		advice:
			'Nothing was changed. Try again when it has ended: then its outcome is known, or can be settled.',
	}),
	AIR_ERASE_BUSY: row('not-sent', true, {
		when: 'Erase Person, after waiting 10 seconds',
		title: 'An attempt to issue to this person is under way',
		advice:
			'If the row were erased now, AIR’s answer could not be recorded. Try again when the attempt has ended.',
	}),
	AIR_LEDGER_DRIVER_MISSING: row('not-sent', false, {
		when: 'node:sqlite (Node before 22.13) or pg is missing',
		title: 'The issuance ledger cannot be loaded',
		advice:
			'Run n8n on Node 22.19 or newer and install the package again, or choose another Issuance Ledger in the credential. Nothing was sent.',
	}),
	AIR_LEDGER_QUEUE_MODE: row('not-sent', false, {
		title: 'The embedded ledger cannot be used in queue mode',
		advice:
			'Main and workers need one ledger between them. Open the credential, set Issuance Ledger to PostgreSQL and give it a connection URL; the database of n8n will do. Nothing was sent.',
	}),
	AIR_LEDGER_SETTINGS: row('not-sent', false, {
		when: 'Not a PostgreSQL URL',
		title: 'The settings of the issuance ledger are not valid',
		advice:
			'Open the credential. Connection URL looks like postgresql://user:password@host:5432/database?sslmode=require; percent-encode @ : / # ? % in the password. Nothing was sent.',
	}),
	AIR_LEDGER_UNAVAILABLE: row('not-sent', true, {
		when: 'Refused, wrong password, no such database, damaged file',
		title: 'The issuance ledger cannot be reached',
		advice:
			'Without it a repeat could issue twice, so nothing was sent. Check that the database runs and that the connection URL in the credential is right, or that the disk with the folder .n8n/moca-air works.',
	}),
	AIR_LEDGER_LOST: row('not-sent', false, {
		when: 'The file is missing or empty',
		title: 'The issuance ledger that was here is lost',
		advice:
			'What was issued before is forgotten without it, and a repeat could issue twice, so nothing was sent. Look for a restore that went wrong or a volume that is not mounted.',
	}),
	AIR_LEDGER_LOCKED: row('not-sent', true, {
		when: 'For more than 10 seconds',
		title: 'The issuance ledger is busy',
		advice:
			'Another process holds it for too long. Try again; if it stays, look for a backup or a shell that has the database open. Nothing was sent.',
	}),
	AIR_LEDGER_NOT_WRITABLE: row('not-sent', false, {
		when: 'Disk full, read-only, no permission',
		title: 'The issuance ledger cannot be written',
		advice:
			'Without it a repeat could issue twice, so nothing was sent. Check the free space, and that the folder .n8n/moca-air and the files in it belong to the user that n8n runs as; or that the database takes writes.',
	}),
	AIR_LEDGER_MOVED: row('not-sent', false, {
		title: 'The embedded ledger was moved to PostgreSQL',
		advice:
			'Continuing with the old file could issue twice. Open the credential, set Issuance Ledger to PostgreSQL and give the connection URL that the rows were moved to. If the move broke off, run npx n8n-nodes-moca-air ledger move once more. Nothing was sent.',
	}),
	AIR_LEDGER_TOO_NEW: row('not-sent', false, {
		title: 'The issuance ledger belongs to a newer version of this package',
		advice: 'Install the newest n8n-nodes-moca-air on this n8n, too. Nothing was sent.',
	}),
} satisfies Record<string, AirErrorRow>;
