import { createHash } from 'node:crypto';
import {
	LIVE_LIFETIME_SECONDS,
	LIVE_TTL_SECONDS,
	signStatusList,
	statusListPayload,
	statusListUri,
	type StatusListInput,
} from '../../air/direct/statusList';
import type { WebIssuer } from '../../air/direct/webIssuer';
import type { PrivateKey } from '../../air/keys/privateKey';
import type { StatusList } from '../../ledger/Ledger';

/** Who signs lists, and where the lists are. */
export interface ListSigner {
	readonly issuer: WebIssuer;
	readonly issuerAs: 'did' | 'url';
	readonly kid: string;
	readonly key: PrivateKey;
	/** Where lists are: see `statusListUri`. */
	readonly statusListUrl: string;
}

/**
 * - `live`: verifiers fetch it again after an hour, and it is valid for a day
 * - `file`: for a static host. It never expires, since nobody might renew it in time, unless its
 *   owner sets an expiry, in seconds
 * - `bare`: without an expiry and without a time to live, as in AIR's documents
 */
export type ListForm = 'live' | 'bare' | { readonly file: { readonly lifetimeSeconds?: number } };

/** Signed again after this time, so that a fetched list has at least half of its lifetime left. */
const RENEW_MS = (LIVE_LIFETIME_SECONDS / 2) * 1000;

export interface ListToken {
	readonly token: string;
	/** Depends on the content only, no matter which process signed it. */
	readonly etag: string;
}

/** Signed lists by content; cached in this process. */
const signed = new Map<string, { readonly content: string; readonly token: Promise<string> }>();
const MOST_KEPT = 1_000;

function timesOf(form: ListForm) {
	if (form === 'bare') return {};
	return form === 'live'
		? { ttlSeconds: LIVE_TTL_SECONDS, lifetimeSeconds: LIVE_LIFETIME_SECONDS }
		: { ttlSeconds: LIVE_TTL_SECONDS, ...form.file };
}

/**
 * The signed form of a list. One that is served is dated to the last revocation in it, or to the half
 * day if that is later. So all processes serve the same list, and sign it once for each change.
 *
 * @param now - milliseconds since 1970
 * @throws AirError `AIR_STATUS_LIST_INVALID`, `AIR_DIRECT_KID_INVALID`
 * @example
 * ```ts
 * const { token, etag } = await statusListToken(signer, list, 'live', Date.now());
 * ```
 */
export async function statusListToken(
	signer: ListSigner,
	{ id, size, revoked, changedAt }: StatusList,
	form: ListForm,
	now: number,
): Promise<ListToken> {
	// A file is made once, and its expiry counts from then.
	const isServed = form === 'live' || form === 'bare';
	const at = isServed ? Math.max(changedAt, Math.floor(now / RENEW_MS) * RENEW_MS) : now;
	const input: StatusListInput = {
		...signer,
		uri: statusListUri(signer.statusListUrl, id),
		size,
		revoked,
		...timesOf(form),
	};
	const { kid, key } = signer;
	// If this machine's clock is behind the store's, the date must not be in the future for verifiers.
	const payload = statusListPayload(input, Math.min(at, now));
	const content = JSON.stringify([kid, key.thumbprint, payload]);
	const place = JSON.stringify([form, input.uri]);
	let known = signed.get(place);
	if (known?.content !== content) {
		known = { content, token: signStatusList(input, Math.min(at, now)) };
		if (signed.size >= MOST_KEPT) signed.clear();
		signed.set(place, known);
		known.token.catch(() => signed.delete(place));
	}
	const etag = createHash('sha256').update(content).digest('base64url').slice(0, 27);
	return { token: await known.token, etag };
}
