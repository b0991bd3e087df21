import { LIVE_TTL_SECONDS } from '../../air/direct/statusList';
import { AirError } from '../../errors/AirError';
import {
	mayHaveIssued,
	type Ledger,
	type LedgerRow,
	type ListFilter,
	type Origin,
	type RevokeResult,
} from '../../ledger/Ledger';
import { pages } from '../ledger/pages';
import { isoTime, keyOfEvent } from '../ledger/rowFields';
import { asAirError } from '../session/asAirError';

/** What to revoke. */
export type RevokeWhat =
	| { readonly by: 'externalId'; readonly externalId: string }
	/** Without a type: everything that was issued for the event. */
	| { readonly by: 'event'; readonly eventId: string; readonly vct: string | undefined }
	/** Everything of this type that the person holds. */
	| { readonly by: 'person'; readonly recipient: string; readonly vct: string }
	/** The number outlives the row, even after the person was erased. */
	| { readonly by: 'number'; readonly number: string };

export interface Revoking {
	readonly what: RevokeWhat;
	readonly by: Omit<Origin, 'nodeId'>;
	/** Why; kept with the row. Empty for none. */
	readonly note: string;
}

/** One credential that is no longer valid. */
export interface Revoked {
	/** `expired`: it had already expired, and nothing was changed. */
	readonly outcome: 'revoked' | 'alreadyRevoked' | 'expired';
	readonly email: string | null;
	readonly vct: string | null;
	readonly externalId: string | null;
	readonly revocationNumber: string | null;
	/** ISO 8601. */
	readonly revokedAt: string | null;
	readonly expiresAt: string | null;
	/** ID of its status list; null if it is revocable by its number only. */
	readonly statusList: string | null;
	/** When a verifier that cached the list served by n8n must fetch it again; null if it is in no list. */
	readonly verifiersKnowBy: string | null;
	/** The same as a sentence, for both ways. */
	readonly verifiersKnow: string;
	readonly ledgerRow: number | null;
}

const LONGEST_REVOKE_NOTE = 1_000;

const LIST_WORDS =
	'Anyone who fetches the status list from Moca AIR JWKS Trigger knows at once, and anyone who has kept it within an hour. A list that is hosted elsewhere has to be published again: until then nobody knows.';
const NUMBER_WORDS =
	'Anyone who asks for its revocation number knows at once. It has no place in a status list, so nobody else is told.';
const EXPIRED_WORDS = 'It has expired, and nobody takes it any more.';

interface Where {
	readonly ledger: Pick<Ledger, 'page' | 'revoke'>;
	/** Undefined: all of them, as on the command line. */
	readonly realm: string | undefined;
}

/** In these states the person may hold the credential; `rejected`: where somebody wants it sent again. */
const MAY_HOLD = ['stored', 'unknown', 'sending', 'abandoned', 'rejected'] as const;

async function rowsOf({ ledger, realm }: Where, filter: Omit<ListFilter, 'limit'>) {
	const found: LedgerRow[] = [];
	for await (const page of pages(ledger, { realm, way: 'direct', ...filter })) {
		found.push(...page);
	}
	return found;
}

const mayBeStored = (row: LedgerRow) => row.state !== 'rejected' || mayHaveIssued(row);

const missing = (detail: string) => new AirError('AIR_REVOKE_MISSING', { detail });

/** The rows that the request names. @throws AirError `AIR_REVOKE_MISSING` where an ID names nothing */
async function find(where: Where, what: Exclude<RevokeWhat, { by: 'number' }>) {
	switch (what.by) {
		case 'externalId': {
			const found = await rowsOf(where, { externalId: what.externalId });
			if (found.length === 0) throw missing('by this external ID');
			return found;
		}
		case 'event': {
			const idempotencyKey = keyOfEvent(what.eventId);
			const all = await rowsOf(where, { idempotencyKey });
			const found = all.filter(({ program }) => what.vct === undefined || program === what.vct);
			if (found.length === 0) throw missing('by this event ID');
			// Of several types one may have been refused, which is told only where it was all.
			const mayBeHeld = found.filter(mayBeStored);
			return mayBeHeld.length > 0 ? mayBeHeld : found;
		}
		case 'person':
			return (
				await rowsOf(where, { recipient: what.recipient, program: what.vct, states: MAY_HOLD })
			).filter(mayBeStored);
	}
}

