import type { AirErrorRow } from './AirErrorRow';

type Words = Omit<AirErrorRow, 'kind' | 'retryable'>;

const input = (words: Words) => ({ ...words, kind: 'input', retryable: false }) as const;
const notYet = (words: Words) => ({ ...words, kind: 'not-sent', retryable: true }) as const;

/** Revoking what was issued directly, and serving what verifiers ask about it. */
export const revocationErrors = {
	AIR_STATUS_LIST_INVALID: input({
		when: 'A status list that was fetched or given is not one, has another form, or another signature',
		title: 'This is not a status list of this issuer',
		advice:
			'Make it again with Get Public Documents of Moca AIR, and publish it as it is, as application/statuslist+jwt. If it was signed by an earlier key, put that key into Further Public Keys of the credential.',
	}),
	AIR_STATUS_LIST_URL_INVALID: input({
		when: 'Status List URL of the credential is not an https address, or holds a user name or a fragment, or is a test webhook',
		title: 'The Status List URL is not valid',
		advice:
			'Open the credential, and fill in the folder at which your status lists are, such as https://issuer.example.com/status-lists; for lists that Moca AIR JWKS Trigger serves, its production URL that ends in /status-list, and ?id= behind it. It has to be public, and must not change: each credential names it.',
	}),
	AIR_REVOKE_NOT_KEPT: input({
		when: 'It was issued on behalf, with Revocable set to Off or with the ledger off, or has expired and was forgotten',
		title: 'This cannot be revoked',
		advice:
			'Only what was issued directly and revocably is revoked here, until it expires. For what AIR issued on your behalf, use the AIR dashboard, or issue again with On Duplicate set to Revoke and Reissue.',
	}),
	AIR_REVOKE_NEVER_STORED: input({
		when: 'AIR refused it, so nobody holds it',
		title: 'This was never stored, so there is nothing to revoke',
		advice:
			'Look at the row with Moca AIR → Ledger → Get: its reason says what AIR has refused. Nothing was changed.',
	}),
	AIR_REVOKE_MISSING: input({
		when: 'The ledger knows nothing by this ID or number in the realm of the credential',
		title: 'The issuance ledger knows no such credential',
		advice:
			'Compare the ID, and the credential of the node: another partner ID or environment has rows of its own. If the person was erased from the ledger, revoke by Revocation Number, which is in the item that was issued. Nothing was changed.',
	}),
	AIR_REVOKE_BUSY: notYet({
		when: 'It is being sent at this moment',
		title: 'This credential is being sent at this moment',
		advice:
			'Run it again in two minutes: what becomes of it is known by then. Nothing was changed.',
	}),
} satisfies Record<string, AirErrorRow>;
