import { z } from 'zod';
import type { AirBody } from './answer';
import type { OnDuplicate } from './answerError';

/** Body of `POST /credentials/issue-on-behalf` (air-api §4.1). Names as the API spells them. */
export interface IssueOnBehalfBody {
	readonly issuerDid: string;
	/** The issuance program. */
	readonly credentialId: string;
	readonly credentialSubject: Readonly<Record<string, unknown>>;
	readonly onDuplicate: OnDuplicate;
}

/** Answer to it (air-api §4.2). Only the hash is needed to go on; what else comes is passed on. */
export const issueAnswerSchema = z.looseObject({
	coreClaimHash: z.string().trim().min(1),
	credentialId: z.string().optional(),
	userUuid: z.string().optional(),
});
export type IssueAnswer = z.infer<typeof issueAnswerSchema>;

/** Answer of `GET /credentials/status` (air-api §5). An unknown `vcStatus` is passed on. */
export const statusAnswerSchema = z.looseObject({
	coreClaimHash: z.string().optional(),
	vcStatus: z.string().min(1),
	vcId: z.string().nullish(),
	issuanceDate: z.string().nullish(),
	expirationDate: z.string().nullish(),
	issuerDid: z.string().nullish(),
});
export type StatusAnswer = z.infer<typeof statusAnswerSchema>;

const wrapped = z.looseObject({ data: z.unknown() });

/**
 * Finds the wanted object in a body: flat as documented, or inside `data` as a partner's client
 * reads it (air-api §4.2). An envelope that reports a failure is never read as success.
 *
 * @returns undefined when it is not there
 */
export function readAnswer<T>(schema: z.ZodType<T>, body: AirBody): T | undefined {
	if (body.shape === 'envelope') return undefined;
	const flat = schema.safeParse(body.json);
	return flat.success ? flat.data : schema.safeParse(wrapped.safeParse(body.json).data?.data).data;
}
