import {
	isOnlyWatched,
	mayHaveIssued,
	type Attempt,
	type AttemptFailure,
	type BeginRequest,
	type EventType,
	type LedgerRow,
	type Observation,
	type RowState,
} from './Ledger';

/** Reason of a row whose attempt had no known outcome when its lease ran out. */
export const LEASE_EXPIRED = 'LEDGER_LEASE_EXPIRED';

/** Reason of a row that AIR has not known for a day. */
export const HASH_MISSING = 'AIR_HASH_NOT_FOUND';

/** Reason of a row that somebody settled by hand, so that its key may be tried again. */
export const SETTLED = 'LEDGER_SETTLED';

/** What `begin` has to do; `now` is the store's clock. */
export type BeginDecision =
	/** No row for this key. */
	| { readonly do: 'insert' }
	/** The row's answer no longer counts for this key: free the key, then insert. */
	| { readonly do: 'retire-and-insert' }
	/** The lease has run out: write `end` (see `expireLease`), read the row again, decide again. */
	| { readonly do: 'expire'; readonly end: AttemptEnd }
	/** Another attempt on the same row, which takes over the values of the new request. */
	| { readonly do: 'start'; readonly attempt: number }
	| { readonly do: 'answer' }
	| { readonly do: 'busy'; readonly leaseMs: number }
	| { readonly do: 'unknown' }
	| { readonly do: 'conflict'; readonly about: 'recipient' | 'subject' };

type WithAttempts = Pick<
	LedgerRow,
	'way' | 'state' | 'reason' | 'attempt' | 'attempts' | 'coreClaimHash'
>;

type Found = WithAttempts &
	Pick<
		LedgerRow,
		| 'recipient'
		| 'subjectHmac'
		| 'keyThumbprint'
		| 'leaseUntil'
		| 'answeredAt'
		| 'updatedAt'
		| 'keptSince'
		| 'keptSame'
	>;

type Asked = Pick<
	BeginRequest,
	'recipient' | 'subjectHmac' | 'keyThumbprint' | 'rememberMs' | 'repeatUnknown' | 'replaces'
>;

const forgotten = (since: number, rememberMs: number | null, now: number) =>
	rememberMs !== null && since + rememberMs <= now;

/**
 * Decides what `begin` answers.
 *
 * - the same key for another recipient is never allowed; for another subject only where AIR refused
 *   the first, so that a corrected event can be sent again
 * - an attempt whose lease has run out ended without a known outcome
 * - an unknown row is never retired because of its private key: the first answer of a good key may
 *   have been lost
 */
export function decideBegin(row: Found | undefined, asked: Asked, now: number): BeginDecision {
	if (row === undefined) return { do: 'insert' };
	const end = expireLease(row, now);
	if (end !== undefined) return { do: 'expire', end };

	const settled = row.state !== 'sending' && row.state !== 'rejected';
	if (settled && forgotten(row.answeredAt ?? row.updatedAt, asked.rememberMs, now)) {
		return { do: 'retire-and-insert' };
	}
	const comparable = row.keyThumbprint === asked.keyThumbprint;
	if (row.recipient !== asked.recipient) {
		// A key that AIR accepted once and refuses now must not use up an event.
		if (row.state === 'rejected' && !comparable) return { do: 'retire-and-insert' };
		return { do: 'conflict', about: 'recipient' };
	}
	if (comparable && row.subjectHmac !== asked.subjectHmac && row.state !== 'rejected') {
		return { do: 'conflict', about: 'subject' };
	}
	switch (row.state) {
		case 'sending':
			return { do: 'busy', leaseMs: (row.leaseUntil ?? now) - now };
		case 'rejected':
			return { do: 'start', attempt: row.attempt + 1 };
		case 'unknown':
		case 'abandoned':
			// Somebody may have settled it without a hash.
			if (row.answeredAt !== null) return { do: 'answer' };
			return asked.repeatUnknown ? { do: 'start', attempt: row.attempt + 1 } : { do: 'unknown' };
		case 'submitted':
		case 'confirmed':
			// Its claims were never issued. A later issuance would have superseded the row.
			if (asked.replaces && row.keptSince !== null && row.keptSame !== true) {
				return { do: 'retire-and-insert' };
			}
			return { do: 'answer' };
		case 'stored':
		case 'unusable':
		case 'superseded':
		case 'revoked':
			return { do: 'answer' };
	}
}

