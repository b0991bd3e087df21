import { row, type ErrorWords, type AirErrorRow } from './AirErrorRow';

const refused = (words: ErrorWords) => row('refused', false, words);
const unknown = (words: ErrorWords) => row('outcome-unknown', true, words);
const notSent = (words: ErrorWords) => row('not-sent', true, words);

export const JWKS_PLACE =
	'The JWKS URL is registered in the AIR dashboard under Accounts → General.';

/** What AIR, or something in front of it, answers. Whether AIR may have issued: `air/answers/mayHaveIssued.ts`. */
export const answerErrors = {
	AIR_BAD_REQUEST: refused({
		when: '400',
		title: 'AIR did not accept the data',
		advice:
			'Compare the credential subject with the schema of the issuance program (AIR dashboard, Issuer → Programs): every attribute needs the name and type of the schema, required ones must be there, and others must not. Numbers and yes/no values must not be text.',
	}),
	AIR_SUBJECT_HOLDER_ID: refused({
		when: '400 with must match format "uri"',
		title: 'AIR did not accept the id inside the credential subject',
		advice: 'Remove the attribute id from the credential subject: AIR fills in the holder itself.',
	}),
	AIR_FIELD_MISSING: refused({
		when: '400 that names a required field',
		title: 'A field that AIR requires is missing',
		advice:
			'Fill it in: issuerDid is the Issuer DID of the credential, credentialId is the Issuance Program. Any other name is an attribute of the schema and belongs in the credential subject.',
	}),
	AIR_EMAIL_REFUSED: refused({
		when: '400 with Invalid email address',
		title: 'AIR did not accept the e-mail address of the recipient',
		advice: 'Check the address for typos. AIR routes the credential by this address alone.',
	}),
	AIR_UNAUTHORIZED: refused({
		when: '401 without a further hint',
		title: 'AIR did not accept the Partner JWT',
		advice: `Check, in this order: Environment and Partner ID in the credential; that your JWKS URL is public, https and registered; that it holds the public half of this private key under the key ID (kid) of the credential; the clock of this machine. ${JWKS_PLACE}`,
	}),
	AIR_UNAUTHORIZED_NOT_REGISTERED: refused({
		when: '401 with Invalid x-partner-auth',
		title: 'AIR does not know how to check your Partner JWT',
		advice: `Register your JWKS URL, and compare Environment and Partner ID in the credential with the AIR dashboard: the sandbox and production have a partner ID each. Partners saw this before their JWKS URL was registered. ${JWKS_PLACE} AIR saves it only once a Privacy Policy URL is filled in too.`,
	}),
	AIR_UNAUTHORIZED_KID: refused({
		when: '401 with kid not found',
		title: 'Your JWKS has no key with this key ID (kid)',
		advice: `Compare Key ID in the credential (empty means the partner ID) with the kid in your JWKS. After a rotation, publish the new key first and use it only when caches have run out. ${JWKS_PLACE}`,
	}),
	AIR_UNAUTHORIZED_SIGNATURE: refused({
		when: '401 with Invalid signature or JWT verification failed',
		title: 'The signature does not fit the key in your JWKS',
		advice: `The JWKS publishes another key than the public half of this private key. Publish the right one under this kid, or paste the private key that belongs to it. ${JWKS_PLACE}`,
	}),
	AIR_UNAUTHORIZED_JWKS_UNREACHABLE: refused({
		when: '401 with JWKS endpoint unreachable',
		title: 'AIR cannot fetch your JWKS',
		advice: `Open your JWKS URL from outside of your network. It must be public and https, and answer AIR without a login, an interstitial page or an IP allow-list; localhost and tunnels that were restarted do not work. ${JWKS_PLACE}`,
	}),
	AIR_UNAUTHORIZED_EXPIRED: refused({
		when: '401 with Token expired',
		title: 'AIR says that the Partner JWT has expired',
		advice:
			'It was signed moments ago, so the clock of this machine is most likely wrong. Correct it (NTP).',
	}),
	AIR_UNAUTHORIZED_TYP: refused({
		when: '401 with Missing typ header',
		title: 'The Partner JWT reached AIR without its typ header',
		advice:
			'This package always sends typ "JWT", so something between n8n and AIR changes the header x-partner-auth. Check your proxy.',
	}),
	AIR_FORBIDDEN: refused({
		when: '403 without a further hint',
		title: 'AIR does not allow this',
		advice:
			'Either Issue on Behalf is not enabled for your partner account (AIR dashboard: Accounts → General, or Issuer → Advanced; where there is no such switch, ask the AIR team), or the issuer DID does not own the schema of this issuance program.',
	}),
	AIR_FORBIDDEN_FEATURE: refused({
		when: '403 with issueOnBehalf is not allowed, or Feature not enabled',
		title: 'Issue on Behalf is not enabled for your partner account',
		advice:
			'Your key and JWKS are fine. Switch the feature on in the AIR dashboard (Accounts → General, or Issuer → Advanced). If you cannot find the switch, ask the AIR team to enable Issue on Behalf for your partner ID.',
	}),
	AIR_FORBIDDEN_SCHEMA: refused({
		when: '403 with schema not allowed',
		title: 'The issuer DID may not issue this schema',
		advice:
			'The issuance program uses a schema that this issuer DID does not own. Compare Issuer DID in the credential with the one in the AIR dashboard (Accounts → General) and with the owner of the schema.',
	}),
	AIR_FORBIDDEN_GATEWAY: refused({
		when: '403 that is not AIR’s own; when issuing, the outcome is unknown',
		title: 'Something in front of AIR answered 403',
		advice:
			'A firewall, proxy or bot protection answered instead of AIR. Check the base URL in the credential and the way out of your network.',
	}),
	AIR_NOT_FOUND: refused({
		when: '404 by AIR itself when issuing',
		title: 'AIR does not know the issuer DID or the issuance program',
		advice:
			'Check both IDs, that the program is published (not a draft), and the environment: partner IDs, issuer DIDs and programs of the sandbox do not exist in production and the other way round. A schema ID or vcId is not a program ID.',
	}),
	AIR_PROGRAM_UNPUBLISHED: refused({
		when: '404 with Schema not found',
		title: 'The issuance program or its schema is not published',
		advice:
			'Publish the program in the AIR dashboard under Issuer → Programs; a draft cannot be issued. Check too that program and credential belong to the same environment (sandbox or production).',
	}),
	AIR_HASH_NOT_FOUND: refused({
		when: '404 by AIR itself when asking for a status',
		title: 'AIR knows no credential with this core claim hash',
		advice:
			'Check that the hash is complete and was issued in the environment of this credential (sandbox or production) by this partner. Right after issuing it can take some seconds until AIR knows it.',
	}),
	AIR_NOT_FOUND_FOREIGN: refused({
		when: '404, 405 or 410 that is not AIR’s own',
		title: 'There is no such AIR endpoint at this address',
		advice:
			'Check the base URL in the credential. If it is right, AIR may have withdrawn the endpoint: its newest documents no longer describe Issue on Behalf. Ask the AIR team, and see the known limitations in the documentation.',
	}),
	AIR_CONFLICT_CONSENT: refused({
		when: '409 naming consent only, or any 409 with Revoke and Reissue that does not name a duplicate only',
		title: 'The recipient has declined credentials from you',
		advice:
			'AIR reports a conflict, and with Revoke and Reissue a duplicate is not one, so the person most likely declined before. Ask the person: only they can change that, in their AIR account. Sending again does not help.',
	}),
	AIR_CONFLICT_DUPLICATE: refused({
		when: '409 naming a duplicate only',
		title: 'The recipient already holds such a credential',
		advice:
			'Nothing was changed, and with Keep Existing this is the expected answer to a repeat. If you meant another credential, compare the schemas: AIR may count per schema, not per program, so two programs that share one can collide.',
	}),
	AIR_CONFLICT_AMBIGUOUS: refused({
		when: '409 with Keep Existing that names both, or neither',
		title: 'The recipient already holds this credential, or has declined credentials from you',
		advice:
			'AIR uses one answer for both. Look the person up in the AIR dashboard (Issuer → Claim Records): if the credential is there, there is nothing to do; if not, the person declined, and only they can change that.',
	}),
	AIR_TOO_LARGE: refused({
		when: '413',
		title: 'The credential subject is too large for AIR',
		advice: 'Send fewer or shorter attributes.',
	}),
	AIR_REFUSED: refused({
		when: 'Any other 4xx by which AIR cannot have issued',
		title: 'AIR refused the request',
		advice:
			'This answer is not documented by AIR. Read its own words, check the base URL in the credential, and ask the AIR team.',
	}),
	AIR_REDIRECT: refused({
		when: '3xx. When issuing, only 301, 307 and 308 are sure to have issued nothing',
		title: 'The address redirects to somewhere else',
		advice:
			'Redirects are not followed, because they would carry the Partner JWT to another address. Put the final address into the credential as base URL.',
	}),
	AIR_RATE_LIMITED: notSent({
		when: '429',
		title: 'AIR asks to send fewer requests',
		advice:
			'AIR did not work on this request. Set Requests per Second in the options of the node to what AIR allows you, and try again later.',
	}),
	AIR_UNAVAILABLE: notSent({
		when: '503 with Retry-After; or nothing was sent, because AIR answered none of the previous requests',
		title: 'AIR is not available at the moment',
		advice: 'AIR did not work on this request. Try again later.',
	}),
	AIR_UNAVAILABLE_GATEWAY: unknown({
		when: '503 without Retry-After',
		title: 'AIR is not available at the moment (503)',
		advice: 'This was seen during outages of the AIR sandbox. If it stays, ask the AIR team.',
	}),
	AIR_SERVER_FAILURE: unknown({
		when: '500, 502, 504 or any other 5xx',
		title: 'AIR, or a gateway in front of it, failed while working on the request',
		advice: 'If it stays, ask the AIR team.',
	}),
	AIR_ANSWER_UNCLEAR: unknown({
		when: '408, 499 and every other status that leaves open whether AIR worked',
		title: 'The status of the answer does not say what AIR did',
		advice:
			'AIR documents no such answer, so it may come from a proxy or load balancer. Check the base URL in the credential and the way out of your network.',
	}),
	AIR_ANSWER_UNREADABLE: unknown({
		when: '2xx without a readable answer: HTML, empty, cut JSON, or no coreClaimHash',
		title: 'The answer of AIR cannot be read',
		advice:
			'Something other than AIR may answer at this address. Check the base URL in the credential.',
	}),
	AIR_ANSWER_ENCODING: unknown({
		when: '2xx, compressed in an unknown or broken way',
		title: 'The answer of AIR cannot be unpacked',
		advice:
			'No compression was asked for. Check the proxies and gateways between n8n and AIR: one of them compresses answers, or cuts them off.',
	}),
	AIR_ANSWER_ENVELOPE: unknown({
		when: '2xx with an error inside, {code, msg}',
		title: 'AIR answered with a success status, but its body says that it did not work',
		advice: 'Read its own words, and ask the AIR team if they do not help.',
	}),
} satisfies Record<string, AirErrorRow>;
