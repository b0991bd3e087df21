import { keysOfDid } from '../../air/direct/published';
import { STATUS_LIST_TYPE } from '../../air/direct/statusList';
import { isKid, publicJwkOf } from '../../air/keys/PublicJwk';
import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';
import { inWords, keysLeftOut, whyLeftOut } from '../status/liveKeys';
import { quoted } from './aboutCredential';
import { readOf, reasonOf } from './aboutIssuer';
import { fail, pass, warn, type Verdict } from './Finding';
import type { ListFacts, SetupFacts } from './SetupFacts';

/** What is wrong with one list; undefined if nothing is. */
type Problem = (list: ListFacts) => Verdict | undefined;

/** The first list with a problem; undefined if there is no list to judge. */
function ofLists(
	{ direct }: SetupFacts,
	isJudged: (list: ListFacts) => boolean,
	problem: Problem,
	good: (count: string) => string,
): Verdict | undefined {
	const lists = direct?.ledger?.value?.lists.filter(isJudged) ?? [];
	if (lists.length === 0) return undefined;
	const [found] = lists.flatMap((list) => problem(list) ?? []);
	return (
		found ?? pass(good(lists.length === 1 ? 'The status list' : `Each of ${lists.length} lists`))
	);
}

const about = (code: AirErrorCode, { url }: ListFacts, why: string) =>
	fail(new AirError(code, { detail: `${url}: ${why}` }));

export function listReachable(facts: SetupFacts): Verdict | undefined {
	const error = facts.direct?.ledger?.error;
	if (error !== undefined) return warn(error);
	return ofLists(
		facts,
		() => true,
		(list) =>
			list.answer.error && about('AIR_STATUS_LIST_UNREACHABLE', list, reasonOf(list.answer.error)),
		(count) => `${count} can be fetched from the address that credentials name`,
	);
}

const isFetched = ({ answer }: ListFacts) => answer.value !== undefined;

export function listType(facts: SetupFacts): Verdict | undefined {
	return ofLists(
		facts,
		isFetched,
		(list) => {
			const type = list.answer.value?.headers['content-type'];
			if (type === STATUS_LIST_TYPE) return undefined;
			const why = type === undefined ? 'it has none' : quoted(type);
			return about('AIR_STATUS_LIST_TYPE', list, why);
		},
		(count) => `${count} is served as ${STATUS_LIST_TYPE}`,
	);
}

export function listSigned(facts: SetupFacts): Verdict | undefined {
	return ofLists(
		facts,
		isFetched,
		(list) => {
			const { url, read } = list;
			const invalid = (why: string) => about('AIR_STATUS_LIST_INVALID', list, why);
			if (read?.error !== undefined) return invalid(read.error.facts.detail ?? read.error.message);
			const { uri, expiresAt } = read?.value ?? {};
			if (uri !== url) return invalid(`it says that it is the list at ${quoted(uri ?? '')}`);
			return expiresAt !== undefined && expiresAt * 1000 <= Date.now()
				? invalid('it has expired')
				: undefined;
		},
		(count) => `${count} is signed by a key that is published`,
	);
}

export function everyPlace(facts: SetupFacts): Verdict | undefined {
	return ofLists(
		facts,
		({ read }) => read?.value !== undefined,
		(list) => {
			const { summary, url, read } = list;
			const { size = 0, revoked = [] } = read?.value ?? {};
			if ((summary.lastIndex ?? 0) >= size) {
				const why = `it has ${size} places, and the ledger has given out number ${summary.lastIndex ?? 0}`;
				return about('AIR_STATUS_LIST_SHORT', list, why);
			}
			const published = new Set(revoked);
			const missing = list.revoked.filter((place) => !published.has(place)).length;
			if (missing === 0) return undefined;
			const detail = `${url}: ${missing} of ${list.revoked.length} revocations`;
			return warn(new AirError('AIR_STATUS_LIST_STALE', { detail }));
		},
		(count) => `${count} has all places and all revocations`,
	);
}

/** A key that is no longer published, or is missing in the next documents. */
export function keysOfLiving(facts: SetupFacts): Verdict | undefined {
	const living = facts.direct?.ledger?.value?.keys ?? [];
	if (living.length === 0) return undefined;
	const found = readOf(facts);
	if (found !== undefined) {
		const published = keysOfDid(found.issuer, found.did);
		const [lost] = keysLeftOut(living, published);
		if (lost !== undefined) {
			const code = whyLeftOut(lost, published, 'AIR_KEY_NOT_PUBLISHED');
			return fail(new AirError(code, { detail: inWords(lost.kid, lost) }));
		}
	}
	const { settings, key, kid, furtherKeys } = facts;
	// The command line does not know the other keys.
	if (settings !== undefined && key?.value !== undefined && isKid(kid ?? '')) {
		const own = [publicJwkOf(key.value, kid), ...(furtherKeys?.value ?? [])];
		const [next] = keysLeftOut(living, own);
		if (next !== undefined) {
			return warn(
				new AirError(whyLeftOut(next, own, 'AIR_KEY_STILL_NEEDED'), {
					detail: inWords(next.kid, next),
				}),
			);
		}
	}
	return found === undefined ? undefined : pass('Each key that credentials live by is published');
}
