import { z } from 'zod';
import type { AirBody } from './answer';
import type { OnDuplicate } from './answerError';
import { cutText, REMOVED, type Secrets } from '../../errors/secrets';
import { tidy } from './tidy';

/** Body of `POST /credentials/issue-on-behalf`. Names as the API spells them. */
export interface IssueOnBehalfBody {
	readonly issuerDid: string;
	/** The issuance program. */
	readonly credentialId: string;
	readonly credentialSubject: Readonly<Record<string, unknown>>;
	readonly onDuplicate: OnDuplicate;
}

/** Longer than any ID that is known; a database index takes it. */
const LONGEST_ID = 500;
/** AIR's own words have up to 12 characters. */
const LONGEST_STATUS = 100;

const numberOrText = z.union([z.string().trim(), z.number().transform(String)]);

/**
 * The hash is the only thing that identifies an issuance, so it is taken unchanged or not at all:
 * visible characters only, and a number only if no digits were lost.
 */
const hash = z
	.union([z.string(), z.int().nonnegative().transform(String)])
	.pipe(
		z
			.string()
			.trim()
			.regex(/^[\x21-\x7E]+$/)
			.max(LONGEST_ID),
	)
	.refine((text) => !text.includes(REMOVED));

/** An ID or date that nothing depends on. Numbers become text; anything that is not an ID is left out. */
const side = numberOrText
	.pipe(z.string().min(1).max(LONGEST_ID))
	.refine((text) => !text.includes(REMOVED))
	.optional()
	.catch(undefined);
const sideOrNull = z.union([z.null(), side]);

/** The answer to that POST. Only the hash is needed; all other members are passed on. */
export const issueAnswerSchema = z.looseObject({
	coreClaimHash: hash,
	credentialId: side,
	userUuid: side,
});
export type IssueAnswer = z.infer<typeof issueAnswerSchema>;

/**
 * Answer of `GET /credentials/status`. Only the status is needed; a word that AIR does not document is
 * passed on.
 */
export const statusAnswerSchema = z.looseObject({
	/** Only to be compared with the one that was asked for. */
	coreClaimHash: numberOrText.optional().catch(undefined),
	vcStatus: numberOrText.pipe(z.string().min(1)).transform((word) => cutText(word, LONGEST_STATUS)),
	vcId: sideOrNull,
	issuanceDate: sideOrNull,
	expirationDate: sideOrNull,
	issuerDid: sideOrNull,
});
export type StatusAnswer = z.infer<typeof statusAnswerSchema>;

const wrapped = z.looseObject({ data: z.unknown() });

/** The fields of the schema come first, so that others, however many, cannot crowd them out. */
function tidied(json: unknown, known: readonly string[], secrets: Secrets | undefined): unknown {
	if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
	const isKnown = ([name]: readonly [string, unknown]) => known.includes(name);
	const members = Object.entries(json);
	return tidy(
		Object.fromEntries([
			...members.filter(isKnown),
			...members.filter((member) => !isKnown(member)),
		]),
		secrets,
	);
}

/**
 * Finds the wanted object in a body: flat as documented, or inside `data` as a partner's client
 * reads it. An envelope that reports a failure is never read as success. The result is fit to be stored
 * and passed on, see `tidy`.
 *
 * @param secrets - what was sent, from `secretsOf`
 * @returns undefined when it is not there
 */
export function readAnswer<T extends z.ZodObject>(
	schema: T,
	body: AirBody,
	secrets?: Secrets,
): z.infer<T> | undefined {
	if (body.shape === 'envelope') return undefined;
	const known = Object.keys(schema.shape);
	const flat = schema.safeParse(tidied(body.json, known, secrets));
	if (flat.success) return flat.data;
	return schema.safeParse(tidied(wrapped.safeParse(body.json).data?.data, known, secrets)).data;
}

/** Hexadecimal digits are equal in upper and lower case, with and without 0x. */
function isSameHash(one: string, other: string): boolean {
	if (one === other) return true;
	const digits = (hash: string) => /^(?:0x)?([\da-f]+)$/i.exec(hash)?.[1]?.toLowerCase();
	return digits(one) !== undefined && digits(one) === digits(other);
}

/**
 * Reads the status of one issuance.
 *
 * @param asked - its `coreClaimHash`; an answer about another one must never confirm this one
 * @param secrets - what was sent, from `secretsOf`
 * @returns with the hash as it was asked for, if AIR names it; undefined if there is no such answer
 */
export function readStatus(
	asked: string,
	body: AirBody,
	secrets?: Secrets,
): StatusAnswer | undefined {
	const answer = readAnswer(statusAnswerSchema, body, secrets);
	if (answer?.coreClaimHash === undefined) return answer;
	return isSameHash(answer.coreClaimHash, asked) ? { ...answer, coreClaimHash: asked } : undefined;
}
