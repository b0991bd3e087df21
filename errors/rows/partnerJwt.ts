import { input, type AirErrorRow } from './AirErrorRow';

/** Requests that Moca AIR refuses, mostly for a Partner JWT (docs/moca-air.md). */
export const partnerJwtErrors = {
	AIR_TOKENS_NOT_ALLOWED: input({
		title: 'This credential does not hand out Partner JWTs',
		advice:
			'Anyone who has one can act for the partner without n8n, so its owner has to agree: open the credential and switch on Allow Handing Out Tokens. To issue, Moca AIR Issue on Behalf needs no such token.',
	}),
	AIR_TOKENS_NOT_FOR_TOOLS: input({
		title: 'Partner JWTs are not given to AI agents',
		advice:
			'An agent could pass it on to anybody. Let a workflow create it where it is needed; as a tool, set Operation to Check Setup.',
	}),
	AIR_ADDRESS_INVALID: input({
		title: 'The e-mail address is not valid',
		advice:
			'The field Email, or Your Own Email, takes one address, e.g. name@example.com. If it is an expression, check which field of the incoming item it reads.',
	}),
	AIR_CLAIMS_INVALID: input({
		when: 'Not an object, too large, or with a claim that the node sets',
		title: 'The extra claims are not valid',
		advice:
			'Extra Claims takes an object, e.g. {"aud": "https://api.example.com"}, without partnerId, scope, email, iat, exp and nbf: use the fields of the node for these.',
	}),
	AIR_SCOPE_INVALID: input({
		when: 'Empty, too long, or with characters that cannot be seen',
		title: 'The custom scope is not valid',
		advice: 'Fill in the scope as the documentation of the AIR endpoint writes it, or use None.',
	}),
} satisfies Record<string, AirErrorRow>;
