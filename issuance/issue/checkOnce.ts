import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import type { LedgerRow } from '../../ledger/Ledger';
import { afterLease } from '../../ledger/operations/endAttempts';
import { decideBegin } from '../../ledger/transitions';
import { asAirError } from '../session/asAirError';
import type { LedgerSession } from '../session/LedgerSession';
import { Earlier } from './Earlier';
import type { Idempotency } from './idempotency';
import { laneOf, type IssueRequest } from './Issuing';
import { fromLedger } from './issueOnce';
import type { OutcomeFields } from './outcome';

/**
 * What would become of an item:
 * - `wouldIssue`: it would be sent, and the person is not known to hold one
 * - `wouldKeep`: it would be sent, and AIR would probably keep what the person holds
 * - `wouldReissue`: it would be sent, and would probably replace what the person holds
 * - `alreadyIssued`: it was issued before, or an earlier item of this run is the same; it would not be sent
 */
export type CheckOutcome = 'wouldIssue' | 'wouldKeep' | 'wouldReissue' | 'alreadyIssued';

export interface Checked extends Partial<Omit<OutcomeFields, 'outcome'>> {
	readonly email: string;
	readonly outcome: CheckOutcome;
	readonly credentialId: string;
	readonly coreClaimHash?: string;
	/** An earlier item of this run that this one repeats, counted from 1. */
	readonly sameAsRow?: number;
}

/** Checks the items of one run, one after another: says what issuing would do, without doing it. */
export class Checking {
	private readonly earlier = new Earlier();
	/** The people who would hold something after this run. */
	private readonly holders = new Set<string>();

	/**
	 * What would become of an item, as far as the ledger knows. It sends and writes nothing, and reads
	 * the ledger only for a key that AIR has accepted before.
	 *
	 * @param row - of the item, counted from 1
	 * @param session - undefined with the ledger off
	 * @throws AirError what issuing would throw before it sends
	 */
	async check(
		client: AirClient,
		request: IssueRequest,
		idempotency: Idempotency,
		session: LedgerSession | undefined,
		{ row, repeatUnknown }: { readonly row: number; readonly repeatUnknown: boolean },
	): Promise<Checked> {
		const { recipient, credentialId } = request;
		const about = { email: recipient, credentialId };
		const of = { recipient, what: credentialId };
		const sameAsRow = this.earlier.rowOf(of, idempotency);
		if (sameAsRow !== undefined) return { ...about, outcome: 'alreadyIssued', sameAsRow };
		const readable = (await session?.isKeyAccepted()) === true ? session : undefined;
		const before =
			readable === undefined
				? undefined
				: await known(readable, request, idempotency, {
						keyThumbprint: client.identity.key.thumbprint,
						repeatUnknown,
					});
		this.earlier.add(of, idempotency, row);
		if (before !== undefined) return { ...about, ...before };

		const holds =
			this.holders.has(laneOf(request)) ||
			(readable !== undefined && (await holdsOne(readable, request)));
		this.holders.add(laneOf(request));
		if (!holds) return { ...about, outcome: 'wouldIssue' };
		return { ...about, outcome: request.onDuplicate === 'revoke' ? 'wouldReissue' : 'wouldKeep' };
	}
}

/** What the ledger has for the key of the item; undefined if it would be sent. */
async function known(
	session: LedgerSession,
	{ recipient, credentialId: program, onDuplicate }: IssueRequest,
	idempotency: Idempotency,
	asked: { readonly keyThumbprint: string; readonly repeatUnknown: boolean },
): Promise<Omit<Checked, 'email' | 'credentialId'> | undefined> {
	const { key: idempotencyKey, subjectHmac, rememberMs } = idempotency;
	const found = await read(() => session.ledger.find(session.realm, { program, idempotencyKey }));
	if (found === undefined) return undefined;
	// By the clock of this machine, which is near enough to the store's for a forecast.
	const now = Date.now();
	const row = afterLease(found, now);
	const replaces = onDuplicate === 'revoke';
	const decision = decideBegin(
		row,
		{ ...asked, recipient, subjectHmac, rememberMs, replaces },
		now,
	);
	switch (decision.do) {
		case 'insert':
		case 'retire-and-insert':
		case 'start':
		case 'expire':
			return undefined;
		case 'busy':
			throw new AirError('AIR_ISSUE_BUSY', { detail: session.nameOf(row) });
		case 'answer':
			return replayed(fromLedger({ outcome: 'answered', row }, idempotency, session));
		case 'unknown':
			return replayed(fromLedger({ outcome: 'unknown', row }, idempotency, session));
		case 'conflict':
			return replayed(
				fromLedger({ outcome: 'conflict', row, about: decision.about }, idempotency, session),
			);
	}
}

const replayed = ({
	outcome,
	coreClaimHash,
	submittedAt,
	sameClaims,
}: ReturnType<typeof fromLedger>): Omit<Checked, 'email' | 'credentialId'> => ({
	outcome: outcome === 'kept' ? 'wouldKeep' : 'alreadyIssued',
	...(sameClaims === undefined ? {} : { sameClaims }),
	coreClaimHash,
	submittedAt,
});

const STANDS: readonly LedgerRow['state'][] = ['submitted', 'confirmed'];

/** Whether, by the ledger, the person holds something of the program. */
async function holdsOne(
	{ ledger, realm }: LedgerSession,
	{ recipient, credentialId }: IssueRequest,
): Promise<boolean> {
	const of = { realm, program: credentialId, recipient };
	const found = await read(() => ledger.list({ ...of, states: STANDS, limit: 1 }));
	return found.length > 0;
}

async function read<T>(ask: () => Promise<T>): Promise<T> {
	try {
		return await ask();
	} catch (error) {
		throw asAirError(error);
	}
}
