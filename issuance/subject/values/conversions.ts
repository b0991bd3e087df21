import type { Conversion } from './Conversion';
import { isDateTime, toIso } from './dates';
import { readJson } from './jsonText';
import { DIGITS_LOST, exactNumber, isKept, TOO_MANY_DIGITS } from './numbers';
import { looksLikeNoSeconds } from './unixSeconds';

// One function for each type in valueTypes.ts. Each returns undefined for a value that does not fit, or
// its own words if it knows more.

const trimmed = (value: unknown) => (typeof value === 'string' ? value.trim() : undefined);

/** A JSON number without an exponent: a sheet that shows an exponent has dropped digits. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
const LEADING_ZERO = /^-?0\d+(?:\.\d+)?$/;
/** It may stand before decimals, or between thousands: nobody can tell `1,000`. */
const COMMA = /^[-+]?\d[\d.]*,[\d.,]*$/;
const HAS_COMMA = 'must be a number, but there is a comma in it';
const NO_COMMA =
	"Let an expression take the comma away: before decimals {{ Number($json.amount.replace(',', '.')) }}, between thousands {{ Number($json.amount.replaceAll(',', '')) }}. With Map Automatically, put it into an Edit Fields node before this one.";

export function toNumber(value: unknown): Conversion | undefined {
	if (typeof value === 'number') return isKept(value) ? { value } : { refused: DIGITS_LOST };
	const text = trimmed(value) ?? '';
	if (LEADING_ZERO.test(text)) {
		return { refused: 'begins with a zero, which a number does not keep; send it as text' };
	}
	if (COMMA.test(text)) return { refused: HAS_COMMA, advice: NO_COMMA };
	if (!NUMBER.test(text)) return undefined;
	const converted = exactNumber(text);
	return converted === undefined ? { refused: TOO_MANY_DIGITS } : { value: converted };
}

export function toInteger(value: unknown): Conversion | undefined {
	if (typeof value === 'string' && value.includes('.')) return undefined;
	const converted = toNumber(value);
	if (converted === undefined || 'refused' in converted) return converted;
	return Number.isSafeInteger(converted.value) ? converted : undefined;
}

export function toUnixSeconds(value: unknown): Conversion | undefined {
	const text = toIso(value) ?? trimmed(value);
	if (text !== undefined && isDateTime(text)) return { value: Math.floor(Date.parse(text) / 1000) };
	const seconds = toInteger(value);
	if (seconds === undefined || 'refused' in seconds) return seconds;
	const other = looksLikeNoSeconds(Number(seconds.value));
	if (other === undefined) return seconds;
	return {
		refused: `must be unix seconds, but the value looks like ${other}; give a date with time and zone such as 2026-01-19T07:18:45Z`,
	};
}

export function toText(value: unknown): Conversion | undefined {
	if (typeof value === 'string') return { value };
	if (typeof value === 'boolean') return { value: String(value) };
	if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
	if (!isKept(value)) return { refused: DIGITS_LOST };
	const text = String(value);
	if (!text.includes('e')) return { value: text };
	return { refused: 'is a number that would be written with an exponent; send it as text' };
}

/** Spellings in sheets and forms. Not 1 and 0: those are numbers, and may be a count. */
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

export function toBoolean(value: unknown): Conversion | undefined {
	if (typeof value === 'boolean') return { value };
	if (typeof value !== 'string' || value.trim() === '') return undefined;
	const truth = TRUTHS.get(value.trim().toLowerCase());
	if (truth !== undefined) return { value: truth };
	return {
		refused:
			'must be true or false. The value is text other than true, yes, on, y, false, no, off or n',
	};
}

/** A date as text; `fits` says which dates. */
export const toDate =
	(fits: (iso: string) => boolean) =>
	(value: unknown): Conversion | undefined => {
		const iso = toIso(value) ?? trimmed(value);
		return iso !== undefined && fits(iso) ? { value: iso } : undefined;
	};

/** Anything that JSON can express, also as JSON text. */
export function toJson(value: unknown): Conversion | undefined {
	const text = trimmed(value);
	return text === undefined ? { value } : readJson(text);
}

/** JSON of one type only. */
export const toJsonThat =
	(fits: (value: unknown) => boolean) =>
	(value: unknown): Conversion | undefined => {
		const given = toJson(value);
		return given === undefined || 'refused' in given || fits(given.value) ? given : undefined;
	};
