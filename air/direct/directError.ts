import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';
import type { AirBody, HttpAnswer } from '../answers/answer';
import { answerError } from '../answers/answerError';

/** The two calls of direct issuance. */
export type DirectOperation = 'account' | 'store';

type Words = Partial<Record<AirErrorCode, AirErrorCode>>;

/** The codes of Issue on Behalf, translated for direct issuance; codes that are not listed stay. */
const WORDS: Readonly<Record<DirectOperation, Words>> = {
	account: {
		AIR_BAD_REQUEST: 'AIR_ACCOUNT_BAD_REQUEST',
		AIR_FIELD_MISSING: 'AIR_ACCOUNT_BAD_REQUEST',
		AIR_SUBJECT_HOLDER_ID: 'AIR_ACCOUNT_BAD_REQUEST',
		AIR_FORBIDDEN: 'AIR_ACCOUNT_FORBIDDEN',
		AIR_FORBIDDEN_FEATURE: 'AIR_ACCOUNT_FORBIDDEN',
		AIR_FORBIDDEN_SCHEMA: 'AIR_ACCOUNT_FORBIDDEN',
		AIR_NOT_FOUND: 'AIR_ACCOUNT_NO_ENDPOINT',
		AIR_NOT_FOUND_FOREIGN: 'AIR_ACCOUNT_NO_ENDPOINT',
		AIR_PROGRAM_UNPUBLISHED: 'AIR_ACCOUNT_NO_ENDPOINT',
		AIR_CONFLICT_AMBIGUOUS: 'AIR_REFUSED',
		AIR_CONFLICT_CONSENT: 'AIR_REFUSED',
		AIR_CONFLICT_DUPLICATE: 'AIR_REFUSED',
		AIR_TOO_LARGE: 'AIR_REFUSED',
		AIR_ANSWER_UNREADABLE: 'AIR_ACCOUNT_UNREADABLE',
	},
	store: {
		AIR_BAD_REQUEST: 'AIR_STORE_BAD_REQUEST',
		AIR_EMAIL_REFUSED: 'AIR_STORE_BAD_REQUEST',
		AIR_FIELD_MISSING: 'AIR_STORE_BAD_REQUEST',
		AIR_SUBJECT_HOLDER_ID: 'AIR_STORE_BAD_REQUEST',
		AIR_FORBIDDEN: 'AIR_STORE_FORBIDDEN',
		AIR_FORBIDDEN_FEATURE: 'AIR_STORE_FORBIDDEN',
		AIR_FORBIDDEN_SCHEMA: 'AIR_STORE_FORBIDDEN',
		AIR_NOT_FOUND: 'AIR_STORE_NOT_FOUND',
		AIR_NOT_FOUND_FOREIGN: 'AIR_STORE_NO_ENDPOINT',
		AIR_PROGRAM_UNPUBLISHED: 'AIR_STORE_NOT_FOUND',
		AIR_CONFLICT_AMBIGUOUS: 'AIR_STORE_CONFLICT',
		AIR_CONFLICT_CONSENT: 'AIR_STORE_CONFLICT',
		AIR_CONFLICT_DUPLICATE: 'AIR_STORE_CONFLICT',
		AIR_ANSWER_UNREADABLE: 'AIR_STORE_NO_PATH',
	},
};

/**
 * AIR does not document the error bodies of these calls, so a 404 that names the person counts as AIR's
 * own.
 */
const NAMES_PERSON = /\b(user|holder)/i;

/**
 * Turns an answer into an error. `mayHaveIssued` says what is known about the outcome, as for any POST
 * that issues; only the codes are those of direct issuance.
 *
 * @param body - of the answer, from `readBody`
 * @param context - `now`: milliseconds since 1970
 * @returns the error to throw; never throws itself
 * @example
 * ```ts
 * throw directError(answer, readBody(answer.text, secrets), { operation: 'store', now: Date.now() });
 * ```
 */
export function directError(
	answer: HttpAnswer,
	body: AirBody,
	{ operation, now }: { readonly operation: DirectOperation; readonly now: number },
): AirError {
	const error = answerError(answer, body, { operation: 'issue', now });
	const { airMessage = '', notAirs } = error.facts;
	const namesPerson = answer.status === 404 && notAirs !== true && NAMES_PERSON.test(airMessage);
	const code =
		operation === 'store' && namesPerson
			? 'AIR_STORE_HOLDER_UNKNOWN'
			: WORDS[operation][error.code];
	return code === undefined ? error : new AirError(code, error.facts);
}
