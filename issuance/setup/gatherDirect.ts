import type { AirClient } from '../../air/AirClient';
import { DirectClient } from '../../air/direct/DirectClient';
import type { AirAccount } from '../../air/direct/account';
import { fetchIssuerDocument } from '../../air/direct/published';
import type { WebIssuer } from '../../air/direct/webIssuer';
import { NO_REPEAT } from '../../air/pacing/repeat';
import { parseRecipient } from '../inputs/inputs';
import { proveDirectly, proveKey, type Prove } from '../session/proveKey';
import type { LedgerPlace } from '../session/lookIntoLedger';
import type { DirectSettings } from '../settings/directSettings';
import { gatherLedger } from './gatherLedger';
import { locate } from './locate';
import { resultOf, type Result } from './Result';
import type { AccountAsker, DirectFacts, Location, PublishedIssuer } from './SetupFacts';

const SETUP_TIMEOUT_MS = 10_000;
/** The claim that AIR's documents name for direct issuance. */
const SCOPE = 'issue';

export interface DirectOptions {
	/** Whether to fetch what the issuer publishes. */
	readonly documents: boolean;
	/** Whose account to look up, which makes one if there is none; undefined for none. */
	readonly accountAddress: unknown;
	/** The credential's ledger; read together with the documents. */
	readonly ledger: LedgerPlace | undefined;
	readonly signal: AbortSignal | undefined;
}

/**
 * How to prove the key, the same as for the nodes: AIR may not offer Issue on Behalf to a partner who
 * issues directly, and then there is no status to ask for.
 *
 * @param isDirect - the credential is set up for direct issuance
 */
export function proofOf(client: AirClient, isDirect: boolean): Prove {
	if (!isDirect) {
		return async (proof) => {
			await proveKey(client, proof);
		};
	}
	// Looks up no account.
	const direct = new DirectClient({ ...client.identity, accountUrl: '', scope: SCOPE });
	return async (proof) => {
		await proveDirectly(direct, client, proof);
	};
}

/** A name server that does not answer must not delay the rest. */
export async function withTimeout(location: Promise<Location>): Promise<Location> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<Location>((resolve) => {
		timer = setTimeout(resolve, SETUP_TIMEOUT_MS, 'unknown');
	});
	return await Promise.race([location, late]).finally(() => {
		clearTimeout(timer);
	});
}

async function published(issuer: WebIssuer, signal?: AbortSignal): Promise<PublishedIssuer> {
	const fetched = async (url: string) =>
		await resultOf(async () => await fetchIssuerDocument(url, SETUP_TIMEOUT_MS, signal));
	const [location, did, vcIssuer] = await Promise.all([
		withTimeout(locate(new URL(issuer.didDocumentUrl))),
		fetched(issuer.didDocumentUrl),
		fetched(issuer.vcIssuerUrl),
	]);
	return { location, did, vcIssuer };
}

async function account(
	accountUrl: string,
	asker: AccountAsker,
	{ accountAddress, signal }: DirectOptions,
): Promise<Result<AirAccount>> {
	return await resultOf(async () => {
		const email = parseRecipient(accountAddress, 'AIR_ADDRESS_INVALID');
		const client = new DirectClient({ ...asker, accountUrl, scope: SCOPE });
		// A cached account would say nothing about the host now.
		client.forgetAccount(email);
		return await client.account(email, { signal, timeoutMs: SETUP_TIMEOUT_MS, repeat: NO_REPEAT });
	});
}

/**
 * Gathers the facts for the checks of direct issuance. Nothing is issued; an account is looked up, and
 * possibly made, only for an address that was given for this.
 *
 * @param asker - undefined if a setting that is needed to ask AIR is missing
 * @param accepted - whether AIR accepts the key; if not, nothing from the ledger is shown
 * @throws AirError `AIR_CANCELLED`
 */
export async function gatherDirect(
	direct: DirectSettings,
	asker: AccountAsker | undefined,
	accepted: () => Promise<boolean>,
	options: DirectOptions,
): Promise<DirectFacts> {
	const issuer = await resultOf(() => direct.issuer);
	const accountUrl = await resultOf(() => direct.accountUrl);
	const isAsked = options.accountAddress !== undefined;
	const [found, holder] = await Promise.all([
		options.documents && issuer.value ? published(issuer.value, options.signal) : undefined,
		isAsked && asker !== undefined && accountUrl.value !== undefined
			? account(accountUrl.value, asker, options)
			: undefined,
	]);
	const { issuerAs } = direct;
	const { ledger: place, documents, signal } = options;
	const isLookedInto =
		documents && place !== undefined && asker !== undefined && issuer.value !== undefined;
	const ledger =
		isLookedInto && (await accepted())
			? await gatherLedger(place, { direct, issuer: issuer.value, asker, published: found, signal })
			: undefined;
	return { issuer, issuerAs, accountUrl, published: found, account: holder, ledger };
}
