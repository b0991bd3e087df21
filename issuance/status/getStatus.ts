import type { AirClient, CallOptions } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { pause, pollDelayMs } from '../../air/pacing/backoff';
import type { StatusAnswer } from '../../air/answers/schemas';
import { isoDate, issuanceState, type IssuanceState } from '../../air/answers/status';
import { realmOf } from '../session/realm';
import { withoutOwnNames } from '../issue/ownNames';
import { hasAnswered } from '../watch/politeness';

/** AIR's answer about an issuance, and its meaning. */
export type IssuanceStatus = StatusAnswer & {
	readonly state: IssuanceState;
	readonly onChain: boolean;
	/** AIR's dates in ISO 8601, if there are any. */
	readonly issuanceDateIso?: string;
	readonly expirationDateIso?: string;
};

const iso = (name: 'issuanceDateIso' | 'expirationDateIso', date: string | null | undefined) => {
	const converted = date == null ? undefined : isoDate(date);
	return converted === undefined ? {} : { [name]: converted };
};

/** Adds the meaning to AIR's status answer, whose `issuerDid` is documented and stays. */
export function describeStatus(answer: StatusAnswer): IssuanceStatus {
	const state = issuanceState(answer.vcStatus);
	return {
		...withoutOwnNames(answer, ['issuerDid']),
		...iso('issuanceDateIso', answer.issuanceDate),
		...iso('expirationDateIso', answer.expirationDate),
		state,
		onChain: state === 'confirmed',
	};
}

/** Right after issuing, AIR may not know the hash yet: it is asked again after 1 and 2 s. */
const NOT_VISIBLE_YET_POLLS = 2;

/**
 * Asks AIR what became of an issuance. If AIR does not know the hash, it is asked again for some
 * seconds, because it may have been issued just now.
 *
 * @param recipient - the e-mail it was issued to
 * @throws AirError, `AIR_HASH_NOT_FOUND` among them
 */
export async function getStatus(
	client: AirClient,
	recipient: string,
	coreClaimHash: string,
	options: CallOptions = {},
): Promise<IssuanceStatus> {
	for (let poll = 0; ; poll++) {
		try {
			return await askOnce(client, recipient, coreClaimHash, options);
		} catch (error) {
			const notYet = error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND';
			if (!notYet || poll >= NOT_VISIBLE_YET_POLLS) throw error;
			if (!(await pause(pollDelayMs(poll), options.signal))) throw error;
		}
	}
}

/**
 * Asks AIR once. Any answer, even "no such hash", ends a pause in which triggers do not ask AIR.
 *
 * @throws AirError
 */
export async function askOnce(
	client: AirClient,
	recipient: string,
	coreClaimHash: string,
	options: CallOptions = {},
): Promise<IssuanceStatus> {
	const askedAt = performance.now();
	try {
		const answer = await client.getStatus(recipient, coreClaimHash, options);
		hasAnswered(realmOf(client), askedAt);
		return describeStatus(answer);
	} catch (error) {
		const known = error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND';
		if (known) hasAnswered(realmOf(client), askedAt);
		throw error;
	}
}
