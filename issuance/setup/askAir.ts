import { AirError } from '../../errors/AirError';
import { NO_REPEAT } from '../../air/pacing/repeat';
import type { Prove } from '../session/proveKey';
import type { Result } from './Result';
import type { ClockReading } from './SetupFacts';

/** A Date has whole seconds. */
const DATE_STEP_MS = 1000;

/**
 * Whether AIR accepts a token, and how much the clocks differ.
 *
 * @param prove - asks it
 * @throws AirError when cancelled
 */
export async function askAir(
	prove: Prove,
	signal?: AbortSignal,
): Promise<{ readonly air: Result<true>; readonly clock: ClockReading | undefined }> {
	const sentAt = performance.now();
	let clock: ClockReading | undefined;
	const onDate = (date: string | undefined) => {
		// The answer with the shortest round trip is the most exact.
		clock ??= readClock(date, Date.now(), performance.now() - sentAt);
	};
	try {
		await prove({ repeat: NO_REPEAT, signal, onDate });
		return { air: { value: true }, clock };
	} catch (error) {
		if (!(error instanceof AirError) || error.code === 'AIR_CANCELLED') throw error;
		return { air: { error }, clock };
	}
}

/** AIR wrote the date at some time during the round trip. */
function readClock(
	date: string | undefined,
	receivedAt: number,
	onTheWayMs: number,
): ClockReading | undefined {
	const airs = Date.parse(date ?? '');
	if (Number.isNaN(airs)) return undefined;
	return {
		aheadMs: receivedAt - onTheWayMs / 2 - (airs + DATE_STEP_MS / 2),
		uncertaintyMs: (onTheWayMs + DATE_STEP_MS) / 2,
	};
}
