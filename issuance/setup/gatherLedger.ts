import { fetchStatusList, keysOfDid, readDid } from '../../air/direct/published';
import { readStatusList, statusListUri } from '../../air/direct/statusList';
import type { WebIssuer } from '../../air/direct/webIssuer';
import { publicJwkOf, type PublicJwk } from '../../air/keys/PublicJwk';
import type { ListSummary } from '../../ledger/Ledger';
import { lookIntoLedger, type LedgerPlace } from '../session/lookIntoLedger';
import { realmOf } from '../session/realm';
import { asAirError } from '../session/asAirError';
import type { DirectSettings } from '../settings/directSettings';
import { resultOf, type Result } from './Result';
import type { AccountAsker, LedgerFacts, ListFacts, PublishedIssuer } from './SetupFacts';

const SETUP_TIMEOUT_MS = 10_000;

/** At most this many lists are fetched, the newest ones: a list is full after 65,536 credentials. */
const MOST_LISTS = 5;

interface About {
	readonly direct: DirectSettings;
	readonly issuer: WebIssuer;
	readonly asker: AccountAsker;
	readonly published: PublishedIssuer | undefined;
	readonly signal: AbortSignal | undefined;
}

/** The keys that verifiers find; without a readable did.json, the key of the credential. */
async function keysOf({ issuer, asker, published }: About): Promise<readonly PublicJwk[]> {
	const answer = published?.did.value;
	const did = answer && (await resultOf(() => readDid(answer))).value;
	return did === undefined ? [publicJwkOf(asker.key, asker.kid)] : keysOfDid(issuer, did);
}

async function listFacts(
	about: About,
	summary: ListSummary,
	revoked: readonly number[],
	keys: readonly PublicJwk[],
): Promise<ListFacts> {
	const { direct, issuer, signal } = about;
	const url = statusListUri(direct.statusListUrl, summary.id);
	const answer = await resultOf(async () => await fetchStatusList(url, SETUP_TIMEOUT_MS, signal));
	const token = answer.value?.text;
	const read =
		token === undefined
			? undefined
			: await resultOf(async () => await readStatusList(token, issuer, keys));
	return { summary, revoked, url, answer, read };
}

async function gathered(place: LedgerPlace, about: About): Promise<LedgerFacts | undefined> {
	const realm = realmOf({ identity: about.asker });
	const found = await lookIntoLedger(place, async (ledger) => {
		const lists = (await ledger.statusLists(realm)).slice(-MOST_LISTS);
		const known = lists.map(async (summary) => ({
			summary,
			revoked: (await ledger.statusList(realm, summary.id))?.revoked ?? [],
		}));
		return { lists: await Promise.all(known), keys: await ledger.liveKeys(realm) };
	});
	if (found === undefined) return undefined;
	const keys = await keysOf(about);
	const lists = found.lists.map(
		async ({ summary, revoked }) => await listFacts(about, summary, revoked, keys),
	);
	return { lists: await Promise.all(lists), keys: found.keys };
}

/**
 * Status lists and keys in the ledger, and the published lists. Writes nothing.
 *
 * @returns undefined if there is no ledger
 * @throws AirError `AIR_CANCELLED`
 */
export async function gatherLedger(
	place: LedgerPlace,
	about: About,
): Promise<Result<LedgerFacts> | undefined> {
	const result = await resultOf(async () => {
		try {
			return await gathered(place, about);
		} catch (error) {
			throw asAirError(error);
		}
	});
	const { value } = result;
	if (result.error !== undefined) return result;
	return value === undefined ? undefined : { value };
}
