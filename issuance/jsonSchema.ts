import type { ValueType } from './convertValue';

/** An attribute of a credential subject, as a form can offer it. */
export interface SubjectAttribute {
	readonly name: string;
	readonly type: ValueType;
	readonly required: boolean;
	/** Whether the schema takes null for it. */
	readonly nullable: boolean;
	/** The values that the schema allows, if it names them. */
	readonly choices?: readonly string[];
}

export type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keywords whose value maps names, which are no keywords, to schemas. */
const MAPS = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
/** Keywords whose value is data, not a schema. */
const DATA = ['enum', 'const', 'examples'];

/**
 * One schema as zod's reader takes it: definitions under `$defs`, the type said where `properties`
 * imply it, and no defaults, which zod would put into the subject.
 */
function tidy(schema: unknown): unknown {
	if (Array.isArray(schema)) return schema.map(tidy);
	if (!isRecord(schema)) return schema;
	const out = new Map<string, unknown>();
	for (const [key, value] of Object.entries(schema)) {
		if (key === 'default' || key === '$schema') continue;
		if (key === '$ref' && typeof value === 'string') {
			out.set(key, value.replace(/^#\/definitions\//, '#/$defs/'));
		} else if (MAPS.includes(key) && isRecord(value)) {
			out.set(
				key,
				Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, tidy(inner)])),
			);
		} else {
			out.set(key, DATA.includes(key) ? value : tidy(value));
		}
	}
	if (out.has('properties') && !out.has('type')) out.set('type', 'object');
	return Object.fromEntries(out);
}

const MOST_STEPS = 32;

/** Follows `$ref`s within the document; what stands beside one counts, too (2020-12, core §8.2.3.1). */
function resolve(schema: unknown, definitions: Json): Json | undefined {
	let at = schema;
	for (let step = 0; step < MOST_STEPS; step++) {
		if (!isRecord(at)) return at === true ? {} : undefined;
		const { $ref, ...beside } = at;
		if (typeof $ref !== 'string') return at;
		const name = /^#\/\$defs\/([^/]+)$/.exec($ref)?.[1];
		if (name === undefined) return undefined;
		const target = definitions[name.replaceAll('~1', '/').replaceAll('~0', '~')];
		if (!isRecord(target)) return undefined;
		at = { ...target, ...beside };
	}
	return undefined;
}

const definitionsOf = ({ definitions, $defs }: Json): Json => ({
	...(isRecord(definitions) ? definitions : {}),
	...(isRecord($defs) ? $defs : {}),
});

const without = (object: Json, name: string): Json =>
	Object.fromEntries(Object.entries(object).filter(([key]) => key !== name));

/**
 * The schema of the subject within a JSON Schema, in the form that {@link attributesOf} and zod read.
 *
 * @returns undefined when there are no properties
 */
export function normalise(given: Json): Json | undefined {
	const root = tidy(given);
	if (!isRecord(root)) return undefined;
	const $defs = definitionsOf(root);
	const whole = resolve(root, $defs);
	// A W3C credential's schema, as AIR keeps it, holds the subject's further in.
	const outer = isRecord(whole?.properties) ? whole.properties : {};
	const inner = 'credentialSubject' in outer ? resolve(outer.credentialSubject, $defs) : whole;
	if (inner === undefined || !isRecord(inner.properties)) return undefined;
	const properties = without(inner.properties, 'id');
	const required = Array.isArray(inner.required)
		? inner.required.filter((name) => name !== 'id')
		: [];
	return { ...without(inner, 'definitions'), type: 'object', properties, required, $defs };
}

/** `unix-time` is what OpenAPI documents, Stripe's among them, call it; there is no standard. */
const UNIX_SECONDS = /^(?:unix|epoch)(?:[-_]?(?:time|seconds|timestamp))?$/i;

const TYPES: Readonly<Record<string, ValueType>> = {
	string: 'string',
	integer: 'integer',
	number: 'number',
	boolean: 'boolean',
	array: 'list',
	object: 'object',
};

const typeName = (value: unknown) =>
	value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

/** The types that a schema allows, as JSON Schema calls them; empty when it does not say. */
function typesOf(schema: Json, definitions: Json): string[] {
	if (typeof schema.type === 'string') return [schema.type];
	if (Array.isArray(schema.type)) return schema.type.map(String);
	if (Array.isArray(schema.enum)) return schema.enum.map(typeName);
	if ('const' in schema) return [typeName(schema.const)];
	const branches = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray) ?? [];
	return branches.flatMap((branch: unknown) => {
		const resolved = resolve(branch, definitions);
		return resolved === undefined ? [] : typesOf(resolved, definitions);
	});
}

/** A keyword of a schema, or of the only one of its branches that is not null. */
function keyword(schema: Json, name: string, definitions: Json): unknown {
	if (name in schema) return schema[name];
	const branches = [schema.anyOf, schema.oneOf, schema.allOf].find(Array.isArray) ?? [];
	const telling = branches
		.map((branch: unknown) => resolve(branch, definitions))
		.filter((branch) => branch !== undefined && branch.type !== 'null');
	return telling.length === 1 ? telling[0]?.[name] : undefined;
}

function valueType(schema: Json, types: readonly string[], definitions: Json): ValueType {
	const [only, ...others] = types;
	const type = others.length === 0 && only !== undefined ? (TYPES[only] ?? 'any') : 'any';
	const format = keyword(schema, 'format', definitions);
	if (type === 'string' && format === 'date') return 'day';
	if (type === 'string' && format === 'date-time') return 'dateTime';
	const isNumber = type === 'integer' || type === 'number';
	return isNumber && UNIX_SECONDS.test(String(format)) ? 'unixSeconds' : type;
}

/**
 * The attributes of a schema from {@link normalise}, in its order.
 *
 * @returns undefined when a `$ref` leads nowhere, or back to itself
 */
export function attributesOf(schema: Json): SubjectAttribute[] | undefined {
	const definitions = definitionsOf(schema);
	const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
	const attributes: SubjectAttribute[] = [];
	for (const [name, given] of Object.entries(
		isRecord(schema.properties) ? schema.properties : {},
	)) {
		const attribute = resolve(given, definitions);
		if (attribute === undefined) return undefined;
		const types = [...new Set(typesOf(attribute, definitions))];
		const choices = keyword(attribute, 'enum', definitions);
		attributes.push({
			name,
			type: valueType(
				attribute,
				types.filter((type) => type !== 'null'),
				definitions,
			),
			required: required.includes(name),
			nullable: types.includes('null'),
			...(Array.isArray(choices)
				? { choices: choices.filter((choice) => choice !== null).map(String) }
				: {}),
		});
	}
	return attributes;
}
