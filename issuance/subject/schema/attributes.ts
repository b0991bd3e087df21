import type { ValueType } from '../values/valueTypes';
import { isRecord, type Json } from '../values/json';
import { referred, refuseSchema } from './document';
import { UNIX_SECONDS } from './keywords';

/** An attribute of a credential subject, for a form. */
export interface SubjectAttribute {
	readonly name: string;
	readonly type: ValueType;
	readonly required: boolean;
	/** Whether the schema allows null. */
	readonly nullable: boolean;
	/** The values that the schema allows, if it names them. */
	readonly choices?: readonly string[];
}

const listAt = (schema: Json, keyword: string): readonly unknown[] => {
	const list = schema[keyword];
	return Array.isArray(list) ? list : [];
};

const mapAt = (schema: Json, keyword: string): Json => {
	const map = schema[keyword];
	return isRecord(map) ? map : {};
};

/** A schema together with everything that applies with it: its `$ref`, and the members of its `allOf`. */
function together(root: Json, schema: unknown): Json[] {
	if (!isRecord(schema)) return [];
	const ref = Object.hasOwn(schema, '$ref') ? [referred(root, schema.$ref)] : [];
	return [schema, ...[...ref, ...listAt(schema, 'allOf')].flatMap((part) => together(root, part))];
}

/** The schemas that apply to some values only. */
const alternatives = (schema: Json): readonly unknown[] => [
	...listAt(schema, 'anyOf'),
	...listAt(schema, 'oneOf'),
	schema.then,
	schema.else,
	...Object.values(mapAt(schema, 'dependentSchemas')),
];

/**
 * What the schema of a whole credential may contain beside the subject; nothing there may restrict the
 * subject.
 */
const BESIDE_SUBJECT = [
	...['$schema', '$id', '$ref', '$comment', '$metadata', '$defs', 'definitions', '$anchor'],
	...['title', 'description', 'examples', 'default', 'deprecated', 'readOnly', 'writeOnly'],
	...['type', 'properties', 'required', 'additionalProperties'],
];

/**
 * The schema of the subject within a JSON Schema: AIR's schema of a credential nests the subject's.
 */
function subjectWithin(root: Json): unknown {
	const parts = together(root, root);
	const holders = parts.filter((part) => 'credentialSubject' in mapAt(part, 'properties'));
	const [holder] = holders;
	if (holder === undefined) return root;
	const surplus = parts.flatMap(Object.keys).find((keyword) => !BESIDE_SUBJECT.includes(keyword));
	if (surplus !== undefined)
		throw refuseSchema(`${surplus} beside credentialSubject is not supported`);
	return mapAt(holder, 'properties').credentialSubject;
}

/**
 * The subject's schema without any mention of `id`: AIR fills in the holder under that name. Each
 * `$ref` for the subject itself is inlined, so that an `id` elsewhere stays.
 */
function withoutId(root: Json, schema: unknown): unknown {
	if (!isRecord(schema)) return schema;
	const inner = (part: unknown) => withoutId(root, part);
	const { $ref, ...out }: Record<string, unknown> = { ...schema };
	if (isRecord(out.properties)) {
		out.properties = Object.fromEntries(
			Object.entries(out.properties).filter(([name]) => name !== 'id'),
		);
	}
	if (Array.isArray(out.required)) out.required = out.required.filter((name) => name !== 'id');
	if ($ref !== undefined) out.allOf = [...listAt(out, 'allOf'), referred(root, $ref)];
	for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
		if (keyword in out) out[keyword] = listAt(out, keyword).map(inner);
	}
	for (const keyword of ['if', 'then', 'else']) {
		if (keyword in out) out[keyword] = inner(out[keyword]);
	}
	return out;
}

/**
 * The schema of the credential subject within a schema of it, or of a whole credential.
 *
 * @param root - a schema that {@link schemaDocument} has checked
 * @returns undefined if it does not describe an object
 */
