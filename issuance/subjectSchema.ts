import { z } from 'zod';
import { AirError } from '../air/AirError';
import { redact } from '../air/redact';
import { isDateTime, isDay, type ValueType } from './convertValue';
import { attributesOf, isRecord, normalise, type Json, type SubjectAttribute } from './jsonSchema';

/** What a credential subject has to look like, from an example or from a JSON Schema. */
export interface SubjectSchema {
	readonly attributes: readonly SubjectAttribute[];
	/** Checks a subject whose values are converted. Undefined for an example, which limits nothing. */
	readonly validator?: z.ZodType;
}

const refuse = (detail: string) => new AirError('AIR_SCHEMA_INVALID', { detail });

function readObject(value: unknown, what: string): Json {
	let read = value;
	if (typeof value === 'string') {
		if (value.trim() === '') throw refuse(`${what} is empty`);
		try {
			read = JSON.parse(value) as unknown;
		} catch {
			throw refuse(`${what} is not valid JSON`);
		}
	}
	if (isRecord(read)) return read;
	throw refuse(`${what} must be one object`);
}

function typeOfExample(value: unknown): ValueType {
	switch (typeof value) {
		case 'string':
			if (isDay(value)) return 'day';
			return isDateTime(value) ? 'dateTime' : 'string';
		case 'number':
			// 25 may stand for 25.5 next time.
			return 'number';
		case 'boolean':
			return 'boolean';
		default:
			if (Array.isArray(value)) return 'list';
			return value === null ? 'any' : 'object';
	}
}

/**
 * Reads the attributes off an example subject. None is required, because an example cannot say so.
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
		throw refuse('the example looks like a JSON Schema; choose JSON Schema for it');
	}
	const attributes = Object.entries(example)
		.filter(([name]) => name !== 'id')
		.map(([name, given]) => ({
			name,
			type: typeOfExample(given),
			required: false,
			nullable: false,
		}));
	if (attributes.length === 0) throw refuse('the example holds no attributes');
	return { attributes };
}

/** zod explains in its own words what it cannot read; the schema holds no claims. */
function validatorOf(schema: Json): z.ZodType {
	try {
		return z.fromJSONSchema(schema);
	} catch (error) {
		if (error instanceof RangeError) throw refuse('a $ref leads back to itself');
		throw refuse(redact(error instanceof Error ? error.message : String(error), 200));
	}
}

/**
 * Reads a JSON Schema: of the credential subject, or the whole schema of a credential as AIR keeps it,
 * of which only the part about the credential subject counts. `id` is left out, which AIR fills in
 * itself (air-api §8), and so are defaults: what nobody said is not claimed.
 *
 * @param value - the schema, or its JSON as text
 * @throws AirError `AIR_SCHEMA_INVALID`, also for what cannot be honoured, e.g. a `$ref` to elsewhere
 */
export function schemaFromJsonSchema(value: unknown): SubjectSchema {
	const given = readObject(value, 'the JSON Schema');
	const schema = normalise(given);
	if (schema === undefined) {
		throw refuse('the JSON Schema has no properties; an example belongs under Example Subject');
	}
	const attributes = attributesOf(schema);
	if (attributes === undefined) throw refuse('a $ref leads nowhere, or back to itself');
	if (attributes.length === 0) throw refuse('the JSON Schema has no properties');
	return { attributes, validator: validatorOf(schema) };
}
