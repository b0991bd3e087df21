import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import type { Turn } from '../../air/pacing/HostLimiter';

/** How often AIR may ask an item to wait for longer than one call can. */
const ROUNDS = 3;

export interface TurnSettings {
	/** Aborted when nothing more is to be begun. */
	readonly stopped?: AbortSignal | undefined;
	readonly onRepeat?: ((error: AirError, delayMs: number) => void) | undefined;
}

const isToComeBackTo = (error: unknown): error is AirError =>
	error instanceof AirError && error.kind === 'not-sent' && error.facts.waitTooLong === true;

/**
 * Does what sends a request, when the limits of AIR and of the user let it. Waiting comes first, so that
 * nothing is begun, and no lease runs, that is not sent at once. Where AIR then asks to wait for longer
 * than a call can, it is begun anew after that time.
 *
 * @param once - sends with the turn, or gives it back; undefined if another turn is needed
 * @throws AirError `AIR_CANCELLED` when stopped while waiting, and what `once` throws
 */
export async function inTurn<T>(
	client: AirClient,
	{ stopped, onRepeat }: TurnSettings,
	once: (turn: Turn) => Promise<T | undefined>,
): Promise<T> {
	let rounds = 0;
	for (;;) {
		const turn = await client.turn(stopped);
		try {
			const result = await once(turn);
			if (result !== undefined) return result;
		} catch (error) {
			if (!isToComeBackTo(error) || ++rounds >= ROUNDS) throw error;
			onRepeat?.(error, error.retryAfterMs ?? 0);
		} finally {
			turn.giveBack();
		}
	}
}
