import type { AirClient } from '../../air/AirClient';
import { repeating, type RepeatLimits } from '../../air/pacing/repeat';
import { assertKeyAccepted } from '../setup/askAir';

/**
 * Asks AIR whether it accepts tokens of this client's key: the one place that says what proves a key.
 * Nothing is issued, and the question is the same for who knows nothing but the partner ID.
 *
 * @param limits - how often AIR is asked when it gives no answer
 * @throws AirError what AIR answered instead of yes, or why it could not be asked
 * @example
 * ```ts
 * await proveKey(client, DEFAULT_REPEAT_LIMITS); // throws AIR_UNAUTHORIZED for a stranger
 * ```
 */
export async function proveKey(
	client: AirClient,
	limits: RepeatLimits,
	signal?: AbortSignal,
): Promise<void> {
	await repeating(
		async () => {
			await assertKeyAccepted(client, signal);
		},
		{
			limits,
			repeatUnknown: true,
			reading: true,
			signal,
		},
	);
}
