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

/** Reason of a row whose attempt nobody said anything of before its lease ran out. */
export const LEASE_EXPIRED = 'LEDGER_LEASE_EXPIRED';

/** Reason of a row that AIR has not known for a day. */
export const HASH_MISSING = 'AIR_HASH_NOT_FOUND';

/** Reason of a row that somebody settled by hand, so that its key may be tried again. */
export const SETTLED = 'LEDGER_SETTLED';

/** What `begin` does with what it finds; `now` is the store's clock. */
export type BeginDecision =
	/** No row for this key. */
	| { readonly do: 'insert' }
	/** The row's answer is no longer to be remembered for this key: free the key, then insert. */
	| { readonly do: 'retire-and-insert' }
	/** The lease has run out: write `end` (see `expireLease`), read the row again, decide again. */
	| { readonly do: 'expire'; readonly end: AttemptEnd }
	/** Another attempt on the same row, which takes over what was asked for now. */
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
		// A key that AIR accepted once and refuses now must not take an event away.
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

/** What to write of a row when one of its attempts has ended. */
export interface AttemptEnd {
	readonly state: RowState;
	readonly reason: string | null;
	/** The issuance that stands now; null when there is none. */
	readonly standing: Pick<Attempt, 'number' | 'coreClaimHash' | 'userUuid'> | null;
	/**
	 * Whether another issuance stands than before, so that it is to be watched from now on: what was
	 * seen of the earlier one (`vcId`, `vcStatus`, `checks`) is cleared, and AIR is asked when the
	 * answer says, or at once if this was not an answer.
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

/** In which state an issuance stands that was accepted just now. */
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
 * Decides what becomes of a row whose current attempt nobody has said anything of before its lease
 * ran out: the outcome is unknown, unless an overtaken attempt was accepted meanwhile. The attempt is
 * to be written as `unknown`; it ended, as far as anybody knows, with the lease, which is also the
 * row's `updatedAt`, however late this is noticed.
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
 * Whether an attempt sent what was replaced since by another credential, whose number is another one:
 * what AIR says of it later is recorded, and never stands.
 */
export const isReplaced = ({ attempts }: Pick<WithAttempts, 'attempts'>, number: number): boolean =>
	attempts.some((one) => one.number === number && one.outcome === 'replaced');

/**
 * Decides what a row becomes when AIR accepted one of its attempts. An attempt that a later one has
 * overtaken is recorded with its hash; it stands only if the later one came to nothing. What is known
 * of an issuance beyond its submission is never given up for a late answer.
 *
 * The store records the hash with the attempt in any case, unless the attempt has one: told twice of
 * an answer (its first write may have come through although it seemed to fail), nothing changes.
 *
 * @param row - as it is, its attempts included
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
	// Somebody may have settled it by hand without what AIR calls it.
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
 * Decides what a row becomes when one of its attempts failed. If another attempt was accepted, its
 * issuance stands; if the outcome of any is unknown, the row's is. The store writes the outcome with
 * the attempt only where it was `open` or `unknown`: what is known of an attempt is never unlearned.
 */
export function decideFailed(
	row: WithAttempts,
	number: number,
	{ outcome, reason }: AttemptFailure,
): AttemptEnd {
	const known = row.attempts.some(
		(attempt) =>
			attempt.number === number && attempt.outcome !== 'open' && attempt.outcome !== 'unknown',
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

/** What to write of a row after AIR said something of the issuance that stands. */
export interface ObservedChange {
	readonly state: RowState;
	/** As it is to be kept: not what was seen if that is older than what is known. */
	readonly vcStatus: string | null;
	/** The same: it belongs to the status. */
	readonly vcId: string | null;
	/** To append, in this order; the store ignores those that the row already has. */
	readonly events: readonly { readonly type: EventType; readonly threshold: string }[];
	/** When AIR is to be asked again, from now; null when there is nothing more to learn. */
	readonly nextCheckMs: number | null;
}

/** A verdict that was put off is looked at again by then, no matter who asked. */
const PUT_OFF_MS = 30_000;

const RANK: Readonly<Partial<Record<RowState, number>>> = {
	abandoned: 0,
	submitted: 0,
	confirmed: 1,
	unusable: 2,
};

/**
 * Decides what an observation changes. State moves only forward: an answer that was overtaken on its
 * way here never takes a confirmation back. Of a superseded row the last `vcStatus` is kept, but
 * nobody is told.
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
 * Decides whether a row is condemned of which AIR itself has said, for so long and nothing else, that
 * it knows no such hash. Only what was never confirmed: a confirmation is not taken back for silence.
 * And not what is only watched and was never known to AIR under this address: a typo in the address
 * looks the same.
 */
export function decideMissing(
	row: Pick<LedgerRow, 'state' | 'program' | 'vcStatus'>,
	missingForMs: number,
	condemnAfterMs: number,
): boolean {
	const neverKnown = isOnlyWatched(row) && row.vcStatus === null;
	return row.state === 'submitted' && !neverKnown && missingForMs >= condemnAfterMs;
}
