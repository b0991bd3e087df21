import type { Conversion } from './Conversion';
import { isDate, isDateTime, isDay, toIso } from './dates';
import { readJson } from './jsonText';
import { DIGITS_LOST, exactNumber, isKept, TOO_MANY_DIGITS } from './numbers';
import { looksLikeNoSeconds } from './unixSeconds';

export { isDateTime, isDay };

/**
 * How a value is to be sent. Schemas are typed, items often are not: what comes from sheets, forms and
 * webhooks is text.
 *
 * - `date`: in ISO 8601, with or without a time
 * - `day`: `format: date` of JSON Schema, a date without a time
 * - `dateTime`: `format: date-time` of JSON Schema, a date with time and zone
 * - `unixSeconds`: a point in time as the whole number of seconds since 1970; some schemas declare
 *   their dates as numbers
 * - `json`: anything that JSON carries, also as its text
 * - `any`: as it comes
 */
export type ValueType =
	| 'string'
	| 'integer'
	| 'number'
	| 'boolean'
	| 'date'
	| 'day'
	| 'dateTime'
	| 'unixSeconds'
	| 'list'
	| 'object'
	| 'json'
	| 'any';

/** A type in words, as they complete "must be …". */
export const WANTED: Readonly<Record<ValueType, string>> = {
	string: 'text',
	integer: 'a whole number',
	number: 'a number',
	boolean: 'true or false',
	date: 'a date such as 2026-01-19 or 2026-01-19T07:18:45Z',
	day: 'a date such as 2026-01-19',
	dateTime: 'a date with time and zone such as 2026-01-19T07:18:45Z',
	unixSeconds: 'unix seconds, or a date with time and zone such as 2026-01-19T07:18:45Z',
	list: 'a list',
	object: 'an object',
	json: 'JSON',
	any: 'a value',
};

function kindOf(value: unknown): string {
	if (value == null) return 'there is no value';
	if (Array.isArray(value)) return 'the value is a list';
	switch (typeof value) {
		case 'object':
			return 'the value is an object';
		case 'string':
			return value.trim() === '' ? 'the value is empty' : 'the value is text that does not fit';
		default:
			return `the value is a ${typeof value} that does not fit`;
	}
}

const isObject = (value: unknown) =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** As JSON spells a number, without an exponent: a sheet that shows one has left digits out. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const LEADING_ZERO = /^-?0\d+(?:\.\d+)?$/;

function toNumber(value: unknown): Conversion | undefined {
	if (typeof value === 'number') return isKept(value) ? { value } : { refused: DIGITS_LOST };
	const text = typeof value === 'string' ? value.trim() : '';
	if (LEADING_ZERO.test(text)) {
		return { refused: 'begins with a zero, which a number does not keep; send it as text' };
	}
	if (!NUMBER.test(text)) return undefined;
	const converted = exactNumber(text);
	return converted === undefined ? { refused: TOO_MANY_DIGITS } : { value: converted };
}

function toInteger(value: unknown): Conversion | undefined {
	if (typeof value === 'string' && value.includes('.')) return undefined;
	const converted = toNumber(value);
	if (converted === undefined || 'refused' in converted) return converted;
	return Number.isSafeInteger(converted.value) ? converted : undefined;
}

function toUnixSeconds(value: unknown): Conversion | undefined {
	const text = toIso(value) ?? (typeof value === 'string' ? value.trim() : undefined);
	if (text !== undefined && isDateTime(text)) return { value: Math.floor(Date.parse(text) / 1000) };
	const seconds = toInteger(value);
	if (seconds === undefined || 'refused' in seconds) return seconds;
	const other = looksLikeNoSeconds(Number(seconds.value));
	if (other === undefined) return seconds;
	return {
		refused: `must be unix seconds, but the value looks like ${other}; give a date with time and zone such as 2026-01-19T07:18:45Z`,
	};
}

function toText(value: unknown): Conversion | undefined {
	if (typeof value === 'string') return { value };
	if (typeof value === 'boolean') return { value: String(value) };
	if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
	if (!isKept(value)) return { refused: DIGITS_LOST };
	const text = String(value);
	if (!text.includes('e')) return { value: text };
	return { refused: 'is a number that would be written with an exponent; send it as text' };
}

/** What sheets, forms and people write. Not 1 and 0: those are numbers, and may count something. */
const TRUTHS: ReadonlyMap<string, boolean> = new Map([
	['true', true],
	['yes', true],
	['on', true],
	['y', true],
	['false', false],
	['no', false],
	['off', false],
	['n', false],
]);

function toBoolean(value: unknown): Conversion | undefined {
	if (typeof value === 'boolean') return { value };
	if (typeof value !== 'string' || value.trim() === '') return undefined;
	const truth = TRUTHS.get(value.trim().toLowerCase());
	if (truth !== undefined) return { value: truth };
	return {
		refused:
			'must be true or false. The value is text other than true, yes, on, y, false, no, off or n',
	};
}

function attempt(type: ValueType, value: unknown): Conversion | undefined {
	const text = typeof value === 'string' ? value.trim() : undefined;
	const dated = (fits: (iso: string) => boolean) => {
		const iso = toIso(value) ?? text;
		return iso !== undefined && fits(iso) ? { value: iso } : undefined;
	};
	switch (type) {
		case 'any':
			return { value };
		case 'string':
			return toText(value);
		case 'integer':
			return toInteger(value);
		case 'number':
			return toNumber(value);
		case 'boolean':
			return toBoolean(value);
		case 'date':
			return dated(isDate);
		case 'day':
			return dated(isDay);
		case 'dateTime':
			return dated(isDateTime);
		case 'unixSeconds':
			return toUnixSeconds(value);
		case 'json':
			return text === undefined ? { value } : readJson(text);
		case 'list':
		case 'object': {
			const given = text === undefined ? { value } : readJson(text);
			if (given === undefined || 'refused' in given) return given;
			const fits = type === 'list' ? Array.isArray(given.value) : isObject(given.value);
			return fits ? given : undefined;
		}
	}
}

/**
 * Converts a value strictly: only what can mean nothing else becomes another type.
 *
 * @example
 * ```ts
 * convertValue('boolean', 'TRUE'); // { value: true }
 * convertValue('integer', '1.5'); // { refused: 'must be a whole number, but the value is text …' }
 * ```
 */
export function convertValue(type: ValueType, value: unknown): Conversion {
	return attempt(type, value) ?? { refused: `must be ${WANTED[type]}, but ${kindOf(value)}` };
}

/** Whether there is nothing to send: no value, or empty text, as an empty cell or field gives it. */
export const isEmpty = (value: unknown): boolean =>
	value == null || (typeof value === 'string' && value.trim() === '');
