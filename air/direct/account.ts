import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import type { Secrets } from '../../errors/secrets';
import type { AirBody } from '../answers/answer';
import { readAnswer } from '../answers/schemas';
import { readBinding, readHolderKey, type BindingJwk, type HolderKey } from './holderKeys';

/** The AIR account of a person, complete enough to be issued to. */
export interface AirAccount {
	readonly did: string;
	/** Credentials are sealed to this key. */
	readonly holderKey: HolderKey;
	/** Undefined until the person has one. */
	readonly binding: BindingJwk | undefined;
	readonly userId: string | undefined;
	/** The state of the account, as AIR names it; the values are not documented. */
	readonly status: string | undefined;
}

export const ACCOUNT_PATH = '/v2/auth/initialize-user';

const side = z.string().trim().min(1).max(500).optional().catch(undefined);

/** Every member may be null, and others may be there. */
const accountSchema = z.looseObject({
	did: z.string().nullable(),
	publicKey: z.string().nullish(),
	signingKey: z.looseObject({ jwk: z.unknown() }).nullish(),
	userId: side,
	status: side,
});

const DID = /^did:[\x21-\x7E]{1,496}$/;

/**
 * The request for the account of a person, which AIR makes if there is none. The token is in the body,
 * and only the token names the address.
 *
 * @param partnerJwt - signed for the address of the person
 */
export function accountRequest(partnerId: string, partnerJwt: string) {
	return {
		headers: { 'x-partner-id': partnerId },
		body: JSON.stringify({ partnerJwt }),
	};
}

/**
 * Reads the account from AIR's answer. It does not prove who the person is: that depends on the host
 * that was asked.
 *
 * @param secrets - what was sent, from `secretsOf`
 * @returns undefined when there is no account in it
 * @throws AirError `AIR_ACCOUNT_INCOMPLETE`, `AIR_HOLDER_KEY_INVALID`, `AIR_HOLDER_BINDING_INVALID`
 * @example
 * ```ts
 * const account = readAccount(readBody(answer.text), secrets);
 * ```
 */
export function readAccount(body: AirBody, secrets?: Secrets): AirAccount | undefined {
	const answer = readAnswer(accountSchema, body, secrets);
	if (answer === undefined) return undefined;
	const { did, publicKey, signingKey, userId, status } = answer;
	if (did === null || publicKey === null || publicKey === undefined) {
		throw new AirError('AIR_ACCOUNT_INCOMPLETE', {
			detail: did === null ? 'it has no DID' : 'it has no encryption key',
		});
	}
	if (!DID.test(did)) throw new AirError('AIR_ACCOUNT_INCOMPLETE', { detail: 'its DID is none' });
	const jwk = signingKey?.jwk;
	return {
		did,
		holderKey: readHolderKey(publicKey),
		binding: jwk === null || jwk === undefined ? undefined : readBinding(jwk),
		userId,
		status,
	};
}

/**
 * The key to which a credential is bound; an account without one is refused, unless the user allowed it.
 *
 * @param unboundAllowed - the option: anybody who gets hold of an unbound credential can show it
 * @throws AirError `AIR_HOLDER_UNBOUND`
 */
export function bindingOf(
	{ binding }: Pick<AirAccount, 'binding'>,
	unboundAllowed: boolean,
): BindingJwk | 'unbound' {
	if (binding !== undefined) return binding;
	if (unboundAllowed) return 'unbound';
	throw new AirError('AIR_HOLDER_UNBOUND');
}
