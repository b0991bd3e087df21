import type { INodeProperties } from 'n8n-workflow';
import {
	concurrency,
	requestsPerSecond,
	requestTimeout,
	tokenLifetime,
	waitTimeout,
	waitUntilOnChain,
} from '../../n8n/parameters/callOptions';
import { toolProperty } from '../../n8n/tool/toolProperty';
import { subjectProperties } from './subjectProperties';

const recipient: INodeProperties = {
	displayName: 'Recipient Email',
	name: 'recipient',
	type: 'string',
	placeholder: 'e.g. {{ $json.email }}',
	default: '',
	required: true,
	displayOptions: { hide: { subjectMode: ['automatic'] } },
	hint: 'For several people, drag the address from the input: typed text is the same for all items',
	description:
		'The e-mail address that owns the AIR account. AIR finds the account by this address alone, so use each person’s own address, never a shared one.',
};

const onDuplicate: INodeProperties = {
	displayName: 'On Duplicate',
	name: 'onDuplicate',
	type: 'options',
	options: [
		{
			name: 'Keep Existing',
			value: 'ignore',
			description: 'If the person already holds such a credential, leave it as it is',
		},
		{
			name: 'Revoke and Reissue',
			value: 'revoke',
			description: 'If the person already holds such a credential, revoke it and issue a new one',
		},
	],
	default: 'revoke',
	description:
		'What AIR does when this person already holds such a credential. AIR’s documents disagree on whether it compares the program or its schema: try it in the sandbox first if several programs share a schema.',
};

export const properties: INodeProperties[] = [
	...toolProperty(recipient, {
		placeholder: 'e.g. name@example.com',
		hint: "The model may fill it in. Otherwise name the node that has the address: {{ $('Webhook').item.json.body.email }}",
	}),
	{
		displayName: 'Recipient Field',
		name: 'recipientField',
		type: 'string',
		noDataExpression: true,
		placeholder: 'e.g. email',
		default: 'email',
		required: true,
		displayOptions: { show: { subjectMode: ['automatic'] } },
		description:
			'The name of the field that holds the e-mail address of the person. A dot leads further in, e.g. body.email.',
	},
	{
		displayName: 'Issuance Program',
		name: 'issuanceProgram',
		type: 'resourceLocator',
		default: { mode: 'id', value: '' },
		required: true,
		description:
			'What to issue: the program ID from the AIR dashboard under Issuer → Programs. The program must be published.',
		modes: [
			{
				displayName: 'By ID',
				name: 'id',
				type: 'string',
				placeholder: 'e.g. c21s70g0i54sn0023172Cv',
			},
		],
	},
	{
		displayName: 'Credential Subject',
		name: 'subjectMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Map Automatically',
				value: 'automatic',
				description: 'Recipient and attributes straight from the fields of the item',
				// In an agent's item nothing says what the model gave: refused there when it runs.
				displayOptions: { show: { '@tool': [false] } },
			},
			{
				name: 'Map Each Field',
				value: 'mapper',
				description: 'Drag values onto the attributes of an example or a JSON Schema',
			},
			{
				name: 'Using Fields Below',
				value: 'fields',
				description: 'Name, type and value of each attribute by hand',
			},
			{
				name: 'Using JSON',
				value: 'json',
				description: 'One object, or an expression that gives it',
			},
		],
		default: 'fields',
		description: 'How to give the claims. They must match the schema of the issuance program.',
	},
	...subjectProperties,
	// An agent may call again, and what is revoked is gone.
	...toolProperty(onDuplicate, { default: 'ignore' }),
	{
		displayName:
			'AIR’s documents disagree on what Keep Existing compares: the program, or its schema. If several events or programs share one schema, a person may get the first credential only. Try it in the sandbox first.',
		name: 'keepExistingNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { onDuplicate: ['ignore'] } },
	},
	{
		displayName: 'Idempotency',
		name: 'idempotency',
		type: 'options',
		options: [
			{
				name: 'Event ID',
				value: 'event',
				description: 'Use the event’s own ID. Best for webhooks such as Stripe.',
			},
			{
				name: 'Off',
				value: 'off',
				description: 'Issue every time, even for repeats and after an unknown outcome',
			},
			{
				name: 'Same Content',
				value: 'content',
				description: 'The same program, recipient, issuer and subject issue once within 24 hours',
			},
			{
				name: 'This Execution Only',
				value: 'execution',
				description: 'Retries of this execution do not issue again; another execution does',
			},
		],
		default: 'content',
		description:
			'When an item counts as a repeat. A repeat is not sent; the recorded answer is given out again.',
	},
	{
		displayName: 'Event ID',
		name: 'eventId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. evt_1',
		// The first condition comes first: n8n looks no further once it meets an expression.
		displayOptions: {
			show: { subjectMode: ['fields', 'json', 'mapper'], idempotency: ['event'] },
		},
		description:
			'What the sender calls this event. It must be the same when the event is delivered again, and different for each other event.',
	},
	{
		displayName: 'Event ID Field',
		name: 'eventIdField',
		type: 'string',
		noDataExpression: true,
		default: '',
		required: true,
		placeholder: 'e.g. eventId',
		displayOptions: { show: { subjectMode: ['automatic'], idempotency: ['event'] } },
		description:
			'The name of the field that holds what the sender calls the event. A dot leads further in, e.g. body.eventId.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			concurrency,
			{
				displayName: 'Ignore When Comparing',
				name: 'ignoreWhenComparing',
				type: 'string',
				default: '',
				placeholder: 'e.g. verifiedAt, deliveredAt',
				description:
					'Attributes of the subject, separated by commas, that change with each delivery. They are sent, but ignored when checking whether an item is a repeat. Top-level attributes only.',
			},
			{
				displayName: 'Issuer DID',
				name: 'issuerDid',
				type: 'string',
				default: '',
				placeholder: 'e.g. did:air:…',
				description: 'Overrides the issuer DID of the credential',
			},
			{
				displayName: 'Reference',
				name: 'reference',
				type: 'string',
				default: '',
				displayOptions: { hide: { '/subjectMode': ['automatic'] } },
				placeholder: 'e.g. {{ $json.customerId }}',
				description:
					'Your own ID for this issuance, kept with it in the ledger and given out by Moca AIR Trigger',
			},
			{
				displayName: 'Reference Field',
				name: 'referenceField',
				type: 'string',
				noDataExpression: true,
				default: '',
				placeholder: 'e.g. customerId',
				displayOptions: { show: { '/subjectMode': ['automatic'] } },
				description: 'The name of the field that holds your own ID for this issuance',
			},
			{
				displayName: 'Remember For',
				name: 'rememberHours',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 8760 },
				default: 24,
				description:
					'How many hours the same content counts as a repeat. Only matters with Same Content.',
			},
			requestTimeout,
			requestsPerSecond,
			{
				displayName: 'Send Again When Outcome Is Unknown',
				name: 'sendAgainWhenUnknown',
				type: 'boolean',
				default: false,
				description:
					'Whether to repeat a request although AIR may already have issued. Only matters with Revoke and Reissue, where a repeat can revoke what the first attempt issued.',
			},
			tokenLifetime,
			waitTimeout,
			waitUntilOnChain,
		],
	},
];
