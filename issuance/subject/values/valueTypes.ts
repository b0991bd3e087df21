import type { Conversion } from './Conversion';
import {
	toBoolean,
	toDate,
	toInteger,
	toJson,
	toJsonThat,
	toNumber,
	toText,
	toUnixSeconds,
} from './conversions';
import { isDate, isDateTime, isDay } from './dates';
import { isRecord } from './json';

interface ValueTypeRow {
	/** Completes "must be …". */
	readonly wanted: string;
	/** Shown after the name of an attribute; empty if there is nothing to say. */
	readonly short: string;
	/** The option in the editor's list of types; undefined for types that only schemas use. */
	readonly choice?: { readonly name: string; readonly description: string };
	/** Whether text is parsed as JSON. */
	readonly fromJson?: true;
	/** How to convert a value in another form, where people may not know. */
	readonly advice?: string;
	/** Returns undefined for a value that does not fit. */
	readonly convert: (value: unknown) => Conversion | undefined;
}

/** Forms and sheets write dates in many ways, and senders count seconds; n8n’s expressions read them all. */
const otherDates = (write: string) =>
	`Let an expression read other dates, e.g. {{ DateTime.fromFormat($json.date, 'dd.MM.yyyy').${write} }}, and Unix time in seconds: {{ DateTime.fromSeconds($json.created).${write} }}. With Map Automatically, put it into an Edit Fields node before this one.`;

/** By their names in saved workflows, in the order of the editor's list. */
const rows = {
	boolean: {
		wanted: 'true or false',
		short: 'true or false',
		choice: { name: 'Boolean', description: 'True or false, yes or no, on or off' },
		convert: toBoolean,
	},
	/** In ISO 8601, with or without a time. */
	date: {
		wanted: 'a date such as 2026-01-19 or 2026-01-19T07:18:45Z',
		short: 'date',
		choice: {
			name: 'Date',
			description: 'A date, with or without time, sent as text in ISO 8601',
		},
		advice: otherDates('toISODate()'),
		convert: toDate(isDate),
	},
	/** `format: date-time` of JSON Schema, a date with time and zone. */
	dateTime: {
		wanted: 'a date with time and zone such as 2026-01-19T07:18:45Z',
		short: 'date and time',
		choice: {
			name: 'Date and Time',
			description: 'A date with time and zone, sent as text in ISO 8601',
		},
		advice: otherDates('toISO()'),
		convert: toDate(isDateTime),
	},
	/** `format: date` of JSON Schema, a date without a time. */
	day: {
		wanted: 'a date such as 2026-01-19',
		short: 'date',
		advice: otherDates('toISODate()'),
		convert: toDate(isDay),
	},
	integer: {
		wanted: 'a whole number',
		short: 'whole number',
		choice: { name: 'Integer', description: 'A whole number' },
		convert: toInteger,
	},
	/** Anything that JSON can express, also as JSON text. */
	json: {
		wanted: 'JSON',
		short: 'JSON',
		choice: { name: 'JSON', description: 'Anything, also as JSON text' },
		fromJson: true,
		convert: toJson,
	},
	list: {
		wanted: 'a list',
		short: 'list',
		choice: { name: 'List', description: 'A list, also as JSON text' },
		fromJson: true,
		convert: toJsonThat(Array.isArray),
	},
	number: {
		wanted: 'a number',
		short: 'number',
		choice: { name: 'Number', description: 'A number, whole or not' },
		convert: toNumber,
	},
	object: {
		wanted: 'an object',
		short: 'object',
		choice: { name: 'Object', description: 'An object, also as JSON text' },
		fromJson: true,
		convert: toJsonThat(isRecord),
	},
	string: {
		wanted: 'text',
		short: 'text',
		choice: { name: 'String', description: 'Text' },
		convert: toText,
	},
	/** A point in time as the whole number of seconds since 1970; some schemas declare dates as numbers. */
	unixSeconds: {
		wanted: 'unix seconds, or a date with time and zone such as 2026-01-19T07:18:45Z',
		short: 'unix seconds',
		choice: {
			name: 'Unix Seconds',
			description: 'A date with time and zone, sent as the number of seconds since 1970',
		},
		advice: otherDates('toISO()'),
		convert: toUnixSeconds,
	},
	/** Unchanged. */
	any: { wanted: 'a value', short: '', convert: (value) => ({ value }) },
} satisfies Record<string, ValueTypeRow>;

/**
 * How a value is sent. Schemas are typed, but items often are not: sheets, forms and webhooks deliver text.
 */
export type ValueType = keyof typeof rows;

/** Everything that depends on the type of a value: its words, its label and its conversion. */
export const VALUE_TYPES: Readonly<Record<ValueType, ValueTypeRow>> = rows;

const isValueType = (name: string): name is ValueType => Object.hasOwn(rows, name);

export const VALUE_TYPE_NAMES: readonly ValueType[] = Object.keys(rows).filter(isValueType);

/** The types that people can choose for a field, in the order of the list. */
export const FIELD_TYPES = VALUE_TYPE_NAMES.flatMap((value) => {
	const { choice } = VALUE_TYPES[value];
	return choice === undefined ? [] : [{ ...choice, value }];
});
