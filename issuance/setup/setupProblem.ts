import type { AirErrorCode } from '../../errors/errorCatalogue';
import type { Finding } from './Finding';

/** AIR's answers until a JWKS URL that serves the key is registered. */
const NOT_REGISTERED_YET: readonly (AirErrorCode | undefined)[] = [
	'AIR_UNAUTHORIZED_NOT_REGISTERED',
	'AIR_UNAUTHORIZED_JWKS_UNREACHABLE',
];

/**
 * What keeps a credential from issuing, for its test in n8n: the first check that fails. It is stricter
 * in one point: a JWKS URL that is filled in must answer, even while AIR still accepts the key from a
 * cached copy. It is more lenient in another: with JWKS URL empty, AIR need not know the key yet. n8n
 * tests a credential whenever it is saved, but n8n can serve the JWKS only of a saved credential, so
 * otherwise that test could never pass.
 *
 * @param findings - of `checkSetup`
 * @returns undefined if nothing keeps it from issuing
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
