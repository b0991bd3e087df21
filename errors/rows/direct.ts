import { input, row, type ErrorWords, type AirErrorRow } from './AirErrorRow';

const refused = (words: ErrorWords) => row('refused', false, words);
const notSent = (retryable: boolean, words: ErrorWords) => row('not-sent', retryable, words);

const ACCOUNT_HOST = 'The call goes to the account host of AIR, which is not the base URL.';

/** Errors of direct issuance only: the credential that is signed here, the account, the store. */
export const directErrors = {
	AIR_DIRECT_CLAIM_RESERVED: input({
		when: 'iss, sub, exp, cnf and the like at the first level, _sd or ... at any depth, or email as a claim that everybody sees',
		title: 'A claim has a name that is reserved',
		advice:
			'Rename the claim that is named here. A value under a reserved name is read as part of the signed credential itself, and could make it say something that you did not mean. A claim named email has to be disclosable, so that nobody can use the credential as a Partner JWT.',
	}),
	AIR_DIRECT_DISCLOSURE_INVALID: input({
		when: 'A name in it fits no claim, or two',
		title: 'The list of disclosable claims does not fit the claims',
		advice:
			'Compare the list with the claims. Use the name of a claim, or object.name for one inside an object. A name that fits nothing is refused, because the claim that was meant would be visible to everybody.',
	}),
	AIR_DIRECT_EXPIRY_INVALID: input({
		when: 'In the past, after the year 9999, or not a whole number of seconds',
		title: 'The expiry of the credential is not valid',
		advice:
			'Set Expires to After Days with a number of days, or to At a Date with a date in the future, such as 2027-12-31. A credential that is issued directly always expires.',
	}),
	AIR_DIRECT_DID_INVALID: input({
		title: 'The issuer DID of direct issuance is not valid',
		advice:
			'Set Issuer Host or DID in the credential to the host that publishes your did.json, such as issuer.example.com, or to its DID: did:web:example.com, or did:web:example.com:path for a document at https://example.com/path/did.json, with the host in lower case, a port as %3A8443, and no test webhook. The DID in the AIR dashboard (Issuer → Settings) must be exactly the same text.',
	}),
	AIR_ACCOUNT_URL_INVALID: input({
		when: 'Empty while Environment is Custom URL, or with a path, a user name, a query or a fragment',
		title: 'Account URL is not valid',
		advice:
			'Open the credential. With the environment Custom URL, direct issuance needs the host that looks up accounts, which is not the base URL: https://air.api.sandbox.air3.com for the sandbox, or the address of your emulator.',
	}),
	AIR_DIRECT_KID_INVALID: input({
		title: 'The Key ID (kid) cannot be used for direct issuance',
		advice:
			'Use letters, digits, dots, dashes, underscores, colons and tildes only, 255 at most: the kid becomes the end of the address under which verifiers look for your key. Publish the key under the new kid before you use it.',
	}),
	AIR_DIRECT_TOO_LARGE: input({
		when: 'Over 64 KiB, sealed',
		title: 'The credential is too large',
		advice: 'Use fewer or shorter claims; put a link in place of a picture.',
	}),

	AIR_DIRECT_NOT_SET_UP: input({
		title: 'Direct issuance is not set up in the credential',
		advice:
			'Open the credential and fill in Issuer Host or DID: the host at which your did.json is published. Run Moca AIR with the operation Check Setup after that.',
	}),
	AIR_DIRECT_SCHEMA_INVALID: input({
		when: 'Empty, or with characters that no ID has',
		title: 'The Schema ID is not valid',
		advice:
			'Copy it from the AIR dashboard (Issuer → Schemas). It is neither the name of the type (vct) nor a program ID.',
	}),
	AIR_DIRECT_TYPE_INVALID: input({
		when: 'Empty, too long, with spaces, or not ASCII',
		title: 'The Credential Type is not valid',
		advice:
			'Copy the name of the type (vct) from the AIR dashboard (Issuer → Schemas), exactly as it is there: verifiers compare it character by character.',
	}),
	AIR_DIRECT_NEEDS_LEDGER: input({
		title: 'This needs the issuance ledger, which is off',
		advice:
			'Open the credential and choose another Issuance Ledger: the ledger has to remember what the person holds and what was revoked. Nothing was sent.',
	}),
	AIR_DIRECT_EARLIER_UNKNOWN: notSent(false, {
		when: 'If the Person Has One is Keep or Reissue',
		title: 'An earlier credential of this type for this person may or may not have been stored',
		advice:
			'Run that item again, which is safe: the very same bytes are sent. If that brings no answer, use Ledger → Settle. Then run this one. Or set If the Person Has One to Issue Another, if two do no harm. Nothing was sent for this item.',
	}),
	AIR_DIRECT_OTHER_ACCOUNT: {
		kind: 'outcome-unknown',
		retryable: false,
		title: 'This address now belongs to another AIR account than when the credential was sealed',
		advice:
			'The first credential may have been stored for the earlier account, so it is not issued to another account for the same event. Ask the person whether both accounts are theirs. If so, run it under a new event ID.',
	},
	AIR_DIRECT_REPLACED: {
		kind: 'outcome-unknown',
		retryable: false,
		title: 'AIR stored a credential that has been revoked since',
		advice:
			'Another one has replaced it, or somebody has revoked it. Run the item again: it reports what became of the credential, or sends the replacement again. Nothing is issued twice.',
	},
	AIR_KEY_NOT_PROVEN: notSent(true, {
		when: 'AIR answers a token of this key as it answers one of any other key',
		title: 'It cannot be determined whether AIR accepts this private key',
		advice:
			'AIR answers this key in the same way as an unknown one, so nothing is written to the ledger or shown from it. Something in front of AIR may answer in its place: check the environment or base URL in the credential. If both are right, ask the AIR team; until then the credential can be used with Issuance Ledger set to Off. Nothing was sent.',
	}),

	AIR_ACCOUNT_BAD_REQUEST: refused({
		when: '400 by the account host',
		title: 'AIR did not accept the look-up of this person’s account',
		advice:
			'Read its own words. Check the address of the recipient, and the partner ID in the credential. Nothing was issued.',
	}),
	AIR_ACCOUNT_FORBIDDEN: refused({
		when: '403 by the account host',
		title: 'AIR does not let you look up or create this person’s account',
		advice:
			'Ask the AIR team whether direct issuance is enabled for your partner ID, and compare the environment: a partner ID of the sandbox does not exist in production. Nothing was issued.',
	}),
	AIR_ACCOUNT_NO_ENDPOINT: refused({
		when: '404, 405 or 410 by the account host',
		title: 'There is no account endpoint of AIR at this address',
		advice: `Check the environment, or Account URL, in the credential. ${ACCOUNT_HOST} Nothing was issued.`,
	}),
	AIR_ACCOUNT_UNREADABLE: notSent(true, {
		when: '2xx by the account host',
		title: 'The account of this person cannot be read from the answer',
		advice: `Something other than AIR may answer at this address. Check Account URL in the credential. ${ACCOUNT_HOST} Nothing was issued.`,
	}),
	AIR_ACCOUNT_INCOMPLETE: notSent(true, {
		title: 'The account of this person is not ready to receive a credential',
		advice:
			'AIR knows the account, but has no DID or no encryption key for it yet. Try again later; if it stays, ask the AIR team. Nothing was issued.',
	}),
	AIR_HOLDER_KEY_INVALID: notSent(false, {
		when: 'Not an X25519 key in the form that AIR documents',
		title: 'The encryption key of this person cannot be used',
		advice:
			'Ask the AIR team: without a good key the person could never open the credential. Check Account URL in the credential, if it is a custom one. Nothing was issued.',
	}),
	AIR_HOLDER_BINDING_INVALID: notSent(false, {
		when: 'Not a P-256 key',
		title: 'The signing key of this person cannot be used',
		advice:
			'Ask the AIR team: nobody could show a credential that is bound to a broken key. Nothing was issued.',
	}),
	AIR_HOLDER_UNBOUND: notSent(false, {
		title: 'This person has no signing key yet, so the credential cannot be bound to them',
		advice:
			'Ask the person to log in to AIR once, and run it again. Or switch on the option Unbound, if anybody who gets hold of the credential may show it as their own. Nothing was issued.',
	}),

	AIR_STATUS_OF_DIRECT: input({
		when: 'Get Issuance Status, with a storagePath that the ledger does not know',
		title: 'AIR has no status for what was issued directly',
		advice:
			'AIR gives a storagePath and tells nothing more. What the ledger knows is shown only for what was issued with this partner ID, and not with Issuance Ledger set to Off. To see whether a credential opens, look into the AIR account of the person.',
	}),

	AIR_STORE_BAD_REQUEST: refused({
		when: '400 when storing',
		title: 'AIR did not accept the sealed credential',
		advice:
			'Read its own words, and compare the schema ID with the AIR dashboard (Issuer → Schemas): it is neither the name of the type (vct) nor a program ID. AIR cannot read the claims, so they are not what it objects to.',
	}),
	AIR_STORE_FORBIDDEN: refused({
		when: '403 when storing',
		title: 'AIR does not let you store credentials of this schema',
		advice:
			'Compare the schema ID with the AIR dashboard (Issuer → Schemas): it has to be published and your own. If it is, ask the AIR team whether direct issuance is enabled for your partner ID.',
	}),
	AIR_STORE_HOLDER_UNKNOWN: refused({
		when: '404 when storing',
		title: 'AIR does not know the person to whom the credential is sealed',
		advice:
			'The account may have been deleted and created again since it was looked up. Run the item again: the account is looked up once more. Nothing was stored.',
	}),
	AIR_STORE_NOT_FOUND: refused({
		when: '404 when storing',
		title: 'AIR does not know the issuer, the schema or its program',
		advice:
			'Check in the AIR dashboard that the issuer DID is registered (Issuer → Settings), that the schema is published (Issuer → Schemas) and that a program uses it (Issuer → Programs), all in the environment of this credential. Nothing was stored.',
	}),
	AIR_STORE_NO_ENDPOINT: refused({
		when: '404, 405 or 410 that is not AIR’s own',
		title: 'There is no endpoint for sealed credentials at this address',
		advice:
			'Check the environment, or the base URL, in the credential: it ends in /v1. Nothing was stored.',
	}),
	AIR_STORE_CONFLICT: refused({
		when: '409 when storing',
		title: 'The person already has such a credential, or has declined credentials from you',
		advice:
			'AIR uses one answer for both. Look the person up in the AIR dashboard (Issuer → Claim Records): if the credential is there, there is nothing to do; if not, the person declined, and only they can change that, in their AIR account.',
	}),
	AIR_STORE_NO_PATH: {
		kind: 'outcome-unknown',
		retryable: true,
		when: '2xx without a storagePath',
		title: 'AIR did not say where it has stored the credential',
		advice:
			'Something other than AIR may answer at this address. Check the base URL in the credential.',
	},
} satisfies Record<string, AirErrorRow>;
