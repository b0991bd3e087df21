/**
 * What is known about the outcome of the call that failed.
 *
 * - `input`: refused here, before anything was sent
 * - `cancelled`: stopped by the user before anything was sent
 * - `not-sent`: AIR did not work on it; always safe to repeat
 * - `refused`: AIR said no; repeating the same call gives the same answer
 * - `outcome-unknown`: AIR may or may not have done the work
 */
export type AirErrorKind = 'input' | 'cancelled' | 'not-sent' | 'refused' | 'outcome-unknown';

/** One row of the catalogue. All of it is shown in `docs/errors.md`. */
export interface AirErrorRow {
	readonly kind: AirErrorKind;
	/** Whether the same call may succeed later without anybody changing anything. */
	readonly retryable: boolean;
	/** When this row applies, for the documentation, if the title does not say it. */
	readonly when?: string;
	/** What happened, as the title of the error box. */
	readonly title: string;
	/** What to do next, and where. */
	readonly advice: string;
}

/** The texts of a row. */
export type ErrorWords = Omit<AirErrorRow, 'kind' | 'retryable'>;

export const row = (kind: AirErrorKind, retryable: boolean, words: ErrorWords): AirErrorRow => ({
	...words,
	kind,
	retryable,
});

/** A row for what is refused here, before anything is sent. */
export const input = (words: ErrorWords) => row('input', false, words);