/** The changes to a row when one of its attempts has ended. */
export interface AttemptEnd {
	readonly state: RowState;
	readonly reason: string | null;
	/** The issuance that stands now; null when there is none. */
	readonly standing: Pick<Attempt, 'number' | 'coreClaimHash' | 'userUuid'> | null;
	/**
	 * Whether a different issuance stands now and must be watched: what was seen of the earlier one
	 * (`vcId`, `vcStatus`, `checks`) is cleared, and AIR is asked at the time that came with the answer,
	 * or at once if there was no answer.
	 */
	readonly submitted: boolean;
}

/** In these states an issuance stands. */
const ANSWERED: readonly RowState[] = [
	'submitted',
	'stored',
	'confirmed',
	'unusable',
	'superseded',
	'revoked',
];

/** The state of an issuance that was accepted just now. */
const accepted = ({ way }: WithAttempts): RowState => (way === 'direct' ? 'stored' : 'submitted');

function unchanged(row: WithAttempts): AttemptEnd {
	const { coreClaimHash } = row;
	const standing =
		coreClaimHash === null
			? undefined
			: row.attempts.find((attempt) => attempt.coreClaimHash === coreClaimHash);
	return { state: row.state, reason: row.reason, standing: standing ?? null, submitted: false };
}

/**
 * Decides what becomes of a row whose current attempt had no known outcome when its lease ran out: the
 * outcome is unknown, unless an overtaken attempt was accepted meanwhile. The store writes the attempt
 * as `unknown`. It counts as ended when the lease ended; that time is also the row's `updatedAt`,
 * however late this is noticed.
 *
 * @returns undefined if there is no lease that has run out
 */
export function expireLease(
	row: WithAttempts & Pick<LedgerRow, 'leaseUntil'>,
	now: number,
): AttemptEnd | undefined {
	if (row.state !== 'sending' || (row.leaseUntil ?? 0) > now) return undefined;
	return decideFailed(row, row.attempt, { outcome: 'unknown', reason: LEASE_EXPIRED });
}

/**
 * Whether what an attempt sent has since been replaced by another credential with another number: AIR's
 * later answer is recorded, but never stands.
 */
export const isReplaced = ({ attempts }: Pick<WithAttempts, 'attempts'>, number: number): boolean =>
	attempts.some((one) => one.number === number && one.outcome === 'replaced');

/**
 * Decides what a row becomes when AIR accepted one of its attempts. An attempt that a later one has
 * overtaken is recorded with its hash; it stands only if the later one came to nothing. A late answer
 * never discards what is known about an issuance beyond its submission.
 *
 * The store records the hash with the attempt unless the attempt already has one: writing the same
 * answer twice (the first write may have succeeded although it seemed to fail) changes nothing.
 *
 * @param row - the current row, with its attempts
 * @param number - the attempt that ended
 */
export function decideAnswered(
	row: WithAttempts,
	number: number,
	{ coreClaimHash, userUuid }: Pick<Attempt, 'coreClaimHash' | 'userUuid'>,
): AttemptEnd {
	const told = row.attempts.some(
		(attempt) => attempt.number === number && attempt.coreClaimHash !== null,
	);
	if (told || isReplaced(row, number)) return unchanged(row);
	const standing = unchanged(row).standing?.number ?? 0;
	// Somebody may have settled it by hand without knowing its hash.
	const nameless = row.state === 'stored' && row.coreClaimHash === null;
	const stands =
		row.state === 'submitted' || nameless
			? number > standing
			: !ANSWERED.includes(row.state) && (row.state !== 'sending' || number === row.attempt);
	if (!stands) return unchanged(row);
	return {
		state: accepted(row),
		reason: null,
		standing: { number, coreClaimHash, userUuid },
		submitted: true,
	};
}

/**
 * Whether nothing is certain yet about how an attempt ended. Somebody who settled it as not issued may
 * have looked before it was sent, if its process was held up for longer than its lease: if it then ends
 * without a known outcome, that is what counts.
 */
export function isOpenAttempt(
	{ state, reason }: Pick<WithAttempts, 'state' | 'reason'>,
	attempt: Attempt,
	{ outcome }: Pick<AttemptFailure, 'outcome'>,
): boolean {
	if (attempt.outcome === 'open' || attempt.outcome === 'unknown') return true;
	const settled = state === 'rejected' && reason === SETTLED && attempt.outcome === 'rejected';
	return settled && outcome === 'unknown';
}

/**
 * Decides what a row becomes when one of its attempts failed. If another attempt was accepted, its
 * issuance stands; if the outcome of any attempt is unknown, so is the row's. The store writes the
 * outcome with the attempt only if {@link isOpenAttempt}: what AIR said is never overwritten.
 */
