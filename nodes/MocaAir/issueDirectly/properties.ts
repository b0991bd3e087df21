import type { INodeProperties } from 'n8n-workflow';
import {
	ignoreWhenComparing,
	includeInput,
	recipient,
	reference,
	rememberHours,
	repeats,
	sameRecipient,
	subjectMode,
} from '../../../n8n/issuing/properties';
import { subjectProperties } from '../../../n8n/issuing/subjectProperties';
import {
	concurrency,
	requestsPerSecond,
	requestTimeout,
} from '../../../n8n/parameters/callOptions';
import { kept } from '../../../n8n/parameters/kept';
import { simplify } from '../../../n8n/parameters/simplify';

const expires: INodeProperties[] = [
	{
		displayName: 'Expires',
		name: 'expires',
		type: 'options',
		options: [
			{
				name: 'After Days',
				value: 'days',
				description: 'A number of days after it is issued',
			},
			{ name: 'At a Date', value: 'date', description: 'The same moment for everybody' },
		],
		default: 'days',
		description: 'When the credential expires. This cannot be changed later.',
	},
	...kept(
		{
			displayName: 'Days',
			name: 'expiresAfterDays',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 365,
			required: true,
			description: 'How many days the credential is valid for',
		},
		[{ expires: ['days'] }],
		[{ expires: ['date'] }],
	),
	...kept(
		{
			displayName: 'Date',
			name: 'expiresAt',
			type: 'dateTime',
			default: '',
			required: true,
			placeholder: 'e.g. 2027-12-31',
			description:
				'In the time zone of the workflow, unless it names one. A date without a time counts until the end of that day.',
		},
		[{ expires: ['date'] }],
		[{ expires: ['days'] }],
	),
];

const disclosure: INodeProperties[] = [
	{
		displayName: 'Disclosure',
		name: 'disclosure',
		type: 'options',
		options: [
			{
				name: 'All Claims by Choice',
				value: 'all',
				description: 'The person chooses for each claim whether to show it',
			},
			{
				name: 'Named Claims by Choice',
				value: 'chosen',
				description: 'Anyone who is shown the credential sees the others',
			},
			{
				name: 'No Claims by Choice',
				value: 'none',
				description: 'Anyone who is shown the credential sees all claims',
			},
		],
		default: 'all',
		description: 'Which claims the person can keep to themselves when they show the credential',
	},
	...kept(
		{
			displayName: 'Claims by Choice',
			name: 'disclosable',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. birthDate, address.city',
			description:
				'Names of claims, separated by commas; object.name for one inside an object. A name that fits no claim is refused.',
		},
		[{ disclosure: ['chosen'] }],
		[{ disclosure: ['all', 'none'] }],
	),
];

const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		includeInput,
		{
			displayName: 'JSON Schema of the Claims',
			name: 'claimsSchema',
			type: 'json',
			default: '{}',
			typeOptions: { rows: 8 },
			description:
				'Claims that do not fit are refused before anything is sent. Nobody at AIR can check them, because AIR cannot read them.',
		},
		reference,
		{
			displayName: 'Revocable',
			name: 'revocable',
			type: 'options',
			options: [
				{
					name: 'Off',
					value: 'off',
					description: 'It is valid until it expires, whatever happens',
				},
				{
					name: 'Revocation Number',
					value: 'number',
					description:
						'As without this option: anyone who asks for its number is told; nothing else has to be published',
				},
				{
					name: 'Status List',
					value: 'list',
					description:
						'Every verifier can look it up, in a list that you publish and keep published',
				},
			],
			default: 'list',
			description:
				'How it can be revoked later. Publish the list before you issue the first one: a verifier who cannot fetch it refuses the credential.',
		},
		{
			displayName: 'Revoke First',
			name: 'revokeFirst',
			type: 'boolean',
			default: true,
			description:
				'Whether Reissue revokes the old one before it sends the new one. Use it where AIR refuses a second credential (409). If the new one fails, the person holds none.',
		},
		sameRecipient,
		{
			displayName: 'Unbound',
			name: 'unbound',
			type: 'boolean',
			default: true,
			description:
				'Whether to issue also to a person who has no signing key yet. Anyone who gets hold of such a credential can show it as their own.',
		},
	],
};

const expert: INodeProperties = {
	displayName: 'Expert Options',
	name: 'expert',
	type: 'collection',
	placeholder: 'Add Expert Option',
	default: {},
	options: [concurrency, ignoreWhenComparing, rememberHours, requestTimeout, requestsPerSecond],
};

/** The parameters of Issue Directly and Check Direct Issuance. */
export const properties: INodeProperties[] = [
	...recipient,
	{
		displayName: 'Credential Type',
		name: 'credentialType',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. https://example.com/types/member',
		description:
			'The name of the type (vct), exactly as in the AIR dashboard under Issuer → Schemas. AIR cannot read it, and verifiers look for it.',
	},
	{
		displayName: 'Schema ID',
		name: 'schemaId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 01KSTQK70XGFBT558HRHFB',
		description: 'From the AIR dashboard under Issuer → Schemas. It is not a program ID.',
	},
	...expires,
	subjectMode(
		'How to give the claims. AIR cannot read them, so they are checked by nobody but this node.',
	),
	...subjectProperties,
	...disclosure,
	{
		displayName: 'If the Person Has One',
		name: 'ifHeld',
		type: 'options',
		options: [
			{
				name: 'Issue Another',
				value: 'another',
				description: 'The person holds both until they expire',
			},
			{
				name: 'Keep',
				value: 'keep',
				description: 'Leave what the person holds as it is, and say so; nothing is sent',
			},
			{
				name: 'Reissue',
				value: 'reissue',
				description: 'Issue a new one, and revoke the old one once AIR has the new one',
			},
		],
		default: 'keep',
		description:
			'What to do if the ledger knows a valid credential of this type for this person. AIR does not look for duplicates by itself.',
	},
	...repeats('type, recipient, issuer and claims'),
	simplify,
	options,
	expert,
];
