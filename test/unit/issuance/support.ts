import { AirError } from '../../../errors/AirError';

/** The AirError that a call ends with; anything else fails the test. */
export async function airErrorOf(call: () => unknown): Promise<AirError> {
	try {
		await call();
	} catch (error) {
		if (error instanceof AirError) return error;
		throw error;
	}
	throw new Error('it did not fail');
}

/** What n8n and a log could show of an error, as one text; without the stack, which names files. */
export const everythingShown = (error: AirError) =>
	[error.message, error.description, JSON.stringify(error), JSON.stringify(error.facts)].join('\n');
