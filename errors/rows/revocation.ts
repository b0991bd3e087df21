import { input, row, type ErrorWords, type AirErrorRow } from './AirErrorRow';

const notYet = (words: ErrorWords) => row('not-sent', true, words);

/** Revoking what was issued directly, and serving what verifiers ask about it. */
export const revocationErrors = {
	AIR_STATUS_LIST_INVALID: input({
		when: 'It has another form, or another signature',
		title: 'This is not a status list of this issuer',
		advice:
			'Make it again with Get Public Documents of Moca AIR, and publish it as it is, as application/statuslist+jwt. If it was signed by an earlier key, put that key into Further Public Keys of the credential.',
	}),
	AIR_STATUS_LIST_URL_INVALID: input({
		when: 'Not https, with a user name or a fragment, or a test webhook',
		title: 'The Status List URL is not valid',
		advice:
			'Open the credential, and fill in the folder at which your status lists are, such as https://issuer.example.com/status-lists; for lists that Moca AIR JWKS Trigger serves, its production URL that ends in /status-list, and ?id= behind it. It has to be public, and must not change: each credential names it.',
	}),
	AIR_STATUS_LIST_UNREACHABLE: input({
		title: 'Verifiers cannot fetch your status list',
		advice:
			'Verifiers refuse every credential of a list that they cannot fetch. Publish the list at exactly this address: with Serve Revocations of Moca AIR JWKS Trigger, or as a file that Get Public Documents of Moca AIR makes. If Status List URL of the credential was changed, the old address must keep answering, too.',
	}),
	AIR_STATUS_LIST_TYPE: input({
		title: 'Your status list has a content type that verifiers refuse',
		advice:
			'Make its host send application/statuslist+jwt, without a charset: docs/revoke.md shows how to set it for nginx.',
	}),
	AIR_STATUS_LIST_SHORT: input({
		title: 'Your status list is too short for its credentials',
		advice:
			'It is the list of another ledger, or was cut off. Verifiers refuse the credentials that it does not reach. Make it again with Get Public Documents of Moca AIR, and publish it as it is.',
	}),
	AIR_STATUS_LIST_STALE: input({
		title: 'Your status list does not show everything that was revoked',
		advice:
			'Until it does, verifiers accept credentials that you have revoked. Publish it again: Get Public Documents of Moca AIR makes it. Where n8n serves it, something in front of n8n keeps an older copy: wait until that copy expires, an hour at most, and check again.',
	}),
	AIR_KEY_NOT_PUBLISHED: input({
		title: 'Your did.json lacks a key that valid credentials need',
		advice:
			'Nobody can check them. Put its public half back into Further Public Keys of the credential, under the same kid, and publish the documents of Get Public Documents of Moca AIR. If these credentials are given up, say so with Moca AIR → Setup → Unpublish Key.',
	}),
	AIR_KEY_ID_TAKEN: input({
		when: 'The private key was changed, and Key ID was not',
		title: 'Valid credentials need another key under this Key ID',
		advice:
			'Documents publish one key under a Key ID, so nobody could check those credentials any more. Give the new key a Key ID of its own and publish it; put the old public key into Further Public Keys of the credential, under the old Key ID. To give up what the old key has signed: Moca AIR → Setup → Unpublish Key, or the command npx n8n-nodes-moca-air unpublish-key. Nothing was issued.',
	}),
	AIR_KEY_STILL_NEEDED: input({
		when: 'The key is in neither Key ID nor Further Public Keys, or the number to give up is another one',
		title: 'Credentials that this key has signed are still valid',
		advice:
			'Nobody could check them without it. Put its public half into Further Public Keys of the credential until the last of them has expired, or issue them again. To give them up: Moca AIR → Setup → Unpublish Key, or the command npx n8n-nodes-moca-air unpublish-key, with their number as it is shown here.',
	}),
	AIR_REVOKE_NOT_KEPT: input({
		when: 'Issued on behalf, with Revocable or the ledger off, or expired and forgotten',
		title: 'This cannot be revoked',
		advice:
			'Only what was issued directly and revocably is revoked here, until it expires. For what AIR issued on your behalf, use the AIR dashboard, or issue again with On Duplicate set to Revoke and Reissue.',
	}),
	AIR_REVOKE_NEVER_STORED: input({
		title: 'This was never stored, so there is nothing to revoke',
		advice:
			'Look at the row with Moca AIR → Ledger → Get: its reason says why AIR refused it. Nothing was changed.',
	}),
	AIR_REVOKE_MISSING: input({
		title: 'The issuance ledger knows no such credential',
		advice:
			'Compare the ID, and the credential of the node: another partner ID or environment has rows of its own. If the person was erased from the ledger, revoke by Revocation Number, which is in the item that was issued. What AIR issued on your behalf is revoked in the AIR dashboard. Nothing was changed.',
	}),
	AIR_REVOKE_BUSY: notYet({
		title: 'This credential is being sent at this moment',
		advice: 'Run it again in a few minutes: its outcome is known by then. Nothing was changed.',
	}),
} satisfies Record<string, AirErrorRow>;