/** @throws AirError if it was not revoked */
function outcomeOf(result: RevokeResult): Revoked {
	switch (result.outcome) {
		case 'revoked':
		case 'before': {
			const { row, number, place, at, expiresAt } = result;
			return {
				outcome: result.outcome === 'revoked' ? 'revoked' : 'alreadyRevoked',
				...aboutRow(row),
				revocationNumber: number,
				revokedAt: isoTime(at),
				expiresAt: isoTime(expiresAt),
				statusList: place?.list ?? null,
				verifiersKnowBy: place === null ? null : isoTime(at + LIVE_TTL_SECONDS * 1000),
				verifiersKnow: place === null ? NUMBER_WORDS : LIST_WORDS,
			};
		}
		case 'expired':
			return {
				outcome: 'expired',
				...aboutRow(result.row),
				revocationNumber: result.row.revocationNumber,
				revokedAt: null,
				expiresAt: isoTime(result.row.expiresAt),
				statusList: null,
				verifiersKnowBy: null,
				verifiersKnow: EXPIRED_WORDS,
			};
		case 'busy':
			throw new AirError('AIR_REVOKE_BUSY', { detail: `ledger row ${result.row.id}` });
		case 'never-stored':
			throw new AirError('AIR_REVOKE_NEVER_STORED', { detail: `ledger row ${result.row.id}` });
		case 'not-kept':
			throw new AirError('AIR_REVOKE_NOT_KEPT', { detail: `ledger row ${result.row.id}` });
		case 'missing':
			throw missing('by this number');
	}
}

const aboutRow = (row: LedgerRow | undefined) => ({
	email: row?.recipient ?? null,
	vct: row?.program ?? null,
	externalId: row?.externalId ?? null,
	ledgerRow: row?.id ?? null,
});

/**
 * Revokes what was issued directly, forever; anyone who asks for its status learns it.
 *
 * For a person and a type, it revokes everything that they may hold, including what may have been
 * stored. If one of several cannot be revoked, because it is being sent at this moment or was issued
 * with Revocable off, it revokes the others and then throws.
 *
 * @returns one for each credential; for a person and a type, none if they hold none
 * @throws AirError `AIR_REVOKE_…`, `AIR_LEDGER_…`, `AIR_SETTING_INVALID` for a note that is too long
 * @example
 * ```ts
 * const what = { by: 'person', recipient: 'ada@example.com', vct: 'member' } as const;
 * const [revoked] = await revokeCredentials(session, { what, by: origin, note: 'left the club' });
 * ```
 */
export async function revokeCredentials(
	where: Where,
	{ what, by, note: given }: Revoking,
): Promise<Revoked[]> {
	const note = given.trim().toWellFormed();
	if (note.length > LONGEST_REVOKE_NOTE) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: `Note must have ${LONGEST_REVOKE_NOTE} characters at most`,
		});
	}
	const { instance, workflowId, executionId } = by;
	const request = {
		by: { instance, workflowId, executionId },
		note: note === '' ? null : note,
	};
	try {
		if (what.by === 'number') {
			const target = { number: what.number };
			return [outcomeOf(await where.ledger.revoke({ ...request, realm: where.realm, target }))];
		}
		const revoked: Revoked[] = [];
		const failures: unknown[] = [];
		for (const { id, realm } of await find(where, what)) {
			const result = await where.ledger.revoke({ ...request, realm, target: { issuanceId: id } });
			// They no longer hold what has expired.
			if (what.by === 'person' && result.outcome === 'expired') continue;
			try {
				revoked.push(outcomeOf(result));
			} catch (error) {
				failures.push(error);
			}
		}
		if (failures.length > 0) throw failures[0];
		return revoked;
	} catch (error) {
		throw asAirError(error);
	}
}
