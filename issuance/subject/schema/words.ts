import type { ErrorObject } from 'ajv';
import { redact } from '../../../errors/redact';

const TYPES: Readonly<Record<string, string>> = {
	string: 'text',
	integer: 'a whole number',
	number: 'a number',
	boolean: 'true or false',
	array: 'a list',
	object: 'an object',
	null: 'null',
};

const COMPARISONS: Readonly<Record<string, string>> = {
	'>=': 'at least',
	'<=': 'at most',
	'>': 'more than',
	'<': 'less than',
};

const one = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** The parameters of ajv's errors; see below for those that contain only text of the schema. */
type Parameters = Readonly<Record<string, unknown>>;

const limit = ({ limit: given }: Parameters) => String(given);

const counted = (what: string) => (given: Parameters) =>
	`${limit(given)} ${what}${given.limit === 1 ? '' : 's'}`;
const characters = counted('character');
const elements = counted('element');
const names = counted('name');

const types = ({ type }: Parameters) =>
	String(type)
		.split(',')
		.map((name) => TYPES[name] ?? name)
		.join(' or ');

/** The words for a keyword; they complete "NAME …" and never contain data from the item. */
const WORDS: Readonly<Record<string, (parameters: Parameters) => string>> = {
	type: (given) => `must be ${types(given)}`,
	enum: ({ allowedValues }) =>
		`must be one of ${redact((Array.isArray(allowedValues) ? allowedValues : []).map(one).join(', '), 200)}`,
	const: ({ allowedValue }) => `must be ${redact(one(allowedValue), 200)}`,
	minLength: (given) => `must have at least ${characters(given)}`,
	maxLength: (given) => `must have at most ${characters(given)}`,
	minItems: (given) => `must have at least ${elements(given)}`,
	maxItems: (given) => `must have at most ${elements(given)}`,
	items: (given) => `must have at most ${elements(given)}`,
	additionalItems: (given) => `must have at most ${elements(given)}`,
	unevaluatedItems: () => 'has more elements than the schema allows',
	minProperties: (given) => `must hold at least ${names(given)}`,
	maxProperties: (given) => `must hold at most ${names(given)}`,
	multipleOf: ({ multipleOf }) => `must be a multiple of ${String(multipleOf)}`,
	pattern: () => 'does not fit the pattern in the schema',
	format: ({ format }) => `is not in the format ${redact(String(format), 50)}`,
	uniqueItems: () => 'holds one value twice',
	contains: () => 'lacks an element that the schema asks for',
	additionalProperties: () => 'holds a name that is not in the schema',
	unevaluatedProperties: () => 'holds a name that is not in the schema',
	propertyNames: () => 'holds a name that the schema does not allow',
	anyOf: () => 'fits none of the forms that the schema allows',
	oneOf: () => 'must fit exactly one of the forms that the schema allows',
	not: () => 'is what the schema rules out',
	'false schema': () => 'is not allowed by the schema',
};

function wordsOf({ keyword, params }: ErrorObject): string {
	const parameters: Parameters = params;
	const comparison = COMPARISONS[String(parameters.comparison)];
	if (comparison !== undefined) return `must be ${comparison} ${limit(parameters)}`;
	return WORDS[keyword]?.(parameters) ?? 'does not fit the schema';
}

/**
 * Where in the subject it is. A name that is not in the schema comes from the item and is not shown.
 *
 * @param pointer - a JSON pointer
 */
function pathOf(pointer: string, known: ReadonlySet<string>): string {
	const steps = pointer.split('/').slice(1);
	return steps.reduce((path, step) => {
		const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
		if (known.has(name)) return `${path}${path && '.'}${redact(name, 60)}`;
		// A long number is not a list index: lists have at most 50,000 elements.
		return /^\d{1,5}$/.test(name) ? `${path}[${name}]` : `${path}${path && '.'}…`;
	}, '');
}

/**
 * What the schema requires, without showing a value.
 *
 * @param errors - of ajv, in its order: within `if` the reason comes first, and for alternatives last
 * @param known - the names of the attributes in the schema
 */
export function schemaWords(
	errors: readonly ErrorObject[],
	known: ReadonlySet<string>,
): string | undefined {
	const error = errors.findLast(({ keyword }) => keyword !== 'if') ?? errors.at(-1);
	if (error === undefined) return undefined;
	const at = pathOf(error.instancePath, known);
	const { missingProperty, property }: Parameters = error.params;
	if (typeof missingProperty === 'string') {
		const name = `${at}${at && '.'}${redact(missingProperty, 60)}`;
		return typeof property === 'string'
			? `${name} is required beside ${redact(property, 60)}, but there is no value`
			: `${name} is required, but there is no value`;
	}
	return `${at === '' ? 'it' : at} ${wordsOf(error)}`;
}
