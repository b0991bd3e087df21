import type { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

export type FindingStatus = 'pass' | 'warn' | 'fail';

/** What one check found, and what to do. */
export interface Finding {
	readonly check: string;
	readonly status: FindingStatus;
	readonly detail: string;
	/** Empty when there is nothing to fix. */
	readonly fix: string;
	/** The code of the catalogue row whose text this is. */
	readonly code?: AirErrorCode;
}

/** A finding without the name of its check. */
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

/** Works for now, or cannot be determined; the text is that of the error catalogue. */
export const warn = problem('warn');

/** Must be fixed; the text is that of the error catalogue. */
export const fail = problem('fail');
