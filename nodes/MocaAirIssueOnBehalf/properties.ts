import type { INodeProperties } from 'n8n-workflow';
import {
	concurrency,
	issuerDid,
	requestsPerSecond,
	requestTimeout,
	tokenLifetime,
	waitTimeout,
	waitUntilOnChain,
} from '../../n8n/parameters/callOptions';
import { kept } from '../../n8n/parameters/kept';
import { toolProperty } from '../../n8n/tool/toolProperty';
import { issuanceProgram } from './issuanceProgram';
import { subjectProperties } from './subjectProperties';

const operation: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Issue',
			value: 'issue',
			action: 'Issue a credential on behalf',
			description: "Issue a credential to the person's AIR account",
		},
		{
			name: 'Check Only',
			value: 'checkOnly',
			action: 'Check items without issuing',
			description: 'Check every item, and what is issued already. Nothing is sent.',
		},
	],
	default: 'issue',
};

const recipient: INodeProperties = {
	displayName: 'Recipient Email',
	name: 'recipient',
	type: 'string',
	placeholder: 'e.g. ada@example.com',
	default: '',
	required: true,
	hint: 'Drag the address from the input: typed text is the same for all items',
	description:
		'The e-mail address that owns the AIR account. AIR finds the account by this address alone, so use each person’s own address, never a shared one.',
};

const eventId: INodeProperties = {
	displayName: 'Event ID',
	name: 'eventId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. evt_1',
	description:
		'What the sender calls this event. It must be the same when the event is delivered again, and different for each other event.',
};

const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Include Input Fields',
			name: 'includeInput',
			type: 'boolean',
			default: true,
			description:
				'Whether to put the fields of the incoming item behind those of the issuance, so that a report can name row and person',
		},
		{
			displayName: 'Reference',
			name: 'reference',
			type: 'string',
			default: '',
			placeholder: 'e.g. order-7',
			description:
				'Your own ID for this issuance, kept with it in the ledger and given out by Moca AIR Trigger',
		},
		{
			displayName: 'Same Recipient for All Items',
			name: 'sameRecipient',
			type: 'boolean',
			default: true,
			description:
				'Whether several items may go to one typed address. Without it they are refused, because they are usually meant for different people.',
		},
		waitTimeout,
		waitUntilOnChain,
	],
};

const expert: INodeProperties = {
	displayName: 'Expert Options',
	name: 'expert',
	type: 'collection',
	placeholder: 'Add Expert Option',
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
		issuerDid,
		{
			displayName: 'Remember For',
			name: 'rememberHours',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 8760 },
			default: 24,
			description:
				'How many hours the same content counts as a repeat. Only matters with Recognize by Content.',
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
	],
};

export const properties: INodeProperties[] = [
	operation,
	{
		displayName:
			'Nothing is issued: each item is checked, and the output says what would happen. Set Operation to Issue before you go live.',
		name: 'checkOnlyNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { operation: ['checkOnly'] } },
	},
	...toolProperty(recipient, {
		hint: "The model may fill it in. Otherwise name the node that has the address: {{ $('Webhook').item.json.body.email }}",
	}),
	issuanceProgram,
	{
		displayName: 'Credential Subject',
		name: 'subjectMode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Map Automatically',
				value: 'automatic',
				description: 'The fields of the item that are named like the attributes',
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
		default: 'mapper',
		description: 'How to give the claims. They must match the schema of the issuance program.',
	},
	...subjectProperties,
	{
		displayName: 'On Duplicate',
		name: 'onDuplicate',
		type: 'options',
		options: [
			{
				name: 'Keep Existing',
				value: 'ignore',
				description:
					'Leave what the person holds as it is, and say so. The new values are not issued.',
			},
			{
				name: 'Revoke and Reissue',
				value: 'revoke',
				description: 'Revoke what the person holds, for good, and issue a new one',
			},
		],
		default: 'ignore',
		description:
			'What AIR does when this person already holds such a credential. AIR’s documents disagree on whether it compares the program or its schema: try it in the sandbox first if several programs share a schema.',
	},
	{
		displayName: 'Repeats',
		name: 'idempotency',
		type: 'options',
		options: [
			{
				name: 'Recognize by Content',
				value: 'content',
				description: 'The same program, recipient, issuer and subject issue once within 24 hours',
			},
			{
				name: 'Recognize by Event ID',
				value: 'event',
				description: 'Use the event’s own ID. Best for webhooks such as Stripe.',
			},
			{
				name: 'Recognize Within This Execution',
				value: 'execution',
				description: 'Retries of this execution do not issue again; another execution does',
			},
			{
				name: 'Issue Every Time',
				value: 'off',
				description: 'Issue also what was issued before, even after an unknown outcome',
			},
		],
		default: 'content',
		description:
			'How to notice that an item was issued before. It is not sent again then; its output is the recorded answer.',
	},
	...kept(
		eventId,
		[{ idempotency: ['event'] }],
		[{ idempotency: ['content', 'execution', 'off'] }],
	),
	{
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		noDataExpression: true,
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
	},
	options,
	expert,
];
