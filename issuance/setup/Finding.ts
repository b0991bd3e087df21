import type { AirError } from '../../errors/AirError';

export type FindingStatus = 'pass' | 'warn' | 'fail';

/** What one check found, in words that say what to do. */
export interface Finding {
	readonly check: string;
	readonly status: FindingStatus;
	readonly detail: string;
	/** Empty when there is nothing to mend. */
	readonly fix: string;
}

/** What a check says before it is known which check it is. */
export type Verdict = Omit<Finding, 'check'>;

export const pass = (detail: string): Verdict => ({ status: 'pass', detail, fix: '' });

const problem =
	(status: FindingStatus) =>
	({ message, description }: AirError): Verdict => ({ status, detail: message, fix: description });

/** Works for now, or cannot be told: the words are those of the error catalogue. */
export const warn = problem('warn');

/** Has to be mended: the words are those of the error catalogue. */
export const fail = problem('fail');
