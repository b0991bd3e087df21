import { AirError } from '../../errors/AirError';
import { isDay } from '../subject/values/dates';

const DAY_SECONDS = 86_400;
const MOST_DAYS = 36_500;

const refuse = (detail: string) => new AirError('AIR_DIRECT_EXPIRY_INVALID', { detail });

/**
 * An expiry that many days from now.
 *
 * @param days - may be a fraction
 * @param now - milliseconds since 1970
 * @returns seconds since 1970
 * @throws AirError `AIR_DIRECT_EXPIRY_INVALID`
 * @example
 * ```ts
 * expiryAfter(365, Date.now());
 * ```
 */
export function expiryAfter(days: unknown, now: number): number {
	const count = typeof days === 'string' && days.trim() !== '' ? Number(days) : days;
	if (typeof count !== 'number' || !(count > 0) || count > MOST_DAYS) {
		throw refuse(`the number of days must be above 0, and ${MOST_DAYS} at most`);
	}
	return Math.floor(now / 1000 + count * DAY_SECONDS);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;

/**
 * An expiry at a point in time. A date without a time means the end of that day.
 *
 * @param given - ISO 8601, or a date object from n8n
 * @param read - reads ISO 8601 in the time zone of the workflow, to milliseconds since 1970; `end`: of
 *   that day; NaN for what is not a date
 * @returns seconds since 1970
 * @throws AirError `AIR_DIRECT_EXPIRY_INVALID`, also for a number: nobody can tell its unit
 */
export function expiryAt(given: unknown, read: (text: string, end: boolean) => number): number {
	const ms = millisecondsOf(given, read);
	if (!Number.isFinite(ms))
		throw refuse('it is not a date, e.g. 2027-12-31 or 2027-12-31T12:00:00Z');
	return Math.floor(ms / 1000);
}

function millisecondsOf(given: unknown, read: (text: string, end: boolean) => number): number {
	if (typeof given === 'string') {
		const text = given.trim();
		if (text === '') throw refuse('it is empty');
		if (!DAY.test(text) && !DATE_TIME.test(text)) return Number.NaN;
		// n8n would turn 30 February into 2 March.
		if (!isDay(text.slice(0, 10))) throw refuse('the calendar does not have this day');
		return read(text.replace(' ', 'T'), DAY.test(text));
	}
	if (given instanceof Date) return given.getTime();
	// A Luxon DateTime, such as n8n's $now and $today.
	if (typeof given === 'object' && given !== null && 'toMillis' in given) {
		return Number(given.valueOf());
	}
	if (typeof given === 'number') throw refuse('it is a number, and its unit is not known');
	throw refuse(given == null ? 'it is empty' : 'it is not a date');
}
