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
import type { DirectIssueRequest } from './DirectIssuing';
import { laneOfDirect } from './DirectIssuing';
import { fromDirectLedger } from './directOutcome';
import { assertNeedsNoLedger } from './needsLedger';

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

/**
 * Checks the items of one run, one after another: says what issuing directly would do, without doing
 * it.
 */
export class DirectChecking {
	private readonly earlier = new Earlier();
	/** The people who would hold something after this run. */
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
		{ row, issuerDid }: { readonly row: number; readonly issuerDid: string },
	): Promise<CheckedDirect> {
		const { recipient, vct, credentialSubject, disclosable, expiresAt, ifHeld } = request;
		if (session === undefined) assertNeedsNoLedger(request);
		assertExpiry(expiresAt, Date.now());
		hideClaims(credentialSubject, { disclosable }, systemRandomness);
		const about = { email: recipient, vct, expiresAt: new Date(expiresAt * 1000).toISOString() };
		const sameAsRow = this.earlier.rowOf({ recipient, what: vct }, idempotency, row);
		if (sameAsRow !== undefined) return { ...about, outcome: 'alreadyIssued', sameAsRow };

		const readable = (await session?.isKeyAccepted()) === true ? session : undefined;
		const seen = readable && (await look(readable, request, idempotency, issuerDid));
		if (seen !== undefined && seen.outcome !== 'open' && seen.outcome !== 'held') {
			if (seen.outcome === 'busy') {
				throw new AirError('AIR_ISSUE_BUSY', { detail: readable?.nameOf(seen.row) });
			}
			return { ...about, ...replayed(seen, idempotency, readable) };
		}
		await readable?.assertOwnKeyId();
		const inThisRun = this.holders.has(laneOfDirect(request));
		this.holders.add(laneOfDirect(request));
		if (ifHeld === 'another' || !(inThisRun || seen?.outcome === 'held')) {
			return { ...about, outcome: 'wouldIssue' };
		}
		if (ifHeld === 'reissue') return { ...about, outcome: 'wouldReissue' };
		return seen?.outcome === 'held'
			? { ...about, ...replayed(seen, idempotency, readable) }
			: { ...about, outcome: 'wouldKeep' };
	}
}

/** What the ledger knows; also reports a credential of the person that would be replaced. */
async function look(
	session: LedgerSession,
	{ recipient, vct, ifHeld }: DirectIssueRequest,
	idempotency: Idempotency,
	issuerDid: string,
): Promise<DirectLook> {
	try {
		return await session.ledger.lookDirect({
			...beginning(session, idempotency, {}),
			program: vct,
			issuerDid,
			recipient,
			repeatUnknown: true,
			ifHeld: ifHeld === 'reissue' ? 'keep' : ifHeld,
		});
	} catch (error) {
		throw asAirError(error);
	}
}

function replayed(
	seen: Exclude<DirectLook, { outcome: 'open' | 'busy' }>,
	idempotency: Idempotency,
	session: LedgerSession | undefined,
): Omit<CheckedDirect, 'email' | 'vct'> {
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
