import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import { isEmpty } from '../../issuance/subject/values/convertValue';
import { attributesIn, noneNamedLike } from '../../issuance/subject/itemFields';
import { subjectFromSchema } from '../../issuance/subject/schema/subjectFromSchema';
import {
	parseSubject,
	subjectFromFields,
	type CredentialSubject,
	type SubjectField,
} from '../../issuance/subject/subject';
import { ADVICE, advising } from '../../issuance/subject/advice';
import {
	schemaFromExample,
	schemaFromJsonSchema,
	type SubjectSchema,
} from '../../issuance/subject/schema/readSchema';
import { FIELD_TYPES, VALUE_TYPES, type ValueType } from '../../issuance/subject/values/valueTypes';
import { fieldsIn } from '../parameters/itemReferences';
import { parameter, rawParameter, type Parameter } from '../parameters/parameter';
import { itemJson, nameIn, namesIn, subjectModes } from './automatic';
import { assertNoForgottenExpression, isTemplate, jsonTemplate, textTemplate } from './templates';

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

const fieldsSchema = z.looseObject({
	field: z
		.array(
			z.looseObject({
				name: z.string().default(''),
				type: z.enum(FIELD_TYPES.map(({ value }) => value)).default('string'),
				value: z.unknown(),
			}),
		)
		.default([]),
});

function parseFields(value: unknown): SubjectField[] {
	const fields = fieldsSchema.safeParse(value);
	if (!fields.success) throw refuse('Fields are not as expected');
	if (fields.data.field.length === 0) {
		throw refuse('it holds no attributes').with({ note: ADVICE.noFields });
	}
	return fields.data.field.map(({ name, type, value: given }) => ({ name, type, value: given }));
}

const templateFor = (context: IExecuteFunctions, type: ValueType, raw: string, name: string) =>
	(VALUE_TYPES[type].fromJson === true ? jsonTemplate : textTemplate)(context, raw, name);

const rawFieldsSchema = z.object({ field: z.array(z.object({ value: z.unknown() })) });

/** An invalid name is not shown, because it may be a misplaced value. */
const nameOf = ({ name }: SubjectField) =>
	/^[\w-]{1,100}$/.test(name.trim()) ? name.trim() : 'a field';

/** Reads the fields; each expression in a text is evaluated separately. */
function byHand(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const fields = parameter(context, 'subjectFields', parseFields, { fallback: {} });
	const templates = new Map<number, Parameter<unknown>>();
	let raw: readonly { readonly value: unknown }[] | undefined;
	const readRaw = (itemIndex: number) => {
		const read = rawFieldsSchema.safeParse(rawParameter(context, 'subjectFields', itemIndex));
		return read.success ? read.data.field : [];
	};
	const valueOf = (field: SubjectField, index: number, itemIndex: number) => {
		const given = raw?.[index]?.value;
		const known = templates.get(index);
		if (known === undefined && !isTemplate(given)) {
			assertNoForgottenExpression(given, nameOf(field));
			return field.value;
		}
		const template = known ?? templateFor(context, field.type, String(given), nameOf(field));
		templates.set(index, template);
		return template(itemIndex);
	};
	return (itemIndex) => {
		raw ??= readRaw(itemIndex);
		return subjectFromFields(
			fields(itemIndex).map((field, index) => ({
				...field,
				value: valueOf(field, index, itemIndex),
			})),
		);
	};
}

function fromOneExpression(value: unknown): CredentialSubject {
	if (typeof value !== 'string') return parseSubject(value);
	const refused = refuse(
		'the one expression of JSON gave text, and nobody can tell who wrote that',
	);
	throw refused.with({ note: ADVICE.jsonText });
}

/** Reads the field JSON: fixed text, one expression that gives an object, or text with expressions. */
function fromJson(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const readerOf = (raw: unknown): Parameter<CredentialSubject> => {
		if (isTemplate(raw)) {
			const filled = jsonTemplate(context, raw);
			return (itemIndex) => parseSubject(filled(itemIndex));
		}
		assertNoForgottenExpression(raw, 'JSON');
		const isExpression = typeof raw === 'string' && raw.startsWith('=');
		return parameter(context, 'subjectJson', isExpression ? fromOneExpression : parseSubject);
	};
	let reader: Parameter<CredentialSubject> | undefined;
	return (itemIndex) =>
		(reader ??= readerOf(rawParameter(context, 'subjectJson', itemIndex)))(itemIndex);
}

