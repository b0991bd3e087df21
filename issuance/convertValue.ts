/**
 * How a value is to be sent. Schemas are typed, items often are not: what comes from sheets, forms and
 * webhooks is text (air-api §8).
 *
 * - `date`: in ISO 8601, with or without a time
 * - `day`: `format: date` of JSON Schema, a date without a time
 * - `dateTime`: `format: date-time` of JSON Schema, a date with time and zone
 * - `unixSeconds`: a point in time as the whole number of seconds since 1970; some schemas declare
 *   their dates as numbers (air-api §8)
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

/** Whether a value was converted, or why not; the words complete "NAME …" and never show the value. */
export type Conversion = { readonly value: unknown } | { readonly refused: string };

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

const DAY = /^\d{4}-\d{2}-\d{2}/;
const ISO_DATE =
	/^\d{4}-\d{2}-\d{2}(?:T(?:[01]\d|2[0-3]):\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
/** RFC 3339, which JSON Schema's formats `date` and `date-time` refer to (2020-12, §7.3.1). */
const FULL_DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

function isDate(text: string): boolean {
	if (!ISO_DATE.test(text) || Number.isNaN(Date.parse(text))) return false;
	const day = DAY.exec(text)?.[0] ?? '';
	// JavaScript makes 2 March of 30 February.
	return new Date(day).toISOString().startsWith(day);
}

export const isDay = (text: string): boolean => FULL_DATE.test(text) && isDate(text);

export const isDateTime = (text: string): boolean => DATE_TIME.test(text) && isDate(text);

/** The digits that count, without sign, point, exponent and the zeros around them. */
const digitsOf = (text: string) =>
	text
		.replace(/e.*$/, '')
		.replace(/\D/g, '')
		// The look-behind keeps a long run of zeros from being tried from each of its members.
		.replace(/^0+|(?<!0)0+$/g, '');

/** Whether what JSON will write is what the text said, and not e.g. an ID with its end rounded. */
const keepsDigits = (text: string, converted: number) =>
	(Number.isSafeInteger(converted) || !Number.isInteger(converted)) &&
	digitsOf(text) === digitsOf(String(converted));

/** Dates and Luxon's DateTime, which n8n's expressions give, both know how to write themselves. */
function toIso(value: unknown): string | undefined {
	if (typeof value !== 'object' || value === null || !('toJSON' in value)) return undefined;
	if (typeof value.toJSON !== 'function') return undefined;
	try {
		const written: unknown = (value as { toJSON: () => unknown }).toJSON();
		return typeof written === 'string' ? written : undefined;
	} catch {
		// It is no date, then; its own words may show the value.
		return undefined;
	}
}

const isObject = (value: unknown) =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

function fromText(text: string): Conversion | undefined {
	try {
		return { value: JSON.parse(text) as unknown };
	} catch {
		return undefined;
	}
}

function toNumber(value: unknown): Conversion | undefined {
	if (typeof value === 'number') return { value };
	const text = typeof value === 'string' ? value.trim() : '';
	if (!/^[+-]?\d+(?:\.\d+)?$/.test(text)) return undefined;
	const converted = Number(text);
	if (keepsDigits(text, converted)) return { value: converted };
	return { refused: 'has more digits than a number keeps; send it as text' };
}

function toInteger(value: unknown): Conversion | undefined {
	if (typeof value === 'string' && value.includes('.')) return undefined;
	const converted = toNumber(value);
	if (converted === undefined || 'refused' in converted) return converted;
	return Number.isSafeInteger(converted.value) ? converted : undefined;
}

/** In the year 5138: what is larger was counted in milliseconds. */
const LATEST_SECONDS = 1e11;

function toUnixSeconds(value: unknown): Conversion | undefined {
	const text = toIso(value) ?? (typeof value === 'string' ? value.trim() : undefined);
	if (text !== undefined && isDateTime(text)) return { value: Math.floor(Date.parse(text) / 1000) };
	const seconds = toInteger(value);
	if (seconds === undefined || 'refused' in seconds) return seconds;
	if (Math.abs(Number(seconds.value)) < LATEST_SECONDS) return seconds;
	return { refused: 'must be unix seconds, but the value looks like milliseconds' };
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
			if (typeof value === 'string') return { value };
			return Number.isFinite(value) || typeof value === 'boolean'
				? { value: String(value) }
				: undefined;
		case 'integer':
			return toInteger(value);
		case 'number':
			return toNumber(value);
		case 'boolean':
			if (typeof value === 'boolean') return { value };
			if (text?.toLowerCase() === 'true') return { value: true };
			return text?.toLowerCase() === 'false' ? { value: false } : undefined;
		case 'date':
			return dated(isDate);
		case 'day':
			return dated(isDay);
		case 'dateTime':
			return dated(isDateTime);
		case 'unixSeconds':
			return toUnixSeconds(value);
		case 'json':
			return text === undefined ? { value } : fromText(text);
		case 'list':
		case 'object': {
			const given = text === undefined ? { value } : fromText(text);
			if (given === undefined || !('value' in given)) return undefined;
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
