/** A body of a given size, made while it is sent, so that a huge one costs no memory. */
export interface Filler {
	readonly bytes: number;
}

export interface Answer {
	status: number;
	headers: Record<string, string>;
	body: string | Buffer | Filler;
}

/**
 * AIR's own words. `openapi` marks the message examples of the OpenAPI file behind "Issue on Behalf
 * API" and "Get Credential Status" (docs.moca.network, Apr–Jul 2026); `common errors` those of the
 * page of that name; `seen` those that partners reported from the sandbox in May 2026.
 */
export const MESSAGES = {
	/** openapi, 401 of issue-on-behalf */
	issueUnauthorized: 'Invalid or expired Partner JWT, or JWKS mismatch.',
	/** openapi, 401 of status */
	statusUnauthorized: 'Invalid or expired Partner JWT.',
	/** seen: before a JWKS URL was registered */
	invalidPartnerAuth: 'Invalid x-partner-auth',
	/** common errors */
	verificationFailed: 'JWT verification failed',
	invalidSignature: 'Invalid signature',
	tokenExpired: 'Token expired',
	jwksUnreachable: 'JWKS endpoint unreachable',
	kidNotFound: 'kid not found',
	missingTyp: 'Missing typ header',
	/** seen: authenticated, but the account's feature was off */
	notAllowed: 'issueOnBehalf is not allowed',
	/** openapi, 403 */
	schemaNotAllowed: 'Feature not enabled or schema not allowed for this partner.',
	/** openapi, 404 of issue-on-behalf */
	unknownProgram: 'Unknown issuer DID or issuance program.',
	/** docs "Credential issues": the answer for a program that is still a draft */
	schemaNotFound: 'Schema not found',
	/** openapi, 409 */
	conflict: 'Consent rejected by user or duplicate conflict.',
	/** openapi, 404 of status */
	unknownHash: 'No credential found for the given hash.',
	/** openapi, 500 */
	serverFailure: 'Server-side failure. Retry with exponential backoff.',
	/** seen on AIR's initialize-user; we guess that issue-on-behalf says the same */
	invalidEmail: 'Invalid email address',
	/** official AI skill, troubleshooting: AIR fills in `credentialSubject.id` */
	subjectId: 'Error create w3c credential must match format "uri"',
	/** the error table of direct issuance has 404 for an unknown user, without words: these are ours */
	unknownUser: 'Unknown user.',
	/** the common-errors page names the status 429, but no message */
	tooManyRequests: 'Too many requests',
} as const;

/** Why a request is refused: `message` is what AIR says, `reason` what the record says. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		message: string,
		readonly reason: string = message,
	) {
		super(message);
	}
}

export function json(status: number, value: unknown): Answer {
	return {
		status,
		headers: { 'content-type': 'application/json; charset=utf-8' },
		body: JSON.stringify(value),
	};
}

/** AIR's documented error shape (openapi schema of both endpoints). */
export function airError(status: number, message: string): Answer {
	return json(status, { error: status, message });
}

/** What a gateway in front of AIR might say: deliberately without AIR's `error` member. */
export function gatewayError(status: number, message: string): Answer {
	return json(status, { message });
}