export function decideFailed(
	row: WithAttempts,
	number: number,
	failure: AttemptFailure,
): AttemptEnd {
	const { outcome, reason } = failure;
	const known = row.attempts.some(
		(attempt) => attempt.number === number && !isOpenAttempt(row, attempt, failure),
	);
	const underWay = row.state === 'sending' && number !== row.attempt;
	if (known || underWay || ANSWERED.includes(row.state) || row.state === 'abandoned') {
		return unchanged(row);
	}
	const others = row.attempts.filter((attempt) => attempt.number !== number);
	const standing = others
		.filter((one) => one.coreClaimHash !== null && one.outcome !== 'replaced')
		.at(-1);
	if (standing !== undefined) {
		return { state: accepted(row), reason, standing, submitted: true };
	}
	const unknown = outcome === 'unknown' || mayHaveIssued({ attempts: others });
	return { state: unknown ? 'unknown' : 'rejected', reason, standing: null, submitted: false };
}

/** The changes to a row after AIR said something about the issuance that stands. */
export interface ObservedChange {
	readonly state: RowState;
	/** The status to keep: what was seen, unless that is older than what is known. */
	readonly vcStatus: string | null;
	/** Likewise, since it belongs to the status. */
	readonly vcId: string | null;
	/** Events to append, in this order; the store ignores those that the row already has. */
	readonly events: readonly { readonly type: EventType; readonly threshold: string }[];
	/** When to ask AIR again, from now; null if there is nothing more to learn. */
	readonly nextCheckMs: number | null;
}

/** A postponed verdict is checked again by then, no matter who asked. */
const PUT_OFF_MS = 30_000;

const RANK: Readonly<Partial<Record<RowState, number>>> = {
	abandoned: 0,
	submitted: 0,
	confirmed: 1,
	unusable: 2,
};

/**
 * Decides what an observation changes. State moves only forward: a delayed answer never undoes a
 * confirmation. A superseded row keeps the last `vcStatus`, but gets no event.
 *
 * @param replacing - whether an attempt to issue the same program to the same recipient is under way.
 *   AIR may have revoked this issuance for it and not have answered yet: then the row will be
 *   superseded, and whether it is unusable for another reason is asked when the attempt is over
 */
export function decideObserved(
	row: Pick<LedgerRow, 'state' | 'vcStatus' | 'vcId'>,
	seen: Pick<Observation, 'state' | 'vcStatus' | 'vcId' | 'nextCheckMs'>,
	replacing = false,
): ObservedChange {
	const { state } = row;
	const known = { vcStatus: row.vcStatus, vcId: row.vcId };
	const believed = { vcStatus: seen.vcStatus, vcId: seen.vcId ?? row.vcId };
	const rank = RANK[state];
	if (rank === undefined) {
		const kept = state === 'superseded' ? believed : known;
		return { state, ...kept, events: [], nextCheckMs: null };
	}
	const wanted = seen.state === 'confirmed' || seen.state === 'unusable' ? seen.state : 'submitted';
	const unchanged = { state, ...known, events: [] };
	if ((RANK[wanted] ?? 0) < rank) return { ...unchanged, nextCheckMs: null };
	const standing = state === 'submitted' || state === 'confirmed';
	if (replacing && standing && wanted === 'unusable') {
		return { ...unchanged, nextCheckMs: seen.nextCheckMs ?? PUT_OFF_MS };
	}
	const events: { type: EventType; threshold: string }[] = [];
	if (row.vcStatus !== seen.vcStatus) events.push({ type: 'status', threshold: seen.vcStatus });
	if (wanted !== state && wanted !== 'submitted') events.push({ type: wanted, threshold: '' });
	const next = wanted === 'submitted' && state === 'abandoned' ? 'abandoned' : wanted;
	const nextCheckMs = next === 'submitted' ? seen.nextCheckMs : null;
	return { state: next, ...believed, events, nextCheckMs };
}

/**
 * Decides whether to condemn a row about which AIR itself has only said, for long enough, that it knows
 * no such hash. A confirmed row is never condemned for this. Nor is a row that is only watched and that
 * AIR never knew under this address: a typo in the address looks the same.
 */
export function decideMissing(
	row: Pick<LedgerRow, 'state' | 'program' | 'vcStatus'>,
	missingForMs: number,
	condemnAfterMs: number,
): boolean {
	const neverKnown = isOnlyWatched(row) && row.vcStatus === null;
	return row.state === 'submitted' && !neverKnown && missingForMs >= condemnAfterMs;
}
