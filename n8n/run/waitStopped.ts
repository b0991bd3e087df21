import type { AirError } from '../../errors/AirError';

/** A field that says why a wait ended before AIR gave a final answer; none if the time ran out. */
export function waitStopped(lastError: AirError | undefined): { waitStopped?: string } {
	if (lastError === undefined) return {};
	// Without the advice after a cancel: that says to run again, which would issue again.
	if (lastError.kind === 'cancelled') return { waitStopped: 'Cancelled while waiting' };
	return { waitStopped: `${lastError.message}. ${lastError.description}` };
}
