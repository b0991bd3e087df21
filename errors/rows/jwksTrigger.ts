import { input, type AirErrorRow } from './AirErrorRow';

/** Errors that keep Moca AIR JWKS Trigger from serving. */
export const jwksTriggerErrors = {
	AIR_JWKS_PATH_INVALID: input({
		title: 'The path of the JWKS is not valid',
		advice:
			'Use letters, digits, dots, dashes and underscores, with slashes between them, e.g. my-company/.well-known/jwks.json. Or leave Path empty.',
	}),
	AIR_JWKS_PATH_NOT_FIXED: input({
		when: 'A workflow made by hand or by a program, without a webhookId',
		title: 'The JWKS would be served at another address than Path says',
		advice:
			'Open the workflow in the editor, delete the node, add it again, and save. The new node has the webhook ID that n8n needs for a fixed path.',
	}),
	AIR_JWKS_NO_DID: input({
		when: 'Serve Issuer Documents is on, and the credential names no issuer',
		title: 'No issuer DID fits the address of this node',
		advice:
			'An issuer DID needs n8n at an https address with a host name, and a Path of letters, digits, dots, dashes and underscores. If a proxy is in front of n8n, fill in Issuer Host or DID in the credential, or let the operator tell n8n its address (WEBHOOK_URL). To serve the JWKS alone, switch Serve Issuer Documents off.',
	}),
	AIR_JWKS_OTHER_PARTNER: input({
		title: 'The path and the credential name different partner IDs',
		advice:
			'Put the partner ID of the credential into Path, or choose the credential of this partner. Path may also stay empty.',
	}),
} satisfies Record<string, AirErrorRow>;
