import { AirError } from '../../errors/AirError';

/** The result of reading or fetching something; a failure is a value here, and is not thrown. */
export type Result<T> =
	| { readonly value: T; readonly error?: undefined }
	| { readonly value?: undefined; readonly error: AirError };

/** @throws whatever is not an AirError, and `AIR_CANCELLED` */
export async function resultOf<T>(work: () => T | Promise<T>): Promise<Result<T>> {
	try {
		return { value: await work() };
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		// Nothing that the check sends changes anything, so no outcome can be unknown.
		if (error.code === 'AIR_CANCELLED_IN_FLIGHT') throw new AirError('AIR_CANCELLED');
		if (error.code === 'AIR_CANCELLED') throw error;
		return { error };
	}
}
