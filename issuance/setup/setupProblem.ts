import type { AirErrorCode } from '../../errors/errorCatalogue';
import type { Finding } from './Finding';

/** What AIR answers until somebody has registered a JWKS URL that serves the key. */
const NOT_REGISTERED_YET: readonly (AirErrorCode | undefined)[] = [
	'AIR_UNAUTHORIZED_NOT_REGISTERED',
	'AIR_UNAUTHORIZED_JWKS_UNREACHABLE',
];

/**
 * What keeps a credential from issuing, as its test in n8n says it: the first check that fails.
 * Stricter than the check in one thing: a JWKS URL that is filled in has to answer, also while AIR
 * still accepts the key from a copy. More patient in another: with JWKS URL empty, AIR need not know
 * the key yet. n8n tests a credential whenever it is saved, and n8n serves the JWKS only of a saved
 * one, so otherwise that test could never pass.
 *
 * @param findings - of `checkSetup`
 * @returns undefined when nothing keeps it from issuing
 * @example
 * ```ts
 * const problem = setupProblem(await checkSetup(data));
 * ```
 */
export function setupProblem(findings: readonly Finding[]): Finding | undefined {
	const hasNoJwksUrl = findings.some(({ code }) => code === 'AIR_JWKS_URL_EMPTY');
	return findings.find(({ check, status, code }) => {
		if (check === 'jwksReachable' && status === 'warn') {
			return code !== 'AIR_JWKS_SEEN_FROM_HERE_ONLY';
		}
		return status === 'fail' && !(hasNoJwksUrl && NOT_REGISTERED_YET.includes(code));
	});
}
