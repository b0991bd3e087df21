import type { INodeProperties } from 'n8n-workflow';
import { FIELD_TYPES } from '../../issuance/subject/values/valueTypes';
import { kept, type When } from '../parameters/kept';

const MODES = ['automatic', 'fields', 'json', 'mapper'] as const;
type Mode = (typeof MODES)[number];

const others = (mode: Mode): When => ({ subjectMode: MODES.filter((other) => other !== mode) });

/** Shown in one mode of the subject, and kept in the others. */
const inMode = (mode: Mode, property: INodeProperties): INodeProperties[] =>
	kept(property, [{ subjectMode: [mode] }], [others(mode)]);

/** The modes in which an example or a JSON Schema is used, and those in which it is not. */
const WITH_SCHEMA: readonly When[] = [
	{ subjectMode: ['mapper'] },
	{ subjectMode: ['automatic'], convertTypes: [true] },
];
const WITHOUT_SCHEMA: readonly When[] = [
	{ subjectMode: ['fields', 'json'] },
	{ subjectMode: ['automatic'], convertTypes: [false] },
];

/** Shown for one source of the schema, and kept otherwise. */
function fromSource(source: 'example' | 'jsonSchema', property: INodeProperties) {
	const other = source === 'example' ? 'jsonSchema' : 'example';
	const from = (schemaSource: string) =>
		WITH_SCHEMA.map((when) => ({ ...when, schemaSource: [schemaSource] }));
	return kept(property, from(source), [...WITHOUT_SCHEMA, ...from(other)]);
}

/** All parameters of the credential subject, below the choice of the mode. */
export const subjectProperties: INodeProperties[] = [
	{
		displayName: 'Sends every field of the item except those in Fields to Leave Out.',
		name: 'automaticNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { subjectMode: ['automatic'], convertTypes: [false] } },
	},
	...inMode('automatic', {
		displayName: 'Attributes In',
		name: 'attributesIn',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. body',
		description:
			'The field of the item that holds the attributes, e.g. body for a webhook. Empty for the item itself.',
	}),
	...inMode('automatic', {
		displayName: 'Fields to Leave Out',
		name: 'leftOut',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. row_number, internalNote',
		description:
			'Fields that are not attributes, separated by commas. Fields that Recipient Email, Event ID or Reference read are left out anyway.',
	}),
	...inMode('automatic', {
		displayName: 'Convert Types',
		name: 'convertTypes',
		type: 'boolean',
		noDataExpression: true,
		default: true,
		description:
			'Whether to convert the values to the types of the example or JSON Schema below, and to send only what it knows. Sheets and forms give everything as text, which AIR refuses for numbers and booleans.',
	}),
	...kept(
		{
			displayName: 'Attributes From',
			name: 'schemaSource',
			type: 'options',
			noDataExpression: true,
			options: [
				{
					name: 'Example Subject',
					value: 'example',
					description: 'Names and types are read off one example',
				},
				{
					name: 'JSON Schema',
					value: 'jsonSchema',
					description: 'Also knows which attributes are required and which values are allowed',
				},
			],
			default: 'example',
			description: 'Where the names and types of the attributes come from',
		},
		WITH_SCHEMA,
		WITHOUT_SCHEMA,
	),
	...fromSource('example', {
		displayName: 'Example Subject',
		name: 'subjectExample',
		type: 'json',
		noDataExpression: true,
		default: '{}',
		typeOptions: { rows: 5 },
		description:
			'One credential subject as it should come out, e.g. { "kycLevel": "basic", "isOver18": true }. Its values are not sent.',
		hint: 'Paste it once. Numbers without quotes become numbers, dates such as 2026-01-19 become dates.',
	}),
	...fromSource('jsonSchema', {
		displayName: 'JSON Schema',
		name: 'subjectSchema',
		type: 'json',
		noDataExpression: true,
		default: '{}',
		typeOptions: { rows: 8 },
		description: 'The JSON Schema of the credential subject, or the whole schema of the credential',
		hint: 'Paste it once. For a date that is a number, set its format to unix-time.',
	}),
	...inMode('mapper', {
		displayName: 'Attributes',
		name: 'subjectMapper',
		type: 'resourceMapper',
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		description:
			'The value of each attribute for this person. Text is converted to the type of the attribute.',
		typeOptions: {
			loadOptionsDependsOn: ['schemaSource', 'subjectExample', 'subjectSchema'],
			resourceMapper: {
				resourceMapperMethod: 'subjectAttributes',
				mode: 'add',
				valuesLabel: 'Attributes',
				fieldWords: { singular: 'attribute', plural: 'attributes' },
				addAllFields: true,
				supportAutoMap: false,
				noFieldsError: 'Paste an example or a JSON Schema above.',
			},
		},
	}),
	...inMode('fields', {
		displayName: 'Fields',
		name: 'subjectFields',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: 'Add Field',
		default: {},
		description: 'The attributes of the schema, each with the type that the schema gives it',
		options: [
			{
				displayName: 'Field',
				name: 'field',
				values: [
					{
						displayName: 'Name',
						name: 'name',
						type: 'string',
						default: '',
						placeholder: 'e.g. kycLevel',
						description: 'The name of the attribute, exactly as in the schema',
					},
					{
						displayName: 'Type',
						name: 'type',
						type: 'options',
						options: FIELD_TYPES,
						default: 'string',
						description: 'The type in the schema. AIR refuses numbers sent as text.',
					},
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						placeholder: 'e.g. {{ $json.kycLevel }}',
						description: 'The value of the attribute for this person',
					},
				],
			},
		],
	}),
	...inMode('json', {
		displayName: 'JSON',
		name: 'subjectJson',
		type: 'json',
		default: '{}',
		required: true,
		typeOptions: { rows: 6 },
		placeholder: 'e.g. { "kycLevel": "basic", "name": "{{ $json.name }}", "age": {{ $json.age }} }',
		description:
			'One object of claims: JSON text, with or without expressions, or one expression that gives an object. The result of an expression stays inside the value where it stands, so a form cannot add claims.',
		hint: 'Put quotation marks around an expression that gives text, and around no other. Leave id out: AIR fills in the holder itself.',
	}),
];
