import { LedgerError } from '../LedgerError';
import type { Session } from './Database';
import { IS_BEING_MOVED } from './failure';

const IS_MOVING = `SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger
	WHERE tgrelid = 'moca_air.issuances'::regclass AND tgname = 'moving') AS moving`;

/** Whether a move into these tables was begun, and is not finished. */
export async function isMoving({ rows }: Session): Promise<boolean> {
	return (await rows<{ moving: boolean }>(IS_MOVING))[0]?.moving === true;
}

/** @throws LedgerError LEDGER_LOCKED if rows are missing, which would look as if they never were */
export async function assertArrived(session: Session): Promise<void> {
	if (await isMoving(session)) throw new LedgerError('LEDGER_LOCKED', IS_BEING_MOVED);
}
