import { AirError } from '../../errors/AirError';
import { fail, pass, warn, type Verdict } from './Finding';
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

/** The host answers, but nothing can be issued to the account. */
const ABOUT_ACCOUNT = /^AIR_(ACCOUNT_INCOMPLETE|HOLDER_)/;

/** Never a pass if this was not checked. */
export function accountHost({ settings, direct }: SetupFacts): Verdict | undefined {
	if (settings === undefined || direct?.accountUrl.value === undefined) return undefined;
	const { account } = direct;
	if (account === undefined) return warn(new AirError('AIR_ACCOUNT_NOT_CHECKED'));
	if (account.error === undefined) {
		return account.value.binding === undefined
			? warn(new AirError('AIR_HOLDER_UNBOUND'))
			: pass('The account host of AIR answers, and your account can be issued to');
	}
	return ABOUT_ACCOUNT.test(account.error.code) ? warn(account.error) : fail(account.error);
}
