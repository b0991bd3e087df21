import { z } from 'zod';
import type { Secrets } from '../../errors/secrets';
import type { AirBody } from '../answers/answer';
import { readAnswer } from '../answers/schemas';
import { assertBodyFits } from './bodySize';
import type { Envelope } from './seal';

export const STORE_PATH = '/dstorage/vcs';

export interface StoreInput {
	readonly holderDid: string;
	/** From the AIR dashboard; AIR checks who owns it, but never checks the claims. */
	readonly schemaId: string;
	/** As in the credential, in seconds since 1970. */
	readonly expiresAt: number;
	/** The ID of the credential: the same for each repeat. */
	readonly id: string;
	readonly envelope: Envelope;
}

const side = z
	.union([z.string().trim(), z.number().transform(String)])
	.pipe(z.string().min(1).max(500))
	.optional()
	.catch(undefined);

/** Only the path is needed; all other members are passed on. */
const storedSchema = z.looseObject({
	storagePath: z
		.string()
		.trim()
		.regex(/^[\x21-\x7E]{1,500}$/),
	state: side,
	envelopeVersion: side,
	createdAt: side,
});
/** What AIR says about a credential that it has stored; an issuer never learns more. */
export type StoredAnswer = z.infer<typeof storedSchema>;

/**
 * The body of `POST /dstorage/vcs`. It is made once: a repeat sends the same bytes again, since one
 * `externalId` must have one content.
 *
 * @throws AirError `AIR_DIRECT_TOO_LARGE`
 * @example
 * ```ts
 * const body = storeBody({ holderDid: account.did, schemaId, expiresAt, id, envelope });
 * ```
 */
export function storeBody({ holderDid, schemaId, expiresAt, id, envelope }: StoreInput): string {
	const { data, iv, authTag, encryptedKey } = envelope;
	const body = JSON.stringify({
		holderDid,
		proofType: 'SD_JWT_VC',
		schemaId,
		expiresAt: new Date(expiresAt * 1000).toISOString(),
		data,
		iv,
		authTag,
		encryptedKey,
		externalId: id,
	});
	assertBodyFits(body);
	return body;
}

/**
 * Reads where AIR has stored a credential.
 *
 * @param secrets - what was sent, from `secretsOf`
 * @returns undefined when the answer does not say: then it is not known whether it was stored
 */
export function readStored(body: AirBody, secrets?: Secrets): StoredAnswer | undefined {
	return readAnswer(storedSchema, body, secrets);
}