/** The schema that the user pasted; parsed once per run, since it cannot contain expressions. */
function pastedSchema(context: IExecuteFunctions): Parameter<SubjectSchema> {
	const source = parameter(context, 'schemaSource', String, { fallback: 'example' });
	const example = parameter(context, 'subjectExample', schemaFromExample, { fallback: '' });
	const schema = parameter(context, 'subjectSchema', schemaFromJsonSchema, { fallback: '' });
	return (itemIndex) => (source(itemIndex) === 'jsonSchema' ? schema : example)(itemIndex);
}

const mapperSchema = z.looseObject({ value: z.record(z.string(), z.unknown()).nullish() });

/**
 * Reads the resource mapper: the mapping once, and then only the values. As a whole, n8n would evaluate
 * it for each item together with the description of all its fields.
 */
function mapped(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const schemaOf = pastedSchema(context);
	let values: ReadonlyMap<string, Parameter<unknown>> | undefined;
	const readValues = (schema: SubjectSchema, itemIndex: number) => {
		const mapping = mapperSchema.safeParse(rawParameter(context, 'subjectMapper', itemIndex));
		if (!mapping.success) throw refuse('Attributes are not as expected');
		const known = new Map(schema.attributes.map(({ name, type }) => [name, type]));
		const readers = new Map<string, Parameter<unknown>>();
		for (const [name, value] of Object.entries(mapping.data.value ?? {})) {
			assertNoForgottenExpression(value, name);
			const type = known.get(name);
			if (type !== undefined && isTemplate(value)) {
				readers.set(name, templateFor(context, type, value, name));
			} else if (type !== undefined) {
				const path = `subjectMapper.value.${name}`;
				readers.set(
					name,
					parameter(context, path, (given) => given, { fallback: null }),
				);
			} else if (!isEmpty(value)) {
				throw refuse(
					'an attribute is mapped that is no longer in the example or JSON Schema; choose Refresh Attribute List in the menu of Attributes',
				);
			}
		}
		return readers;
	};
	return (itemIndex) => {
		const schema = schemaOf(itemIndex);
		const readers = (values ??= readValues(schema, itemIndex));
		return subjectFromSchema(schema, (name) => readers.get(name)?.(itemIndex));
	};
}

/** The fields of the item that other parameters read, and so are not attributes. */
function readElsewhere(context: IExecuteFunctions, itemIndex: number): string[] {
	const raw = (name: string) => rawParameter(context, name, itemIndex);
	// An event ID that is not in use was only kept.
	const eventId = ['content', 'execution', 'off'].includes(String(raw('idempotency')))
		? undefined
		: raw('eventId');
	return [raw('recipient'), eventId, raw('options.reference')].flatMap(fieldsIn);
}

/**
 * Reads the attributes directly from the item, without evaluating anything. The item's `id` is never
 * one: AIR fills in the holder under that name.
 */
function automatic(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const convert = parameter(context, 'convertTypes', (value) => value === true, { fallback: true });
	const schemaOf = pastedSchema(context);
	const json = itemJson(context);
	const within = parameter(context, 'attributesIn', nameIn, { fallback: '' });
	const leftOut = parameter(context, 'leftOut', namesIn, { fallback: '' });
	let ownFields: readonly string[] | undefined;
	return (itemIndex) => {
		const attributes = attributesIn(json(itemIndex), {
			within: within(itemIndex),
			without: ['id', ...leftOut(itemIndex), ...(ownFields ??= readElsewhere(context, itemIndex))],
		});
		if (!convert(itemIndex)) return parseSubject(attributes);
		const schema = schemaOf(itemIndex);
		if (!schema.attributes.some(({ name }) => Object.hasOwn(attributes, name))) {
			throw noneNamedLike(json(itemIndex), within(itemIndex));
		}
		return subjectFromSchema(schema, (name) => attributes[name]);
	};
}

/**
 * Reads the credential subject of an item in the node's mode; create it once per run.
 *
 * @throws AirError `AIR_SUBJECT_INVALID`, `AIR_SCHEMA_INVALID`
 */
export function subjects(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const mode = subjectModes(context);
	const converts = parameter(context, 'convertTypes', (value) => value === true, {
		fallback: true,
	});
	const readers = new Map([
		[
			'automatic',
			advising(automatic(context), (itemIndex) =>
				converts(itemIndex) ? ADVICE.converted : ADVICE.automatic,
			),
		],
		['mapper', advising(mapped(context), () => ADVICE.mapper)],
		['json', advising(fromJson(context), () => ADVICE.json)],
		['fields', advising(byHand(context), () => ADVICE.fields)],
	]);
	return (itemIndex) => {
		const reader = readers.get(mode(itemIndex));
		if (reader !== undefined) return reader(itemIndex);
		throw new AirError('AIR_SETTING_INVALID', {
			detail: 'Credential Subject is not one of its choices',
		});
	};
}
