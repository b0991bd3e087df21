import { createHmac, randomBytes, randomUUID } from 'node:crypto';

/**
 * The events of the examples' providers, in their documented shapes, for people and times of
 * ours. Bodies have spaces and non-ASCII letters, so that only a signature over the raw bytes is
 * right.
 */
export interface Delivery {
	readonly body: string;
	readonly headers: Record<string, string>;
}

/** A KYC provider's findings about a person. */
export interface Review {
	/** The ID of our own user. */
	readonly userId: string;
	/** The time of the decision. */
	readonly at: Date;
	readonly outcome?: 'approved' | 'refused' | 'undecided';
	/** Null if the provider does not know it. */
	readonly email?: string | null;
	readonly sandbox?: boolean;
}

/** How a KYC provider delivers its findings. */
export interface KycProvider {
	/** The provider's name in the example’s file name and in the claim `kycProvider`. */
	readonly name: string;
	readonly path: string;
	/** The name of the example’s webhook node. */
	readonly webhook: string;
	/** Whether the webhook contains the e-mail address; otherwise it is looked up by user. */
	readonly knowsEmail: boolean;
	/** Whether events of the sandbox say so, or are just signed with another secret. */
	readonly marksSandbox: boolean;
	/** Makes an event, without sending it. */
	event(review: Review): object;
	/** @param sentAt - differs with each delivery of the same event */
	deliver(event: object, secret: string, sentAt: Date): Delivery;
}

/** A signing secret, new in each run. */
export const makeSecret = () => randomBytes(24).toString('hex');

const hmac = (secret: string, text: string) =>
	createHmac('sha256', secret).update(text).digest('hex');

const written = (event: object) => JSON.stringify({ ...event, note: 'Zoë – verified ✓' }, null, 2);

const json = (headers: Record<string, string>) => ({
	'content-type': 'application/json',
	...headers,
});

/**
 * `applicantReviewed`: docs.sumsub.com, “User verification webhooks”; the signature: “Webhook
 * manager”, `X-Payload-Digest` over the raw body.
 */
export const sumsub: KycProvider = {
	name: 'sumsub',
	path: 'sumsub-review',
	webhook: 'Sumsub Webhook',
	knowsEmail: false,
	marksSandbox: true,
	event: ({ userId, at, outcome = 'approved', sandbox = false }) => ({
		applicantId: `applicant-of-${userId}`,
		inspectionId: randomUUID(),
		applicantType: 'individual',
		correlationId: randomUUID(),
		levelName: 'basic-kyc-level',
		sandboxMode: sandbox,
		externalUserId: userId,
		type: outcome === 'undecided' ? 'applicantPending' : 'applicantReviewed',
		...(outcome === 'undecided'
			? { reviewStatus: 'pending' }
			: {
					reviewResult:
						outcome === 'approved'
							? { reviewAnswer: 'GREEN' }
							: {
									reviewAnswer: 'RED',
									rejectLabels: ['UNSATISFACTORY_PHOTOS'],
									reviewRejectType: 'RETRY',
								},
					reviewStatus: 'completed',
				}),
		createdAt: at.toISOString().replace('T', ' ').replace(/\..*/, '+0000'),
		createdAtMs: at.toISOString().replace('T', ' ').replace('Z', ''),
		clientId: 'host-test',
	}),
	deliver: (event, secret) => {
		const body = written(event);
		return {
			body,
			headers: json({
				'x-payload-digest-alg': 'HMAC_SHA256_HEX',
				'x-payload-digest': hmac(secret, body),
			}),
		};
	},
};

const PERSONA_EVENTS = {
	approved: 'inquiry.approved',
	refused: 'inquiry.declined',
	undecided: 'inquiry.started',
};

/**
 * `inquiry.*`: docs.withpersona.com, “Webhooks”; the signature: “Best practices”, `t` and `v1` over
 * time, dot and raw body, and two of them, separated by a space, while a secret is rotated.
 */
export const persona: KycProvider = {
	name: 'persona',
	path: 'persona-inquiry',
	webhook: 'Persona Webhook',
	knowsEmail: true,
	marksSandbox: false,
	event: ({ userId, at, outcome = 'approved', email = `${userId}@example.com` }) => ({
		data: {
			type: 'event',
			id: `evt_${randomUUID()}`,
			attributes: {
				name: PERSONA_EVENTS[outcome],
				'created-at': at.toISOString(),
				payload: {
					data: {
						type: 'inquiry',
						id: `inq_of_${userId}`,
						attributes: {
							status: outcome === 'refused' ? 'declined' : outcome,
							'reference-id': userId,
							fields: {
								...(email === null ? {} : { 'email-address': { type: 'string', value: email } }),
								birthdate: { type: 'date', value: '1990-12-10' },
								'selected-country-code': { type: 'string', value: 'GB' },
							},
						},
					},
				},
			},
		},
	}),
	deliver: (event, secret, sentAt) => {
		const body = written(event);
		const seconds = String(Math.floor(sentAt.getTime() / 1000));
		const signed = (key: string) => `t=${seconds},v1=${hmac(key, `${seconds}.${body}`)}`;
		const headers = { 'persona-signature': `${signed(makeSecret())} ${signed(secret)}` };
		return { body, headers: json(headers) };
	},
};

/**
 * The decision webhook: devdocs.veriff.com, “Decision webhook”; the signature: “HMAC authentication
 * and endpoint security”, `x-hmac-signature` over the raw body with the integration’s shared secret.
 */
export const veriff: KycProvider = {
	name: 'veriff',
	path: 'veriff-decision',
	webhook: 'Veriff Webhook',
	knowsEmail: false,
	marksSandbox: false,
	event: ({ userId, at, outcome = 'approved' }) => ({
		status: 'success',
		verification: {
			id: `session-of-${userId}`,
			attemptId: randomUUID(),
			vendorData: userId,
			endUserId: null,
			...{
				approved: { status: 'approved', code: 9001 },
				refused: { status: 'declined', code: 9102 },
				undecided: { status: 'resubmission_requested', code: 9103 },
			}[outcome],
			reason: null,
			decisionTime: at.toISOString(),
			person: { dateOfBirth: '1990-12-10', nationality: 'GB' },
			document: { type: 'PASSPORT', country: 'GB' },
		},
		technicalData: { ip: null },
	}),
	deliver: (event, secret) => {
		const body = written(event);
		return {
			body,
			headers: json({ 'x-auth-client': 'host-test', 'x-hmac-signature': hmac(secret, body) }),
		};
	},
};
