import type { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

export type FindingStatus = 'pass' | 'warn' | 'fail';

/** What one check found, in words that say what to do. */
export interface Finding {
	readonly check: string;
	readonly status: FindingStatus;
	readonly detail: string;
	/** Empty when there is nothing to fix. */
	readonly fix: string;
	/** Of the row of the error catalogue whose words these are. */
	readonly code?: AirErrorCode;
}

/** What a check says before it is known which check it is. */
export type Verdict = Omit<Finding, 'check'>;

export const pass = (detail: string): Verdict => ({ status: 'pass', detail, fix: '' });

const problem =
	(status: FindingStatus) =>
	({ message, description, code }: AirError): Verdict => ({
		status,
		detail: message,
		fix: description,
		code,
	});

/** Works for now, or cannot be told: the words are those of the error catalogue. */
export const warn = problem('warn');

/** Has to be fixed: the words are those of the error catalogue. */
export const fail = problem('fail');
