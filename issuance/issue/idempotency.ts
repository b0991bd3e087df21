import { randomUUID } from 'node:crypto';
import type { PrivateKey } from '../../air/keys/privateKey';
import { comparedSubject, contentHashes } from './contentHash';
import { parseEventId } from '../inputs/eventId';
import type { IssueRequest } from './Issuing';

const HOUR_MS = 60 * 60 * 1000;
export const DEFAULT_REMEMBER_HOURS = 24;

/** What makes two items the same issuance. */
export type IdempotencyMode =
	/** Program, recipient and subject, for some time. */
	| { readonly mode: 'content'; readonly rememberHours: number }
	/** The sender's own ID of the event. */
	| { readonly mode: 'event'; readonly eventId: unknown }
	/** This item of this node in this execution, and in retries of it. */
	| { readonly mode: 'execution'; readonly position: readonly (string | number)[] }
	| { readonly mode: 'off' };

/** A key, and how long it is remembered. */
export interface Idempotency {
	readonly mode: IdempotencyMode['mode'];
	readonly key: string;
	/** Null: as long as the row is kept. */
	readonly rememberMs: number | null;
	/** HMAC of the subject, to notice when a key is used for something else. */
	readonly subjectHmac: string;
}

function keyOf(
	mode: IdempotencyMode,
	content: () => string,
): Pick<Idempotency, 'key' | 'rememberMs'> {
	switch (mode.mode) {
		case 'content':
			return { key: `content:${content()}`, rememberMs: mode.rememberHours * HOUR_MS };
		case 'event':
			return { key: `event:${parseEventId(mode.eventId)}`, rememberMs: null };
		case 'execution':
			return { key: `execution:${JSON.stringify(mode.position)}`, rememberMs: null };
		case 'off':
			return { key: `off:${randomUUID()}`, rememberMs: null };
	}
}

/**
 * The idempotency key of one issuance.
 *
 * @param ignored - attributes that are left out when content is compared
 * @throws AirError `AIR_EVENT_ID_INVALID`
 * @example
 * ```ts
 * idempotencyOf(key, request, { mode: 'event', eventId: 'evt_1' }, []).key; // 'event:evt_1'
 * ```
 */
export function idempotencyOf(
	key: PrivateKey,
	request: Pick<IssueRequest, 'recipient' | 'issuerDid' | 'credentialSubject'>,
	mode: IdempotencyMode,
	ignored: readonly string[],
): Idempotency {
	const subject = comparedSubject(request.credentialSubject, ignored);
	const { recipient, issuerDid } = request;
	const { ofContent, ofSubject } = contentHashes(key, recipient, issuerDid, subject);
	return { mode: mode.mode, ...keyOf(mode, ofContent), subjectHmac: ofSubject };
}
