import type { AirError } from '../../errors/AirError';

/** A field that says why a wait ended before AIR gave a final answer; none if time just ran out. */
export function waitStopped(lastError: AirError | undefined): { waitStopped?: string } {
	if (lastError === undefined) return {};
	// The advice after a cancel is to run again, and that would issue again.
	if (lastError.kind === 'cancelled') return { waitStopped: 'Cancelled while waiting' };
	return { waitStopped: `${lastError.message}. ${lastError.description}` };
}
