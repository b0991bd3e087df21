import { z } from 'zod';
import type { PublicJwk } from '../../air/keys/PublicJwk';
import { isSamePublicKey } from '../../air/keys/samePublicKey';
import { AirError } from '../../errors/AirError';
import type { Ledger, LiveKey, UnpublishResult } from '../../ledger/Ledger';
import { isoTime } from '../ledger/rowFields';

const jwkText = z.string().transform((text) => z.looseObject({}).parse(JSON.parse(text)));

/** Keys that live credentials need, except those in `keys` and those that were given up. */
export const keysLeftOut = (live: readonly LiveKey[], keys: readonly PublicJwk[]): LiveKey[] =>
	live.filter(
		({ kid, publicJwk, unpublishedAt }) =>
			unpublishedAt === null &&
			!keys.some((key) => key.kid === kid && isSamePublicKey(key, jwkText.parse(publicJwk))),
	);

/**
 * Why a key is left out. If another one has its Key ID, it cannot simply be added.
 *
 * @param lost - from {@link keysLeftOut}
 */
export const whyLeftOut = <Code>(lost: LiveKey, keys: readonly PublicJwk[], otherwise: Code) =>
	keys.some(({ kid }) => kid === lost.kid) ? 'AIR_KEY_ID_TAKEN' : otherwise;

const DAY_LENGTH = 'yyyy-mm-dd'.length;

/** How many credentials need a key, as words that complete an error. */
export function inWords(
	kid: string,
	{ credentials, lastExpiresAt }: Pick<UnpublishResult, 'credentials' | 'lastExpiresAt'>,
): string {
	const counted = credentials === 1 ? '1 credential' : `${credentials} credentials`;
	const until = isoTime(lastExpiresAt)?.slice(0, DAY_LENGTH);
	return `key ID “${kid}”, ${counted}${until === undefined ? '' : `, the last until ${until}`}`;
}

/**
 * Makes sure that documents hold every key that live credentials need, also before AIR knows a new key:
 * these documents may be what tells AIR. A key that AIR does not accept learns only what did.json shows
 * to everybody: which key is needed, and not for how many.
 *
 * @param keys - the keys to be published
 * @param assertAccepted - throws unless AIR accepts the key of the credential
 * @throws AirError `AIR_KEY_STILL_NEEDED`, `AIR_KEY_ID_TAKEN`, and what `assertAccepted` throws
 */
export async function assertNoKeyLeftOut(
	living: readonly LiveKey[],
	keys: readonly PublicJwk[],
	assertAccepted: () => Promise<void>,
): Promise<void> {
	const [lost] = keysLeftOut(living, keys);
	if (lost === undefined) {
		await assertAccepted();
		return;
	}
	const isAccepted = await assertAccepted().then(
		() => true,
		() => false,
	);
	const detail = isAccepted ? inWords(lost.kid, lost) : `key ID “${lost.kid}”`;
	throw new AirError(whyLeftOut(lost, keys, 'AIR_KEY_STILL_NEEDED'), { detail });
}

interface Where {
	readonly ledger: Pick<Ledger, 'unpublishKey' | 'liveKeys'>;
	readonly realm: string;
}

export interface Unpublished extends UnpublishResult {
	/**
	 * The Key IDs that valid credentials still need. Nothing needs a misspelt Key ID, so the right one has
	 * to be seen here.
	 */
	readonly stillNeeded: readonly string[];
}

/**
 * Gives up the credentials that a key has signed, so that it need not be published any more.
 *
 * @param givenUp - how many live credentials the person was shown
 * @throws AirError `AIR_KEY_STILL_NEEDED` if the number differs; LedgerError
 * @example
 * ```ts
 * await unpublishKey(session, 'my-key-2025', 3);
 * ```
 */
export async function unpublishKey(
	{ ledger, realm }: Where,
	kid: string,
	givenUp: number,
): Promise<Unpublished> {
	const result = await ledger.unpublishKey({ realm, kid, givenUp });
	if (result.outcome === 'needed') {
		throw new AirError('AIR_KEY_STILL_NEEDED', { detail: inWords(kid, result) });
	}
	const needed = keysLeftOut(await ledger.liveKeys(realm), []);
	return { ...result, stillNeeded: [...new Set(needed.map((key) => key.kid))] };
}
