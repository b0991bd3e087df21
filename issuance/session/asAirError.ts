import { AirError } from '../../errors/AirError';
import { LedgerError } from '../../ledger/LedgerError';

/**
 * A ledger error as an error of the catalogue; anything else unchanged.
 *
 * @example
 * ```ts
 * throw asAirError(new LedgerError('LEDGER_LOCKED', 'held for 10 s')); // AirError AIR_LEDGER_LOCKED
 * ```
 */
export function asAirError(error: unknown): unknown {
	return error instanceof LedgerError
		? new AirError(`AIR_${error.code}`, { detail: error.detail })
		: error;
}

/** The same as an Error, whatever was thrown. */
export function asKnownError(error: unknown): Error {
	const known = asAirError(error);
	return known instanceof Error ? known : new Error('an unexpected failure');
}
