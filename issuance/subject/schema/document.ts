import { AirError } from '../../../errors/AirError';
import { redact } from '../../../errors/redact';
import { isRecord, type Json } from '../values/json';

/** Far above any credential's schema, but small enough to compile without delay. */
const LARGEST = 100_000;
const DEEPEST = 64;
const MOST_SCHEMAS = 2_000;
/** The most schemas that one value may be compared with. */
const MOST_AT_ONCE = 5_000;

export const refuseSchema = (detail: string): AirError =>
	new AirError('AIR_SCHEMA_INVALID', { detail });

/** Keywords that contain further schemas, for the same value or for one within it. */
const ABOUT_THE_SAME = {
	lists: ['allOf', 'anyOf', 'oneOf'],
	singles: ['if', 'then', 'else', 'not'],
	maps: ['dependentSchemas', 'dependencies'],
};
const ABOUT_ITS_PARTS = {
	lists: ['prefixItems', 'items'],
	singles: [
		...['items', 'additionalItems', 'unevaluatedItems', 'contains'],
		...['additionalProperties', 'unevaluatedProperties', 'propertyNames'],
	],
	maps: ['properties', 'patternProperties', '$defs', 'definitions'],
};

/** Keywords that the validator would ignore, or that would lead out of the document. */
const NOT_READ = [
	...['$async', '$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor'],
	...['contentEncoding', 'contentMediaType', 'contentSchema', '$vocabulary'],
];

function schemasAt(schema: Json, { lists, singles, maps }: typeof ABOUT_THE_SAME): unknown[] {
	const lying = (names: readonly string[]) =>
		names.filter((name) => Object.hasOwn(schema, name)).map((name) => schema[name]);
	const all: unknown[] = [
		...lying(lists).flatMap((value): unknown[] => (Array.isArray(value) ? value : [])),
		...lying(singles),
		...lying(maps).flatMap((value): unknown[] => (isRecord(value) ? Object.values(value) : [])),
	];
	// `items` may be one schema or a list, and `dependencies` of draft-07 may hold lists of names.
	return all.filter((value) => !Array.isArray(value));
}

/**
 * The schema that a `$ref` names. Only definitions in the same document are followed: nothing is ever
 * fetched, and the schema around the definitions is rebuilt.
 *
 * @throws AirError `AIR_SCHEMA_INVALID`
 */
export function referred(root: Json, $ref: unknown): unknown {
	const shown = redact(String($ref), 100);
	if (typeof $ref !== 'string' || !/^#\/(?:\$defs|definitions)\//.test($ref)) {
		throw refuseSchema(`$ref ${shown} does not lead to $defs or definitions of the same schema`);
	}
	let at: unknown = root;
	for (const step of $ref.slice(2).split('/')) {
		const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
		const holder: unknown = at;
		at = isRecord(holder) && Object.hasOwn(holder, name) ? holder[name] : undefined;
	}
	if (isRecord(at) || typeof at === 'boolean') return at;
	throw refuseSchema(`$ref ${shown} leads nowhere`);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

function assertDepth(value: unknown, level = 0): void {
	if (level > DEEPEST) throw refuseSchema('the schema is nested too deeply');
	if (typeof value !== 'object' || value === null) return;
	if (Object.hasOwn(value, '__proto__'))
		throw refuseSchema('it holds the forbidden name __proto__');
	for (const inner of Object.values(value)) assertDepth(inner, level + 1);
}

/**
 * How many schemas one value is compared with, through every `$ref` for the same value.
 *
 * @throws AirError `AIR_SCHEMA_INVALID` for a cycle, or for a path that doubles at each step
 */
function costOf(root: Json, schemas: readonly Json[]): void {
	const costs = new Map<Json, number>();
	const open = new Set<Json>();
	const cost = (schema: unknown): number => {
		if (!isRecord(schema)) return 1;
		const known = costs.get(schema);
		if (known !== undefined) return known;
		if (open.has(schema)) throw refuseSchema('a $ref leads back to itself');
		open.add(schema);
		const beside = Object.hasOwn(schema, '$ref') ? [referred(root, schema.$ref)] : [];
		const sum = [...beside, ...schemasAt(schema, ABOUT_THE_SAME)]
			.map(cost)
			.reduce((total, one) => total + one, 1);
		open.delete(schema);
		if (sum > MOST_AT_ONCE) throw refuseSchema('its $refs ask too much of one value');
		costs.set(schema, sum);
		return sum;
	};
	schemas.forEach(cost);
}

function assertReadable(schema: Json, isRoot: boolean): void {
	for (const keyword of isRoot ? NOT_READ : [...NOT_READ, '$id', '$schema']) {
		if (Object.hasOwn(schema, keyword))
			throw refuseSchema(`the keyword ${keyword} is not supported`);
	}
}

/** A schema that is safe to compile and evaluate, and all schemas in it. */
export interface SchemaDocument {
	readonly root: Json;
	readonly schemas: readonly Json[];
}

/**
 * Checks a JSON Schema before it is compiled: its size, its depth, its `$ref`s, and how many schemas
 * one value would be compared with.
 *
 * @throws AirError `AIR_SCHEMA_INVALID`
 */
export function schemaDocument(root: Json): SchemaDocument {
	// The depth comes first, since serializing has no limit.
	assertDepth(root);
	if (JSON.stringify(root).length > LARGEST) {
		throw refuseSchema(`the schema is larger than ${LARGEST / 1000} kB`);
	}
	const schemas: Json[] = [root];
	for (const schema of schemas) {
		if (schemas.length > MOST_SCHEMAS) {
			throw refuseSchema(`the schema holds more than ${MOST_SCHEMAS} schemas`);
		}
		assertReadable(schema, schema === root);
		schemas.push(
			...schemasAt(schema, ABOUT_THE_SAME).filter(isRecord),
			...schemasAt(schema, ABOUT_ITS_PARTS).filter(isRecord),
		);
	}
	costOf(root, schemas);
	return { root, schemas };
}