export function subjectOf(root: Json): Json | undefined {
	const subject = withoutId(root, subjectWithin(root));
	if (!isRecord(subject)) return undefined;
	const { $defs, definitions } = root;
	return {
		...Object.fromEntries(
			Object.entries(subject).filter(([name]) => name !== '$id' && name !== '$schema'),
		),
		...($defs === undefined ? {} : { $defs }),
		...(definitions === undefined ? {} : { definitions }),
	};
}

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

/** The JSON Schema types that a schema allows; empty if it does not say. */
function typesOf(root: Json, schema: unknown): string[] {
	const parts = together(root, schema);
	for (const part of parts) {
		const nullable = part.nullable === true ? ['null'] : [];
		if (typeof part.type === 'string') return [part.type, ...nullable];
		if (Array.isArray(part.type)) return [...part.type.map(String), ...nullable];
	}
	for (const part of parts) {
		if (Array.isArray(part.enum)) return part.enum.map(typeName);
		if ('const' in part) return [typeName(part.const)];
	}
	for (const part of parts) {
		if ('properties' in part) return ['object'];
		const branches = [...listAt(part, 'anyOf'), ...listAt(part, 'oneOf')];
		if (branches.length > 0) return branches.flatMap((branch) => typesOf(root, branch));
	}
	return [];
}

/** A keyword of a schema, or of its only branch that is not null. */
function keyword(root: Json, schema: unknown, name: string): unknown {
	const parts = together(root, schema);
	const part = parts.find((one) => name in one);
	if (part !== undefined) return part[name];
	const branches = parts
		.flatMap((one) => [...listAt(one, 'anyOf'), ...listAt(one, 'oneOf')])
		.filter((branch) => !(isRecord(branch) && branch.type === 'null'));
	return branches.length === 1 ? keyword(root, branches[0], name) : undefined;
}

function valueType(types: readonly string[], format: unknown): ValueType {
	const [only, ...others] = types;
	const type = others.length === 0 && only !== undefined ? (TYPES[only] ?? 'any') : 'any';
	if (type === 'string' && format === 'date') return 'day';
	if (type === 'string' && format === 'date-time') return 'dateTime';
	const isNumber = type === 'integer' || type === 'number';
	return isNumber && UNIX_SECONDS.test(String(format)) ? 'unixSeconds' : type;
}

/** Each name that the schema declares for the subject, with all its declarations. */
function declarations(root: Json, schema: unknown, into = new Map<string, unknown[]>()) {
	const parts = together(root, schema);
	for (const part of parts) {
		for (const [name, declared] of Object.entries(mapAt(part, 'properties'))) {
			into.set(name, [...(into.get(name) ?? []), declared]);
		}
	}
	// A conditional schema only adds names, and changes no others.
	for (const part of parts) {
		for (const alternative of alternatives(part)) {
			const known = [...into.keys()];
			const further = declarations(root, alternative);
			known.forEach((name) => further.delete(name));
			further.forEach((declared, name) => into.set(name, declared));
		}
	}
	return into;
}

/**
 * The attributes of a schema from {@link subjectOf}, in its order; `definitions` and `$defs` of it are
 * followed.
 */
export function attributesOf(subject: Json): SubjectAttribute[] {
	const required = new Set(
		together(subject, subject)
			.flatMap((part) => listAt(part, 'required'))
			.map(String),
	);
	const declared = declarations(subject, subject);
	// A required name without a declaration may have any value.
	for (const name of required) if (!declared.has(name)) declared.set(name, [{}]);
	return [...declared].map(([name, places]) => {
		const [only, ...more] = places;
		const schema = more.length === 0 ? only : { allOf: places };
		const types = [...new Set(typesOf(subject, schema))];
		const choices = keyword(subject, schema, 'enum');
		return {
			name,
			type: valueType(
				types.filter((type) => type !== 'null'),
				keyword(subject, schema, 'format'),
			),
			required: required.has(name),
			nullable: types.includes('null'),
			...(Array.isArray(choices)
				? { choices: choices.filter((choice) => choice !== null).map(String) }
				: {}),
		};
	});
}
