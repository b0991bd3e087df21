import type { AirClient } from '../../air/AirClient';
import { NO_REPEAT } from '../../air/pacing/repeat';
import { AirError } from '../../errors/AirError';

const PROOF_TIMEOUT_MS = 10_000;
/** Reserved by RFC 2606: no account can be created for it, and nothing is issued. */
const NOBODY = 'setup-check@example.invalid';
/** No issuance has it, so a good set-up is answered with AIR's own "no such hash". */
const UNKNOWN_HASH = '0'.repeat(64);

/**
 * Makes sure that AIR accepts tokens of this client's key, by asking for a hash that nobody has under
 * an address that nobody can have. Nothing is issued.
 *
 * @param onDate - called with the Date of the answer, whatever it says
 * @throws AirError what AIR answered instead
 */
export async function assertKeyAccepted(
	client: AirClient,
	signal?: AbortSignal,
	onDate?: (date: string | undefined) => void,
): Promise<void> {
	try {
		await client.getStatus(NOBODY, UNKNOWN_HASH, {
			signal,
			timeoutMs: PROOF_TIMEOUT_MS,
			repeat: NO_REPEAT,
			onAnswer: ({ headers }) => onDate?.(headers.date),
		});
	} catch (error) {
		if (error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND') return;
		throw error;
	}
}
