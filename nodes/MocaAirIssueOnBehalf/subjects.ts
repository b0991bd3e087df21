import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import { AirError } from '../../air/AirError';
import { isEmpty } from '../../issuance/convertValue';
import { attributesIn } from '../../issuance/itemFields';
import { subjectFromSchema } from '../../issuance/schemaSubject';
import { parseSubject, subjectFromFields, type CredentialSubject } from '../../issuance/subject';
import {
	schemaFromExample,
	schemaFromJsonSchema,
	type SubjectSchema,
} from '../../issuance/subjectSchema';
import { parameter, type Parameter } from '../shared/parameter';
import { itemJson, nameIn, namesIn } from './automatic';

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

const fieldsSchema = z.looseObject({
	field: z
		.array(
			z.looseObject({
				name: z.string().default(''),
				type: z
					.enum([
						'string',
						'integer',
						'number',
						'boolean',
						'date',
						'dateTime',
						'unixSeconds',
						'list',
						'object',
						'json',
					])
					.default('string'),
				value: z.unknown(),
			}),
		)
		.default([]),
});

function parseFields(value: unknown): CredentialSubject {
	const fields = fieldsSchema.safeParse(value);
	if (!fields.success) throw refuse('Fields are not as expected');
	if (fields.data.field.length === 0) {
		throw refuse('it holds no attributes; press Add Field, once for each attribute');
	}
	return subjectFromFields(
		fields.data.field.map(({ name, type, value: given }) => ({ name, type, value: given })),
	);
}

/** The schema that the user pasted; parsed once for a run, as it cannot hold expressions. */
export function pastedSchema(context: IExecuteFunctions): Parameter<SubjectSchema> {
	const source = parameter(context, 'schemaSource', String, { fallback: 'example' });
	const example = parameter(context, 'subjectExample', schemaFromExample, { fallback: '' });
	const schema = parameter(context, 'subjectSchema', schemaFromJsonSchema, { fallback: '' });
	return (itemIndex) => (source(itemIndex) === 'jsonSchema' ? schema : example)(itemIndex);
}

const mapperSchema = z.looseObject({ value: z.record(z.string(), z.unknown()).nullish() });

/**
 * Reads the resource mapper: what it maps once, and then the values by themselves. As a whole n8n
 * would evaluate it for each item together with the description of all its fields.
 */
function mapped(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const schemaOf = pastedSchema(context);
	let values: ReadonlyMap<string, Parameter<unknown>> | undefined;
	const readValues = (schema: SubjectSchema, itemIndex: number) => {
		const raw: unknown = context.getNodeParameter(
			'subjectMapper',
			itemIndex,
			{},
			{
				rawExpressions: true,
			},
		);
		const mapping = mapperSchema.safeParse(raw);
		if (!mapping.success) throw refuse('Attributes are not as expected');
		const known = new Set(schema.attributes.map(({ name }) => name));
		const readers = new Map<string, Parameter<unknown>>();
		for (const [name, value] of Object.entries(mapping.data.value ?? {})) {
			if (known.has(name)) {
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

/**
 * Reads the attributes straight from the item; nothing is evaluated for it. Its `id` is never one:
 * AIR fills in the holder under that name (air-api §8).
 */
function automatic(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const convert = parameter(context, 'convertTypes', (value) => value === true, {
		fallback: false,
	});
	const schemaOf = pastedSchema(context);
	const json = itemJson(context);
	const within = parameter(context, 'attributesIn', nameIn, { fallback: '' });
	const leftOut = parameter(context, 'leftOut', namesIn, { fallback: '' });
	const ownFields = ['recipientField', 'eventIdField', 'options.referenceField'].map((name) =>
		parameter(context, name, nameIn, { fallback: '' }),
	);
	return (itemIndex) => {
		const attributes = attributesIn(json(itemIndex), {
			within: within(itemIndex),
			without: ['id', ...leftOut(itemIndex), ...ownFields.map((name) => name(itemIndex))],
		});
		return convert(itemIndex)
			? subjectFromSchema(schemaOf(itemIndex), (name) => attributes[name])
			: parseSubject(attributes);
	};
}

/**
 * Reads the credential subject of an item in the mode that the node is set to; made once for a run.
 *
 * @throws AirError `AIR_SUBJECT_INVALID`, `AIR_SCHEMA_INVALID`
 */
export function subjects(context: IExecuteFunctions): Parameter<CredentialSubject> {
	const mode = parameter(context, 'subjectMode', String);
	const readers = new Map([
		['automatic', automatic(context)],
		['mapper', mapped(context)],
		['json', parameter(context, 'subjectJson', parseSubject)],
		['fields', parameter(context, 'subjectFields', parseFields, { fallback: {} })],
	]);
	return (itemIndex) => {
		const reader = readers.get(mode(itemIndex));
		if (reader !== undefined) return reader(itemIndex);
		throw new AirError('AIR_SETTING_INVALID', {
			detail: 'Credential Subject is not one of its choices',
		});
	};
}
