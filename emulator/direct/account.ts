import { json, MESSAGES, Refusal, type Answer } from '../answers';
import type { State } from '../state';
import type { Holder, Holders } from './holders';

/**
 * `POST /v2/auth/initialize-user` of the account host: tells an issuer the DID and the public keys of a
 * person, and makes the account if the address is new. Any field of the answer may be null.
 */
export function initializeUser(
	state: State,
	holders: Holders,
	recipient: string,
): { answer: Answer; created: boolean } {
	if (!recipient.includes('@')) throw new Refusal(400, MESSAGES.invalidEmail);
	const created = !state.users.has(recipient);
	const holder = holders.of(state.userOf(recipient));
	return { answer: json(200, answerOf(state, holder)), created };
}

function answerOf(state: State, holder: Holder): Record<string, unknown> {
	const { accountNulls, hexPrefix } = state.settings;
	const answer = {
		userId: holder.userId,
		did: holder.did,
		publicKey: `${hexPrefix ? '0x' : ''}${holder.publicKey}`,
		status: 'active',
		signingKey: { jwk: holder.signingJwk },
	};
	const nulls = [...accountNulls, ...holder.nulls].map((name) => [name, null] as const);
	return { ...answer, ...Object.fromEntries(nulls) };
}

/** Whether this account has given no signing key, so that a credential cannot be bound to one. */
export function isUnbound(state: State, holder: Holder): boolean {
	return [...state.settings.accountNulls, ...holder.nulls].includes('signingKey');
}
