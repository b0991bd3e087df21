import type { INodeProperties } from 'n8n-workflow';
import { kept } from '../parameters/kept';
import { toolProperty } from '../tool/toolProperty';

/** Parameters of every node that issues: the same names with the same meaning. */

const email: INodeProperties = {
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

/** The recipient. */
export const recipient: readonly INodeProperties[] = toolProperty(email, {
	hint: "The model may fill it in. Otherwise name the node that has the address: {{ $('Webhook').item.json.body.email }}",
});

/** The mode of the claims. @param description - what they must fit */
export const subjectMode = (description: string): INodeProperties => ({
	displayName: 'Credential Subject',
	name: 'subjectMode',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Map Automatically',
			value: 'automatic',
			description: 'The fields of the item that are named like the attributes',
			// Refused at run time in an agent's tool, whose item does not show which fields the model filled in.
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
	description,
});

const eventId: INodeProperties = {
	displayName: 'Event ID',
	name: 'eventId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. evt_1',
	description:
		'The sender’s own ID of this event. It must be the same each time the event is delivered, and different for every other event.',
};

/** How repeats are recognized. @param content - what makes two items the same content */
export const repeats = (content: string): INodeProperties[] => [
	{
		displayName: 'Repeats',
		name: 'idempotency',
		type: 'options',
		options: [
			{
				name: 'Recognize by Content',
				value: 'content',
				description: `The same ${content} issue once within 24 hours`,
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
				description: 'Issue every time, even for repeats and after an unknown outcome',
			},
		],
		default: 'content',
		description:
			'How to recognize an item that was issued before. A repeat is not sent; its output is the recorded answer.',
	},
	...kept(
		eventId,
		[{ idempotency: ['event'] }],
		[{ idempotency: ['content', 'execution', 'off'] }],
	),
];

export const includeInput: INodeProperties = {
	displayName: 'Include Input Fields',
	name: 'includeInput',
	type: 'boolean',
	default: true,
	description:
		'Whether to add the fields of the incoming item to the output, so that a report can name row and person',
};

export const reference: INodeProperties = {
	displayName: 'Reference',
	name: 'reference',
	type: 'string',
	default: '',
	placeholder: 'e.g. order-7',
	description:
		'Your own ID for this issuance, kept in the ledger and included in the items of Moca AIR Trigger',
};

export const sameRecipient: INodeProperties = {
	displayName: 'Same Recipient for All Items',
	name: 'sameRecipient',
	type: 'boolean',
	default: true,
	description:
		'Whether several items may go to one typed address. Without it they are refused, because they are usually meant for different people.',
};

export const ignoreWhenComparing: INodeProperties = {
	displayName: 'Ignore When Comparing',
	name: 'ignoreWhenComparing',
	type: 'string',
	default: '',
	placeholder: 'e.g. verifiedAt, deliveredAt',
	description:
		'Attributes of the subject, separated by commas, that change with each delivery. They are sent, but ignored when checking whether an item is a repeat. Top-level attributes only.',
};

export const rememberHours: INodeProperties = {
	displayName: 'Remember For',
	name: 'rememberHours',
	type: 'number',
	typeOptions: { minValue: 1, maxValue: 8760 },
	default: 24,
	description:
		'How many hours the same content counts as a repeat. Only matters with Recognize by Content.',
};
