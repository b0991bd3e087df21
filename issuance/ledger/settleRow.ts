import { AirError } from '../../errors/AirError';
import {
	isOnlyWatched,
	type LedgerRow,
	type SettleAs,
	type SettleRequest,
	type SettleResult,
} from '../../ledger/Ledger';
import { asAirError } from '../session/asAirError';
import { findRow, type RealmLedger } from './findRow';

const LONGEST_NOTE = 1_000;

export interface Settling extends Pick<SettleRequest, 'by'> {
	readonly id: number;
	/** The attempt that the person saw; the current one if undefined. */
	readonly attempt: number | undefined;
	readonly as: SettleAs;
	/** The reason: who looked, and where. */
	readonly note: string;
}

const seconds = (ms: number) => `${Math.max(1, Math.ceil(ms / 1000))} s`;

/** Why a settlement was refused. */
function refusal({ id, attempt }: Settling, result: Exclude<SettleResult, { outcome: 'settled' }>) {
	switch (result.outcome) {
		case 'missing':
			return new AirError('AIR_LEDGER_ROW_MISSING', { detail: `row ${id}` });
		case 'busy':
			return new AirError('AIR_SETTLE_BUSY', {
				detail: `row ${id}, for ${seconds(result.leaseMs)} at most`,
			});
		case 'changed': {
			const { row } = result;
			return row.state === 'unknown' && attempt !== row.attempt
				? new AirError('AIR_SETTLE_OVERTAKEN', {
						detail: `row ${id} has attempt ${row.attempt} by now`,
					})
				: new AirError('AIR_SETTLE_KNOWN', { detail: `row ${id} is ${row.state}` });
		}
	}
}

/**
 * A hash is easily copied from another line. It would be given out for this person from then on, and AIR
 * would be asked about the other one with the wrong address. AIR gives a hash again only for what the
 * same person holds of the same program; the spelling of the address may differ.
 */
async function assertOfPerson(
	{ ledger, realm }: RealmLedger<'find'>,
	row: LedgerRow,
	coreClaimHash: string | null,
): Promise<void> {
	if (coreClaimHash === null) return;
	const other = await ledger.find(realm, { coreClaimHash });
	if (other === undefined || isOnlyWatched(other)) return;
	const person = ({ program, recipient }: LedgerRow) =>
		JSON.stringify([program, recipient.toLowerCase()]);
	if (person(other) === person(row)) return;
	throw new AirError('AIR_SETTING_INVALID', {
		detail: `Core Claim Hash is that of row ${other.id}, of another person or program`,
	});
}

/**
 * Settles an unknown outcome: a person has looked, and says what became of it. See `Ledger.settle` for
 * the effect of each answer.
 *
 * @returns the row as it is now
 * @throws AirError `AIR_LEDGER_ROW_MISSING`, `AIR_SETTLE_…`, `AIR_LEDGER_…`; then nothing was changed
 * @example
 * ```ts
 * const as = { outcome: 'not-issued' } as const;
 * await settleRow(session, { id: 1030, attempt: 1, as, by: origin, note: 'Not in Claim Records (Bob)' });
 * ```
 */
export async function settleRow(
	where: RealmLedger<'find' | 'list' | 'settle'>,
	settling: Settling,
): Promise<LedgerRow> {
	const { id, as, by } = settling;
	const note = settling.note.trim();
	if (note === '' || note.length > LONGEST_NOTE) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: `Note must say in up to ${LONGEST_NOTE} characters who looked, and where`,
		});
	}
	const found = await findRow(where, { by: 'id', id });
	if (found.way === 'direct' && as.outcome === 'issued' && as.coreClaimHash !== null) {
		throw new AirError('AIR_SETTING_INVALID', {
			detail: 'Core Claim Hash must be empty: what is issued directly has none',
		});
	}
	const attempt = settling.attempt ?? found.attempt;
	let result: SettleResult;
	try {
		if (as.outcome === 'issued') await assertOfPerson(where, found, as.coreClaimHash);
		const { instance, workflowId, executionId } = by;
		result = await where.ledger.settle({
			realm: where.realm,
			issuanceId: id,
			seen: { state: found.state, attempt },
			as,
			by: { instance, workflowId, executionId },
			note: note.toWellFormed(),
		});
	} catch (error) {
		throw asAirError(error);
	}
	if (result.outcome !== 'settled') throw refusal({ ...settling, attempt }, result);
	return result.row;
}
