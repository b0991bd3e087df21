import { AirError } from '../../errors/AirError';
import { fail, pass, type Verdict } from './Finding';
import type { SetupFacts } from './SetupFacts';

/** The issuer, its account host, and the Key ID as a part of the DID. */
export function directIssuer({ direct, kid }: SetupFacts): Verdict | undefined {
	if (direct === undefined) return undefined;
	const { issuer, accountUrl } = direct;
	if (issuer.error !== undefined) return fail(issuer.error);
	if (accountUrl.error !== undefined) return fail(accountUrl.error);
	try {
		if (kid !== undefined) issuer.value.keyId(kid);
	} catch (error) {
		if (error instanceof AirError) return fail(error);
		throw error;
	}
	return pass(`Direct issuance is set up for ${issuer.value.did}`);
}
