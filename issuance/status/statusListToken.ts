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

/** Who signs lists, and where they are. */
export interface ListSigner {
	readonly issuer: WebIssuer;
	readonly issuerAs: 'did' | 'url';
	readonly kid: string;
	readonly key: PrivateKey;
	/** Where lists are: see `statusListUri`. */
	readonly statusListUrl: string;
}

/**
 * - `live`: to be asked for again after an hour, and good for a day
 * - `file`: for a place that only holds files. It never expires, as nobody may renew it in time, unless
 *   its owner says so, in seconds
 * - `bare`: it neither expires nor says how long to keep it: as AIR's own documents show one
 */
export type ListForm = 'live' | 'bare' | { readonly file: { readonly lifetimeSeconds?: number } };

/** Signed again after this, so that anyone who fetches it has at least half of its lifetime left. */
const RENEW_MS = (LIVE_LIFETIME_SECONDS / 2) * 1000;

export interface ListToken {
	readonly token: string;
	/** The same for the same content, no matter who signed it. */
	readonly etag: string;
}

/** Signed once for each content; kept in this process. */
const signed = new Map<string, { readonly content: string; readonly token: Promise<string> }>();
const MOST_KEPT = 1_000;

function timesOf(form: ListForm) {
	if (form === 'bare') return {};
	return form === 'live'
		? { ttlSeconds: LIVE_TTL_SECONDS, lifetimeSeconds: LIVE_LIFETIME_SECONDS }
		: { ttlSeconds: LIVE_TTL_SECONDS, ...form.file };
}

/**
 * The signed form of a list. It is dated by the last revocation in it; one that expires is dated by the
 * half day, so that all processes give out the same, and sign it once for each change.
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
	const at = form === 'live' ? Math.max(changedAt, Math.floor(now / RENEW_MS) * RENEW_MS) : now;
	const input: StatusListInput = {
		...signer,
		uri: statusListUri(signer.statusListUrl, id),
		size,
		revoked,
		...timesOf(form),
	};
	const { kid, key } = signer;
	// A clock that is behind the store's must not date it into the future of verifiers.
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
