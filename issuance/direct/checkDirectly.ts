import { hideClaims } from '../../air/direct/hideClaims';
import { systemRandomness } from '../../air/direct/randomness';
import { assertExpiry } from '../../air/direct/signCredential';
import { AirError } from '../../errors/AirError';
import type { DirectLook } from '../../ledger/Ledger';
import type { CheckOutcome } from '../issue/checkOnce';
import { Earlier } from '../issue/Earlier';
import type { Idempotency } from '../issue/idempotency';
import { beginning } from '../issue/known';
import type { OutcomeFields } from '../issue/outcome';
import { asAirError } from '../session/asAirError';
import type { LedgerSession } from '../session/LedgerSession';
import type { DirectIssuer, DirectIssueRequest } from './DirectIssuing';
import { fromDirectLedger } from './directOutcome';
import { assertNeedsNoLedger } from './needsLedger';
import { assertListUrl } from './placeInList';

export interface CheckedDirect extends Partial<Omit<OutcomeFields, 'outcome'>> {
	readonly email: string;
	readonly outcome: CheckOutcome;
	readonly vct: string;
	/** ISO 8601. */
	readonly expiresAt?: string | undefined;
	readonly externalId?: string | undefined;
	readonly storagePath?: string | undefined;
	/** An earlier item of this run that this one repeats, counted from 1. */
	readonly sameAsRow?: number;
}

type Found = Omit<CheckedDirect, 'email' | 'vct'>;

/**
 * Checks the items of one run, one after another: says what issuing directly would do, without doing
 * it.
 */
export class DirectChecking {
	private readonly earlier = new Earlier();
	/** The people who would hold something after this run; in one spelling, as the ledger knows them. */
	private readonly holders = new Set<string>();

	/**
	 * What would become of an item, as far as the ledger knows. It looks up no account, and signs, sends
	 * and writes nothing; it reads the ledger only for a key that AIR has accepted before.
	 *
	 * @param row - of the item, counted from 1
	 * @param session - undefined with the ledger off
	 * @throws AirError what issuing would throw before it looks up the account
	 */
	async check(
		request: DirectIssueRequest,
		idempotency: Idempotency,
		session: LedgerSession | undefined,
		{ row, issuer }: { readonly row: number; readonly issuer: DirectIssuer },
	): Promise<CheckedDirect> {
		const { recipient, vct, credentialSubject, disclosable, expiresAt } = request;
		if (session === undefined) assertNeedsNoLedger(request);
		if (request.revocable === 'list') assertListUrl(issuer);
		assertExpiry(expiresAt, Date.now());
		hideClaims(credentialSubject, { disclosable }, systemRandomness);
		const about = { email: recipient, vct, expiresAt: new Date(expiresAt * 1000).toISOString() };
		const of = { recipient, what: vct };
		const sameAsRow = this.earlier.rowOf(of, idempotency);
		if (sameAsRow !== undefined) return { ...about, outcome: 'alreadyIssued', sameAsRow };
		const found = await this.find(request, idempotency, session, issuer);
		// What is kept uses up no key.
		if (found.outcome !== 'wouldKeep') this.earlier.add(of, idempotency, row);
		return { ...about, ...found };
	}

	private async find(
		request: DirectIssueRequest,
		idempotency: Idempotency,
		session: LedgerSession | undefined,
		{ issuer: { did } }: DirectIssuer,
	): Promise<Found> {
		const { recipient, vct, ifHeld } = request;
		const readable = (await session?.isKeyAccepted()) === true ? session : undefined;
		const seen = readable && (await look(readable, request, idempotency, did));
		if (seen?.outcome === 'busy') {
			throw new AirError('AIR_ISSUE_BUSY', { detail: readable?.nameOf(seen.row) });
		}
		const isHeld = seen?.outcome === 'held';
		if (seen !== undefined && seen.outcome !== 'open' && !(isHeld && ifHeld === 'reissue')) {
			return replayed(seen, idempotency, readable);
		}
		const person = JSON.stringify([recipient, vct]);
		const holdsOne = isHeld || this.holders.has(person);
		if (holdsOne && ifHeld === 'keep') return { outcome: 'wouldKeep' };
		await readable?.assertOwnKeyId();
		this.holders.add(person);
		return { outcome: holdsOne && ifHeld === 'reissue' ? 'wouldReissue' : 'wouldIssue' };
	}
}

/** What the ledger knows; also reports a credential of the person that would be replaced. */
async function look(
	session: LedgerSession,
	{ recipient, vct, ifHeld }: DirectIssueRequest,
	idempotency: Idempotency,
	issuerDid: string,
): Promise<DirectLook> {
	const asked = {
		...beginning(session, idempotency, {}),
		program: vct,
		issuerDid,
		recipient,
		repeatUnknown: true,
		ifHeld,
	};
	try {
		const seen = await session.ledger.lookDirect(asked);
		if (ifHeld !== 'reissue' || seen.outcome !== 'open') return seen;
		return await session.ledger.lookDirect({ ...asked, ifHeld: 'keep' });
	} catch (error) {
		throw asAirError(error);
	}
}

function replayed(
	seen: Exclude<DirectLook, { outcome: 'open' | 'busy' }>,
	idempotency: Idempotency,
	session: LedgerSession | undefined,
): Found {
	if (session === undefined) throw new Error('a row without a ledger');
	const { outcome, sameClaims, submittedAt, storagePath, externalId, expiresAt } = fromDirectLedger(
		seen,
		idempotency,
		session,
	);
	return {
		outcome: outcome === 'kept' ? 'wouldKeep' : 'alreadyIssued',
		...(sameClaims === undefined ? {} : { sameClaims }),
		submittedAt,
		storagePath,
		externalId,
		expiresAt,
	};
}
