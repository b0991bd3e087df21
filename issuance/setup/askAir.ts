import type { AirClient } from '../../air/AirClient';
import { AirError } from '../../errors/AirError';
import { NO_REPEAT } from '../../air/pacing/repeat';
import type { Result } from './Result';
import type { ClockReading } from './SetupFacts';

export const SETUP_TIMEOUT_MS = 10_000;
/** Reserved by RFC 2606: no account can be created for it, and nothing is issued. */
const NOBODY = 'setup-check@example.invalid';
/** No issuance has it, so a good set-up is answered with AIR's own "no such hash". */
const UNKNOWN_HASH = '0'.repeat(64);
/** A Date has whole seconds. */
const DATE_STEP_MS = 1000;

/**
 * Makes sure that AIR accepts tokens of this client's key, by asking for a hash that nobody has under
 * an address that nobody can have. Nothing is issued.
 *
 * @param onDate - told the Date of the answer, whatever it says
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
			timeoutMs: SETUP_TIMEOUT_MS,
			repeat: NO_REPEAT,
			onAnswer: ({ headers }) => onDate?.(headers.date),
		});
	} catch (error) {
		if (error instanceof AirError && error.code === 'AIR_HASH_NOT_FOUND') return;
		throw error;
	}
}

/** Whether AIR accepts a token, and by how much the clocks differ. @throws AirError when cancelled */
export async function askAir(
	client: AirClient,
	signal?: AbortSignal,
): Promise<{ readonly air: Result<true>; readonly clock: ClockReading | undefined }> {
	const sentAt = performance.now();
	let clock: ClockReading | undefined;
	const onDate = (date: string | undefined) => {
		clock = readClock(date, Date.now(), performance.now() - sentAt);
	};
	try {
		await assertKeyAccepted(client, signal, onDate);
		return { air: { value: true }, clock };
	} catch (error) {
		if (!(error instanceof AirError) || error.code === 'AIR_CANCELLED') throw error;
		return { air: { error }, clock };
	}
}

/** AIR wrote the date at some moment while the request and its answer were on their way. */
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
