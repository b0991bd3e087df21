import {
	NodeOperationError,
	UserError,
	type IPollFunctions,
	type WorkflowActivateMode,
} from 'n8n-workflow';
import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

/**
 * Activations that nobody watches. `update` is the publication of a workflow that is already active, or
 * n8n's own repair of one: a running trigger must not be lost because of a temporary fault.
 */
const UNATTENDED: readonly WorkflowActivateMode[] = ['init', 'leadershipChange', 'update'];

/** Faults that may be over at the next poll, although repeating the call at once would not help. */
const PASSING: readonly AirErrorCode[] = [
	// A volume that is not mounted yet.
	'AIR_LEDGER_LOST',
	// A full disk, or a database that has just become the standby.
	'AIR_LEDGER_NOT_WRITABLE',
	// An n8n that serves its own JWKS may not do so yet.
	'AIR_UNAUTHORIZED_JWKS_UNREACHABLE',
	// The clock of a machine that has just started may be set a little later.
	'AIR_UNAUTHORIZED_EXPIRED',
	// A gateway's answer during maintenance; AIR itself does not give it.
	'AIR_FORBIDDEN_GATEWAY',
	'AIR_NOT_FOUND_FOREIGN',
	'AIR_REDIRECT',
];

/** Whether somebody has just pressed a button, and sees the result. */
export const isAttended = (context: IPollFunctions) =>
	context.getMode() === 'manual' || !UNATTENDED.includes(context.getActivationMode());

function passes(error: unknown): boolean {
	if (error instanceof AirError) return error.retryable || PASSING.includes(error.code);
	// n8n's own errors about the credential or the node. Anything else is unknown, such as a database
	// that is not available yet, and is left to the next poll.
	return !(error instanceof NodeOperationError || error instanceof UserError);
}

/**
 * Whether the first poll of an activation leaves an error to the next poll. Thrown by the first poll,
 * it would be fatal: n8n tries five times within 15 seconds, then the trigger is off for good while the
 * list of workflows shows it as active (n8n 2.40, trigger-activation-retry.js).
 *
 * A permanent fault is always thrown, and so is every fault while somebody is there to read it.
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
