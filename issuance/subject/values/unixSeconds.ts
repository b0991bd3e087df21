import { isDay } from './dates';

/** 1 January 1900: before the birth of any living person. */
const FIRST = -2_208_988_800;
/** 7 February 2106: the last second that 32 bits hold. */
const LAST = 4_294_967_295;
/** 5 January 1970: years, spreadsheet dates and six-digit dates are below. */
const FIRST_CLEAR = 400_000;

const isCompactDay = (digits: string) =>
	isDay(`${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`) &&
	/^(?:19|20|21)/.test(digits);

/** Whether eight digits are a date: year, month, day in the orders in which people write them. */
function isWrittenDate(digits: string): boolean {
	const [first, second, year] = [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)];
	return [digits, `${year}${second}${first}`, `${year}${first}${second}`].some(isCompactDay);
}

function nearTheBeginning(seconds: number): string {
	if (seconds <= 0) return 'no date at all';
	if (seconds >= 1800 && seconds <= 2200) return 'a year';
	if (seconds >= 10_000 && seconds <= 80_000) return 'the serial number of a date in a spreadsheet';
	return 'a number that counts something else';
}

function outOfRange(seconds: number): string {
	const size = Math.abs(seconds);
	const digits = String(size);
	if ((digits.length === 12 || digits.length === 14) && isCompactDay(digits.slice(0, 8))) {
		return 'a date and time written in digits';
	}
	if (size >= 1e17) return 'nanoseconds';
	return size >= 1e14 ? 'microseconds' : 'milliseconds';
}

/**
 * What a whole number probably is if not the seconds since 1970. Seconds are accepted from 1900, for
 * dates of birth, to 2106; numbers for the first four days of 1970 count as other forms. Milliseconds
 * in that range mean times between 6 December 1969 and 19 February 1970: a field with milliseconds is
 * refused for every other date, so the mistake is noticed.
 *
 * @param seconds - a whole number
 * @returns undefined if it may be seconds; else words that complete "the value looks like …"
 * @example
 * ```ts
 * looksLikeNoSeconds(1768807125); // undefined
 * looksLikeNoSeconds(46041); // 'the serial number of a date in a spreadsheet'
 * ```
 */
export function looksLikeNoSeconds(seconds: number): string | undefined {
	if (seconds >= -1 && seconds < FIRST_CLEAR) return nearTheBeginning(seconds);
	if (seconds < FIRST || seconds > LAST) return outOfRange(seconds);
	// Sheets drop the zero at the beginning of 05012026.
	const digits = String(seconds).padStart(8, '0');
	return isWrittenDate(digits) ? 'a date written in digits' : undefined;
}
