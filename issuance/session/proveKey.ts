import type { AirClient } from '../../air/AirClient';
import type { RepeatLimits } from '../../air/pacing/repeat';
import { AirError } from '../../errors/AirError';

const PROOF_TIMEOUT_MS = 10_000;
/** Reserved by RFC 2606: no account can be created for it, and nothing is issued. */
const NOBODY = 'setup-check@example.invalid';
/** No issuance has it, so a good set-up is answered with AIR's own "no such hash". */
const UNKNOWN_HASH = '0'.repeat(64);

export interface Proof {
	/** How often AIR is asked while it gives no answer. */
	readonly repeat: RepeatLimits;
	readonly signal?: AbortSignal | undefined;
	/** Called with the Date of each answer, whatever it says. */
	readonly onDate?: (date: string | undefined) => void;
}

/**
 * Asks AIR whether it accepts tokens of this client's key: the one place that says what proves a key.
 * It asks for a hash that nobody has under an address that nobody can have, so that nothing is issued,
 * and the question of a stranger tells AIR and the stranger nothing.
 *
 * @throws AirError what AIR answered instead of yes, or why it could not be asked
 * @example
 * ```ts
 * await proveKey(client, { repeat: NO_REPEAT }); // throws AIR_UNAUTHORIZED for a stranger
 * ```
 */
export async function proveKey(
	client: AirClient,
	{ repeat, signal, onDate }: Proof,
): Promise<void> {
	try {
		await client.getStatus(NOBODY, UNKNOWN_HASH, {
			signal,
			timeoutMs: PROOF_TIMEOUT_MS,
			repeat,
			onAnswer: ({ headers }) => onDate?.(headers.date),
		});
	} catch (error) {
		if (error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND') return;
		throw error;
	}
}
