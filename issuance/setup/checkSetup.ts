import { placeOfChoice } from '../session/lookIntoLedger';
import { directSettings } from '../settings/directSettings';
import {
	CREDENTIAL_LABELS,
	kidOf,
	ledgerChoice,
	readFields,
	type CredentialFields,
} from '../settings/settings';
import { CHECKS } from './checks';
import type { Finding, Verdict } from './Finding';
import { gatherFacts, type CheckOptions, type Setup } from './gatherFacts';
import { resultOf } from './Result';
import type { SetupFacts } from './SetupFacts';

export type { Finding, FindingStatus } from './Finding';

const OUTWEIGHED =
	'AIR accepts the Partner JWT anyway, so it uses another address or an older copy of the JWKS. Fix this before that copy runs out.';

function weighed(verdict: Verdict, { air }: SetupFacts): Verdict {
	return verdict.status === 'fail' && air?.value === true
		? { ...verdict, status: 'warn', fix: `${OUTWEIGHED} ${verdict.fix}` }
		: verdict;
}

function judge(facts: SetupFacts): Finding[] {
	return Object.entries(CHECKS).flatMap(([check, { judge: verdictOn, outweighed }]) => {
		const verdict = verdictOn(facts);
		if (verdict === undefined) return [];
		return [{ check, ...(outweighed === true ? weighed(verdict, facts) : verdict) }];
	});
}

function setupOf(fields: CredentialFields): Setup {
	const { environment, baseUrl, partnerId, scope, jwtLifetime } = fields;
	return {
		privateKey: fields.privateKey,
		kid: kidOf(fields),
		issuerDid: fields.issuerDid,
		direct: directSettings(fields, CREDENTIAL_LABELS.directIssuer),
		furtherPublicKeys: fields.furtherPublicJwks,
		ledger: placeOfChoice(ledgerChoice(fields)),
		jwksUrl: fields.jwksUrl,
		air: { environment, baseUrl, partnerId, scope, lifetimeSeconds: jwtLifetime * 60 },
	};
}

/**
 * Checks as much of a setup as there is, e.g. a JWKS URL alone. See {@link checkSetup}.
 *
 * @returns findings, in the order in which a person would fix them
 * @throws AirError `AIR_CANCELLED`
 */
export async function checkParts(setup: Setup, options: CheckOptions = {}): Promise<Finding[]> {
	return judge(await gatherFacts(setup, options));
}

/**
 * Checks a credential without issuing anything: settings and key, the JWKS (if its URL is known), and
 * whether AIR accepts a token, by asking for the status of a hash that does not exist, for an address
 * that cannot exist; for direct issuance, by posting an empty body to the store. With `ownAddress` it
 * also asks whether Issue on Behalf is enabled, with `documents` it fetches what the issuer publishes
 * and looks into the ledger, and with
 * `accountAddress` it asks AIR's account host.
 *
 * A check that is impossible because of an earlier finding is left out, and never passes.
 *
 * @param credentialData - the fields of `mocaAirApi`
 * @returns findings, in the order in which a person would fix them
 * @throws AirError `AIR_CANCELLED`
 * @example
 * ```ts
 * const broken = (await checkSetup(data)).find(({ status }) => status === 'fail');
 * ```
 */
export async function checkSetup(
	credentialData: unknown,
	options: CheckOptions = {},
): Promise<Finding[]> {
	const settings = await resultOf(() => readFields(credentialData));
	const setup = settings.value === undefined ? {} : setupOf(settings.value);
	return judge({ ...(await gatherFacts(setup, options)), settings });
}
