import { isDateTime, isDay } from '../values/dates';
import type { ValueType } from '../values/valueTypes';
import { isRecord, type Json } from '../values/json';
import { readJson } from '../values/jsonText';
import { attributesOf, subjectOf, type SubjectAttribute } from './attributes';
import { refuseSchema, schemaDocument } from './document';
import { schemaValidator, type SchemaValidator } from './validator';

/** The shape of a credential subject, from an example or from a JSON Schema. */
export interface SubjectSchema {
	readonly attributes: readonly SubjectAttribute[];
	/** Checks a subject after conversion. Undefined for an example, which restricts nothing. */
	readonly validator?: SchemaValidator;
}

function readObject(value: unknown, what: string): Json {
	let read = value;
	if (typeof value === 'string') {
		if (value.trim() === '') throw refuseSchema(`${what} is empty`);
		const json = readJson(value);
		if (json === undefined) throw refuseSchema(`${what} is not valid JSON`);
		if ('refused' in json) throw refuseSchema(`${what} ${json.refused}`);
		// Limits such as 1e308 have more digits than a claim may have.
		read = JSON.parse(value) as unknown;
	}
	if (isRecord(read)) return read;
	throw refuseSchema(`${what} must be one object`);
}

function typeOfExample(value: unknown): ValueType {
	switch (typeof value) {
		case 'string':
			if (isDay(value)) return 'day';
			return isDateTime(value) ? 'dateTime' : 'string';
		case 'number':
			// An example with 25 may have 25.5 next time.
			return 'number';
		case 'boolean':
			return 'boolean';
		default:
			if (Array.isArray(value)) return 'list';
			return value === null ? 'any' : 'object';
	}
}

/**
 * Reads the attributes from an example subject. None is required, because an example cannot say so.
 *
 * @param value - the example, or its JSON as text
 * @throws AirError `AIR_SCHEMA_INVALID`
 * @example
 * ```ts
 * schemaFromExample('{"isOver18": true}').attributes;
 * // [{ name: 'isOver18', type: 'boolean', required: false, nullable: false }]
 * ```
 */
export function schemaFromExample(value: unknown): SubjectSchema {
	const example = readObject(value, 'the example');
	if (typeof example.$schema === 'string' || isRecord(example.properties)) {
		throw refuseSchema('the example looks like a JSON Schema; choose JSON Schema for it');
	}
	const attributes = Object.entries(example)
		.filter(([name]) => name !== 'id')
		.map(([name, given]) => ({
			name,
			type: typeOfExample(given),
			required: false,
			nullable: false,
		}));
	if (attributes.length === 0) throw refuseSchema('the example holds no attributes');
	return { attributes };
}

/**
 * A cache of schemas, the one used last at the end: a webhook's workflow reads the same schema at each
 * event.
 */
const read = new Map<string, SubjectSchema>();
const MOST_READ = 50;

function remembered(text: string, make: () => SubjectSchema): SubjectSchema {
	const schema = read.get(text) ?? make();
	read.delete(text);
	read.set(text, schema);
	for (const oldest of read.keys()) {
		if (read.size <= MOST_READ) break;
		read.delete(oldest);
	}
	return schema;
}

/**
 * Reads a JSON Schema: of the credential subject, or the whole schema of a credential as AIR keeps it,
 * of which only the part about the credential subject counts. `id`, which AIR fills in, and defaults
 * are left out: nothing is claimed that nobody said. Nothing is fetched.
 *
 * @param value - the schema, or its JSON as text
 * @throws AirError `AIR_SCHEMA_INVALID`, also for a schema that cannot be checked, e.g. with a `$ref`
 * to elsewhere or an unknown keyword
 * @example
 * ```ts
 * schemaFromJsonSchema('{"properties": {"age": {"type": "integer", "minimum": 18}}}').attributes;
 * ```
 */
export function schemaFromJsonSchema(value: unknown): SubjectSchema {
	const given = readObject(value, 'the JSON Schema');
	return typeof value === 'string' ? remembered(value, () => compile(given)) : compile(given);
}

function compile(given: Json): SubjectSchema {
	const document = schemaDocument(given);
	const subject = subjectOf(given);
	const attributes = subject === undefined ? [] : attributesOf(subject);
	if (subject === undefined || attributes.length === 0) {
		throw refuseSchema(
			'the JSON Schema has no properties; an example belongs under Example Subject',
		);
	}
	return { attributes, validator: schemaValidator(subject, document) };
}
