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
	/** Stands behind the name of an attribute; empty where there is nothing to say. */
	readonly short: string;
	/** How the type is offered where people choose one; schemas know more types than people choose. */
	readonly choice?: { readonly name: string; readonly description: string };
	/** Text is read as JSON. */
	readonly fromJson?: true;
	/** How a value in another form is brought into this one, where people may not know. */
	readonly advice?: string;
	/** Gives undefined for a value that does not fit. */
	readonly convert: (value: unknown) => Conversion | undefined;
}

/** Forms and sheets write dates in many ways, and senders count seconds; n8n’s expressions read them all. */
const otherDates = (write: string) =>
	`Let an expression read other dates, e.g. {{ DateTime.fromFormat($json.date, 'dd.MM.yyyy').${write} }}, and Unix time in seconds: {{ DateTime.fromSeconds($json.created).${write} }}. With Map Automatically, put it into an Edit Fields node before this one.`;

/** By the names under which saved workflows hold them, in the order in which they are offered. */
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
	/** Anything that JSON carries, also as its text. */
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
	/** As it comes. */
	any: { wanted: 'a value', short: '', convert: (value) => ({ value }) },
} satisfies Record<string, ValueTypeRow>;

/**
 * How a value is to be sent. Schemas are typed, items often are not: what comes from sheets, forms and
 * webhooks is text.
 */
export type ValueType = keyof typeof rows;

/** Everything that depends on the type of a value: its words, how it is offered and converted. */
export const VALUE_TYPES: Readonly<Record<ValueType, ValueTypeRow>> = rows;

const isValueType = (name: string): name is ValueType => Object.hasOwn(rows, name);

export const VALUE_TYPE_NAMES: readonly ValueType[] = Object.keys(rows).filter(isValueType);

/** The types that people choose from for a field, in the order in which they are offered. */
export const FIELD_TYPES = VALUE_TYPE_NAMES.flatMap((value) => {
	const { choice } = VALUE_TYPES[value];
	return choice === undefined ? [] : [{ ...choice, value }];
});
