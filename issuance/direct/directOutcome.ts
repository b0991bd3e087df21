import { AirError } from '../../errors/AirError';
import type { DirectBegun, DirectLook, LedgerRow } from '../../ledger/Ledger';
import type { Idempotency } from '../issue/idempotency';
import { assertStands, conflict } from '../issue/known';
import { answeredAtOf, type OutcomeFields } from '../issue/outcome';
import type { LedgerSession } from '../session/LedgerSession';

/** A direct issuance with its outcome and the rest of AIR's answer. */
export interface RememberedDirect extends OutcomeFields {
	readonly [ofAir: string]: unknown;
	readonly email: string;
	readonly vct: string;
	readonly storagePath?: string | undefined;
	readonly externalId?: string | undefined;
	readonly revocationNumber?: string | undefined;
	readonly holderDid?: string | undefined;
	/** ISO 8601. */
	readonly expiresAt?: string | undefined;
	/** False when AIR accepted it and the ledger could not be written. */
	readonly recorded?: boolean;
	/** What the ledger knows of it, for a replay. */
	readonly state?: string | undefined;
	/** The person had no signing key, so anybody who gets hold of the credential can show it. */
	readonly unbound?: true;
}

/** Results of the ledger for an item that is not sent. */
export type NotSent = Exclude<
	DirectLook | DirectBegun,
	{ outcome: 'open' | 'started' | 'changed' | 'busy' }
>;

/**
 * The output for an item that is not sent because of what the ledger knows.
 *
 * @throws AirError if it may not be sent and there is no recorded answer to give
 */
export function fromDirectLedger(
	known: NotSent,
	idempotency: Idempotency,
	session: LedgerSession,
): RememberedDirect {
	const { row } = known;
	switch (known.outcome) {
		case 'conflict':
			throw conflict(known, session);
		case 'unknown':
			throw new AirError('AIR_DIRECT_EARLIER_UNKNOWN', {
				detail: `${session.nameOf(row)}, begun ${new Date(row.createdAt).toISOString()}`,
			});
		case 'answered':
			assertStands(row, idempotency, session);
			return { ...ofRow(row), outcome: 'alreadyIssued' };
		case 'held': {
			const comparable = row.keyThumbprint === session.settings.client.identity.key.thumbprint;
			return {
				...ofRow(row),
				outcome: 'kept',
				sameClaims: comparable ? row.subjectHmac === idempotency.subjectHmac : null,
			};
		}
	}
}

/** What is known about an issuance that was stored before. */
const ofRow = (row: LedgerRow) => ({
	email: row.recipient,
	vct: row.program,
	storagePath: row.coreClaimHash ?? undefined,
	externalId: row.externalId ?? undefined,
	revocationNumber: row.revocationNumber ?? undefined,
	holderDid: row.holderDid ?? undefined,
	expiresAt: row.expiresAt === null ? undefined : new Date(row.expiresAt).toISOString(),
	submittedAt: answeredAtOf(row),
	state: row.state,
});
