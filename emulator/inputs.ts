import { z } from 'zod';
import { accountFields } from './direct/accountFields';

/**
 * The inputs for registering and setting, both in process and over the control endpoint. Strict, so that a
 * misspelled setting fails instead of silently doing nothing.
 */

export const attributeInput = z.strictObject({
	/**
	 * docs "Schema builder" and the guides: String, Number, Boolean, Date; openapi adds integer and
	 * object. Guides tell a date from a date-time by its format.
	 */
	type: z.enum(['string', 'integer', 'number', 'boolean', 'object', 'date', 'date-time']),
	required: z.boolean().default(false),
});

export const programInput = z.strictObject({
	programId: z.string().min(1),
	issuerDid: z.string().startsWith('did:'),
	schemaId: z.string().min(1),
	published: z.boolean().default(true),
	/** docs: set on the program in the dashboard, 365 days unless changed */
	expirationDays: z.number().positive().default(365),
	subject: z.record(z.string(), attributeInput).default({}),
	/** The type name that the schema registers for directly issued credentials; any unless given. */
	vct: z.string().min(1).optional(),
});

export const partnerInput = z.strictObject({
	partnerId: z.string().min(1),
	/** Absent: the partner never registered one, and every call is 401. */
	jwksUrl: z.url().optional(),
	/** The docs name both values for issue-on-behalf; they are compared whole. */
	scopes: z.array(z.string()).default(['issue on-behalf', 'issue']),
	issueOnBehalf: z.boolean().default(true),
	/** The scope that the newest documents require for direct issuance. */
	directScopes: z.array(z.string()).default(['issue']),
	directIssuance: z.boolean().default(true),
	/** The issuer of directly issued credentials, as registered; any that can be resolved unless given. */
	issuerDid: z.string().min(1).optional(),
	/** The docs contradict themselves about both of these: "Credential issues" vs "Issue on Behalf API". */
	duplicateKey: z.enum(['program', 'schema']).default('program'),
	ignoredDuplicate: z.literal([200, 409]).default(200),
	programs: z.array(programInput).default([]),
});

const milliseconds = z.number().min(0);

export const settingsInput = z.strictObject({
	/** null: never */
	confirmAfterMs: milliseconds.nullable().optional(),
	visibleAfterMs: milliseconds.optional(),
	latencyMs: milliseconds.optional(),
	/** null: any number */
	workers: z.int().positive().nullable().optional(),
	jwksCacheSeconds: z.number().min(0).optional(),
	refetchOnUnknownKid: z.boolean().optional(),
	bodyLimitBytes: z.int().positive().optional(),
	recordBodies: z.boolean().optional(),
	statusNeedsEmail: z.boolean().optional(),
	iatToleranceSeconds: z.number().min(0).optional(),
	tolerantTokens: z.boolean().optional(),
	storeRefusesEmail: z.boolean().optional(),
	accountNulls: z.array(z.enum(accountFields)).optional(),
	hexPrefix: z.boolean().optional(),
	repeatedStore: z.literal([200, 201, 409, 'again']).optional(),
	onePerUserAndSchema: z.boolean().optional(),
	openAtOnce: z.boolean().optional(),
	storagePath: z.enum(['sent', 'withheld', 'lost']).optional(),
});

/** A header date is relative to the emulated wall clock at the time of the answer. */
export const retryAfterInput = z.union([
	z.strictObject({ seconds: z.number().min(0) }),
	z.strictObject({ dateInSeconds: z.number() }),
]);

export const rateLimitInput = z.strictObject({
	/** null: no limit */
	perSecond: z.number().positive().nullable(),
	/** The number of requests allowed at once; unless set, the number per second. */
	burst: z.number().min(1).optional(),
	retryAfter: retryAfterInput.optional(),
});

export const consentInput = z.strictObject({
	partnerId: z.string(),
	email: z.string(),
	declined: z.boolean().default(true),
});

export const featureInput = z.strictObject({
	partnerId: z.string(),
	enabled: z.boolean(),
	feature: z.enum(['issueOnBehalf', 'directIssuance']).default('issueOnBehalf'),
});

export const accountInput = z.strictObject({
	email: z.string().min(1),
	/** What `initialize-user` answers with null for this account. */
	nulls: z.array(z.enum(accountFields)).optional(),
	/** From now on the address is a different account, with another user ID, DID and keys. */
	replace: z.boolean().default(false),
});

export const statusInput = z.strictObject({
	coreClaimHash: z.string(),
	/** Any word, even one that AIR does not know; null restores the natural course. */
	vcStatus: z.string().min(1).nullable(),
});

export const timeInput = z.strictObject({
	advanceMs: z.number().optional(),
	jwtSkewMs: z.number().optional(),
});

export const programOfPartnerInput = programInput.extend({ partnerId: z.string() });

export type Attribute = z.output<typeof attributeInput>;
export type PartnerInput = z.input<typeof partnerInput>;
export type ProgramInput = z.input<typeof programInput>;
export type ProgramOfPartnerInput = z.input<typeof programOfPartnerInput>;
export type SettingsInput = z.input<typeof settingsInput>;
export type RateLimitInput = z.input<typeof rateLimitInput>;
export type ConsentInput = z.input<typeof consentInput>;
export type FeatureInput = z.input<typeof featureInput>;
export type AccountInput = z.input<typeof accountInput>;
export type StatusInput = z.input<typeof statusInput>;
export type TimeInput = z.input<typeof timeInput>;
export type RetryAfter = z.output<typeof retryAfterInput>;
