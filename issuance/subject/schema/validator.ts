import Ajv, { type Options } from 'ajv';
import Ajv2019 from 'ajv/dist/2019';
import Ajv2020 from 'ajv/dist/2020';
import type AjvCore from 'ajv/dist/core';
import addFormats from 'ajv-formats';
import { redact } from '../../../errors/redact';
import { isRecord, type Json } from '../values/json';
import { refuseSchema, type SchemaDocument } from './document';
import { ownKeywords, UNIX_SECONDS } from './keywords';
import { guardedPattern } from './patterns';
import { schemaWords } from './words';

type Draft = new (options: Options) => AjvCore;

const DRAFTS = new Map<string, Draft>([
	['http://json-schema.org/draft-07/schema', Ajv],
	['https://json-schema.org/draft/2019-09/schema', Ajv2019],
	['https://json-schema.org/draft/2020-12/schema', Ajv2020],
]);

/** Keywords that AIR and iden3 add to a schema, for people and for JSON-LD. */
const ANNOTATIONS = ['$metadata'];

/**
 * Every keyword is checked or refused. Options that change values are off (`useDefaults`,
 * `coerceTypes`, `removeAdditional`): nothing is claimed that nobody said, and we convert values
 * ourselves.
 */
const OPTIONS: Options = {
	strict: false,
	strictSchema: true,
	strictNumbers: true,
	allowUnionTypes: true,
	allowMatchingProperties: true,
	// Otherwise every object would seem to have `toString`.
	ownProperties: true,
	logger: false,
	code: { regExp: Object.assign(guardedPattern, { code: 'guardedPattern' }) },
};

function draftOf({ $schema }: Json): Draft {
	if ($schema === undefined) return Ajv2020;
	const name = (typeof $schema === 'string' ? $schema : '')
		.replace(/#$/, '')
		.replace(/^https:(?=.*draft-07)/, 'http:');
	const draft = DRAFTS.get(name);
	if (draft !== undefined) return draft;
	throw refuseSchema(
		`$schema ${redact(name, 80)} is not supported; draft-07, 2019-09 and 2020-12 are`,
	);
}

/** Checks schemas against their drafts; compiled once, because that takes most of the time. */
const inspectors = new Map<Draft, AjvCore>();

function assertIsSchema(draft: Draft, schema: Json): void {
	let inspector = inspectors.get(draft);
	if (inspector === undefined) {
		inspector = new draft({ logger: false });
		inspectors.set(draft, inspector);
	}
	// The `$schema` is removed, because its spelling may differ from ajv's.
	const unnamed = Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema'));
	if (inspector.validateSchema(unnamed) === true) return;
	const [error] = inspector.errors ?? [];
	const at = (error?.instancePath ?? '').slice(1).replaceAll('/', '.');
	throw refuseSchema(redact(`${at || 'it'} ${error?.message ?? 'is not a schema'}`, 200));
}

/** The type that a format applies to: ajv ignores values of other types. */
const FOR_NUMBERS = /^(?:int32|int64|float|double)$/;

function addUsedFormats(ajv: AjvCore, schemas: readonly Json[], names: ReadonlyMap<Json, string>) {
	addFormats(ajv);
	for (const schema of schemas) {
		const { format, type } = schema;
		if (typeof format !== 'string') continue;
		const isSeconds = UNIX_SECONDS.test(format);
		if (isSeconds) ajv.addFormat(format, { type: 'number', validate: Number.isInteger });
		const types: readonly unknown[] = Array.isArray(type) ? type : [type];
		const isNumbers = isSeconds || FOR_NUMBERS.test(format);
		const wanted = isNumbers ? ['number', 'integer'] : ['string'];
		if (type !== undefined && !types.some((name) => wanted.includes(String(name)))) {
			const where = names.get(schema);
			throw refuseSchema(
				`${where === undefined ? '' : `${redact(where, 60)}: `}the format ${redact(format, 50)} is for ${isNumbers ? 'numbers' : 'text'}`,
			);
		}
	}
}

/** Ajv's message for a schema that it refuses; a schema contains no claims. */
function reasonOf(error: unknown): string {
	const said = error instanceof Error ? error.message : String(error);
	const keyword = /unknown keyword: "([^"]*)"/.exec(said)?.[1];
	if (keyword !== undefined) return `the keyword ${redact(keyword, 60)} is not supported`;
	const format = /unknown format "([^"]*)"/.exec(said)?.[1];
	if (format !== undefined) return `the format ${redact(format, 60)} is not known`;
	return redact(said.replace('strict mode: ', ''), 200);
}

/** Says what does not fit, without showing a value; undefined for a subject that fits. */
export type SchemaValidator = (subject: unknown) => string | undefined;

/**
 * Compiles the schema of a subject.
 *
 * @param schema - the subject's schema, with the definitions that it refers to
 * @param document - the document that the schema comes from
 * @throws AirError `AIR_SCHEMA_INVALID` that names what cannot be checked
 */
export function schemaValidator(schema: Json, { root, schemas }: SchemaDocument): SchemaValidator {
	const draft = draftOf(root);
	assertIsSchema(draft, root);
	// A new instance, because ajv never releases what it has compiled.
	const ajv = new draft({ ...OPTIONS, meta: false, validateSchema: false });
	ajv.addVocabulary(ANNOTATIONS);
	for (const keyword of ownKeywords) {
		ajv.removeKeyword(String(keyword.keyword));
		ajv.addKeyword({ ...keyword });
	}
	const named = schemas
		.flatMap(({ properties }) => (isRecord(properties) ? Object.entries(properties) : []))
		.filter((entry): entry is [string, Json] => isRecord(entry[1]));
	addUsedFormats(ajv, schemas, new Map(named.map(([name, inner]) => [inner, name])));
	const names = new Set(
		schemas.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : [])),
	);
	const validate = compiled(ajv, schema);
	return (subject) =>
		validate(subject)
			? undefined
			: (schemaWords(validate.errors ?? [], names) ?? 'it does not fit');
}

function compiled(ajv: AjvCore, schema: Json) {
	try {
		return ajv.compile(schema);
	} catch (error) {
		throw refuseSchema(reasonOf(error));
	}
}
