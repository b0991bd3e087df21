import {
	NodeOperationError,
	UserError,
	type IPollFunctions,
	type WorkflowActivateMode,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

/**
 * Activations that nobody waits for. `update` is the publication of a workflow that is active already,
 * and n8n's own repair of one: what was running before must not be off because of a moment.
 */
const UNATTENDED: readonly WorkflowActivateMode[] = ['init', 'leadershipChange', 'update'];

/** May be over with the next poll, although repeating one call at once would not help. */
const PASSING: readonly AirErrorCode[] = [
	// A volume that is not mounted yet.
	'AIR_LEDGER_LOST',
	// A disk that is full, and a database that has just become the standby.
	'AIR_LEDGER_NOT_WRITABLE',
	// An n8n that serves its own JWKS does not do so yet.
	'AIR_UNAUTHORIZED_JWKS_UNREACHABLE',
	// The clock of a machine that has just been started is set a little later.
	'AIR_UNAUTHORIZED_EXPIRED',
	// What a gateway says during maintenance; AIR itself says nothing of the kind.
	'AIR_FORBIDDEN_GATEWAY',
	'AIR_NOT_FOUND_FOREIGN',
	'AIR_REDIRECT',
];

/** Whether somebody has just pressed a button, and reads what comes of it. */
export const isAttended = (context: IPollFunctions) =>
	context.getMode() === 'manual' || !UNATTENDED.includes(context.getActivationMode());

function passes(error: unknown): boolean {
	if (error instanceof AirError) return error.retryable || PASSING.includes(error.code);
	// n8n's own words about the credential or the node. Anything else is unknown, such as its database
	// that is not there yet: then the next poll says it.
	return !(error instanceof NodeOperationError || error instanceof UserError);
}

/**
 * Whether the first poll of an activation leaves an error to the next poll. Thrown by the first poll,
 * it would be fatal: n8n tries five times within 15 seconds, then the trigger is off for good while the
 * list of workflows shows it as active (n8n 2.40, trigger-activation-retry.js).
 *
 * A fault that will not pass is always thrown, and so is everything while somebody is there to read it.
 *
 * @example
 * ```ts
 * // PostgreSQL is started together with n8n, and takes longer
 * leftToNextPoll(context, new AirError('AIR_LEDGER_UNAVAILABLE')); // true with the mode init
 * ```
 */
export function leftToNextPoll(context: IPollFunctions, error: unknown): boolean {
	return !isAttended(context) && passes(error);
}
