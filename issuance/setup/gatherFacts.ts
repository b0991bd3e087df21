import { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { resolveBaseUrl, type AirEnvironment } from '../../air/baseUrl';
import { fetchJwks, readJwks } from '../../air/jwks';
import { parseRecipient } from '../inputs/inputs';
import type { LedgerPlace } from '../session/lookIntoLedger';
import type { DirectSettings } from '../settings/directSettings';
import { privateKeyOf, publicKeysOf } from '../settings/settings';
import { askAir } from './askAir';
import { gatherDirect, proofOf, withTimeout } from './gatherDirect';
import { locate } from './locate';
import { resultOf } from './Result';
import type { PublishedJwks, SetupFacts } from './SetupFacts';

const SETUP_TIMEOUT_MS = 10_000;

/** What to check; parts that are left out are not checked. */
export interface Setup {
	/** As pasted. */
	readonly privateKey?: string | undefined;
	readonly kid?: string | undefined;
	readonly issuerDid?: string | undefined;
	readonly direct?: DirectSettings | undefined;
	/** As pasted. */
	readonly furtherPublicKeys?: string | undefined;
	/** Read together with the issuer's documents, for status lists and the keys of live credentials. */
	readonly ledger?: LedgerPlace | undefined;
	readonly jwksUrl?: string | undefined;
	readonly air?:
		| {
				readonly environment: AirEnvironment;
				readonly baseUrl: string;
				readonly partnerId: string;
				readonly scope: string;
				readonly lifetimeSeconds: number;
		  }
		| undefined;
}

export interface CheckOptions {
	readonly signal?: AbortSignal | undefined;
	/**
	 * Asks AIR whether Issue on Behalf is enabled, by an empty issuance to this address, which must
	 * belong to the person who asks.
	 */
	readonly ownAddress?: unknown;
	/** Fetches what the issuer publishes for direct issuance. */
	readonly documents?: boolean | undefined;
	/**
	 * Asks AIR's account host for the account of this address, which makes one if there is none. The
	 * address must belong to the person who asks.
	 */
	readonly accountAddress?: unknown;
}

/** Whether the address may be fetched: one with a user name in it would show a password. */
function addressOf(jwksUrl: string): URL | undefined {
	const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : undefined;
	return url?.hostname === '' || url?.username !== '' || url.password !== '' ? undefined : url;
}

async function jwksFacts(jwksUrl: string, signal?: AbortSignal): Promise<PublishedJwks> {
	const url = addressOf(jwksUrl);
	if (url === undefined) return { location: undefined, answer: undefined, keys: undefined };
	const [location, answer] = await Promise.all([
		withTimeout(locate(url)),
		resultOf(async () => await fetchJwks(jwksUrl, SETUP_TIMEOUT_MS, signal)),
	]);
	const { value } = answer;
	const keys = value === undefined ? undefined : await resultOf(() => readJwks(value));
	return { location, answer, keys };
}

/**
 * Gathers all facts for the checks: reads the settings, fetches the JWKS and asks AIR, with at most 10
 * seconds for each. Nothing is issued.
 *
 * @throws AirError `AIR_CANCELLED`
 */
export async function gatherFacts(
	{ privateKey, kid, issuerDid, direct, furtherPublicKeys, ledger, jwksUrl, air }: Setup,
	{ signal, ownAddress, documents = false, accountAddress }: CheckOptions,
): Promise<SetupFacts> {
	const key =
		privateKey === undefined
			? undefined
			: await resultOf(async () => await privateKeyOf(privateKey));
	const baseUrl =
		air === undefined
			? undefined
			: await resultOf(() => resolveBaseUrl(air.environment, air.baseUrl));
	const client =
		air === undefined || kid === undefined || !key?.value || !baseUrl?.value
			? undefined
			: new AirClient({ ...air, baseUrl: baseUrl.value, kid, key: key.value });
	const asking =
		client === undefined ? undefined : askAir(proofOf(client, direct !== undefined), signal);
	const accepted = async () => (await asking)?.air.value === true;
	const options = { documents, accountAddress, ledger, signal };
	const [jwks, asked, directFacts] = await Promise.all([
		jwksUrl === undefined ? undefined : jwksFacts(jwksUrl, signal),
		asking,
		direct === undefined ? undefined : gatherDirect(direct, client?.identity, accepted, options),
	]);
	const feature =
		ownAddress === undefined || client === undefined || asked?.air.value !== true
			? undefined
			: await resultOf(async () => {
					const timeoutMs = SETUP_TIMEOUT_MS;
					const address = parseRecipient(ownAddress, 'AIR_ADDRESS_INVALID');
					return await client.postNothing(address, { signal, timeoutMs });
				});
	if (signal?.aborted === true) throw new AirError('AIR_CANCELLED');
	return {
		settings: undefined,
		key,
		kid,
		issuerDid,
		direct: directFacts,
		furtherKeys:
			furtherPublicKeys === undefined
				? undefined
				: await resultOf(async () => await publicKeysOf(furtherPublicKeys)),
		baseUrl,
		jwksUrl,
		jwks,
		air: asked?.air,
		clock: asked?.clock,
		feature,
	};
}
