import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { requestTimeout, tokenLifetime } from '../../n8n/parameters/callOptions';

/** Separate, because the lint rule for titles would capitalize it. */
const N8N = 'n8n';

const WATCH: INodePropertyOptions[] = [
	{
		name: `Issuances From Every ${N8N} Sharing the Ledger`,
		value: 'everywhere',
		description: 'Everything in the credential’s ledger, no matter which n8n issued it',
	},
	{
		name: `Issuances From This ${N8N}`,
		value: 'instance',
		description: 'What the workflows of this n8n issued with this credential',
	},
	{
		name: 'Specific Issuances',
		value: 'specific',
		description: 'Issuances that were made elsewhere, named by hash and e-mail address',
	},
];

export const properties: INodeProperties[] = [
	{
		displayName: 'Watch',
		name: 'watch',
		type: 'options',
		noDataExpression: true,
		options: WATCH,
		default: 'instance',
		description: 'Which issuances to watch. Needs the issuance ledger of the credential.',
	},
	{
		displayName: 'Issuances',
		name: 'issuances',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Issuance',
		default: {},
		displayOptions: { show: { watch: ['specific'] } },
		description: 'Up to 100 issuances that were made elsewhere with the same partner ID',
		options: [
			{
				displayName: 'Issuance',
				name: 'issuance',
				values: [
					{
						displayName: 'Core Claim Hash',
						name: 'coreClaimHash',
						type: 'string',
						default: '',
						placeholder: 'e.g. 239704895d0c4693…',
						description: 'Identifies the issuance: the field coreClaimHash of AIR’s answer',
					},
					{
						displayName: 'Recipient Email',
						name: 'recipient',
						type: 'string',
						default: '',
						placeholder: 'e.g. ada@example.com',
						description: 'The e-mail address that the credential was issued to',
					},
				],
			},
		],
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		options: [
			{
				name: 'Any Status Change',
				value: 'statusChanged',
				action: 'On any status change',
				description: 'AIR gave a different status than before',
			},
			{
				name: 'Confirmed On-Chain',
				value: 'confirmed',
				action: 'On credential confirmed',
				description: 'The credential is on-chain',
			},
			{
				name: 'Delayed',
				value: 'delayed',
				action: 'On credential delayed',
				description: 'Still pending after some minutes, or given up after 180 days',
			},
			{
				name: 'Expired',
				value: 'expired',
				action: 'On credential expired',
				description: 'A credential that you issued directly has expired',
			},
			{
				name: 'Expiring Soon',
				value: 'expiringSoon',
				action: 'On credential expiring soon',
				description: 'A credential that you issued directly expires soon: time to renew it',
			},
			{
				name: 'Not Usable',
				value: 'notUsable',
				action: 'On credential unusable',
				description: 'The credential expired, was revoked, or was removed',
			},
			{
				name: 'Outcome Unknown',
				value: 'outcomeUnknown',
				action: 'On outcome unknown',
				description: 'AIR may or may not have issued it: someone has to look, and settle it',
			},
			{
				name: 'Stored',
				value: 'stored',
				action: 'On credential stored',
				description: 'AIR has stored what you issued directly; AIR reports nothing later',
			},
		],
		default: ['confirmed'],
		required: true,
		description: 'Which events start the workflow. Each event is one item.',
	},
	{
		displayName: 'Delayed After (Minutes)',
		name: 'delayMinutes',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 10080 },
		default: 5,
		displayOptions: { show: { events: ['delayed'] } },
		description: 'After how many minutes a pending issuance counts as delayed',
	},
	{
		displayName: 'Before Expiry',
		name: 'expiringBefore',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 525600 },
		default: 14,
		displayOptions: { show: { events: ['expiringSoon'] } },
		description: 'How long before its expiry a credential counts as expiring soon',
	},
	{
		displayName: 'Unit',
		name: 'expiringUnit',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Days', value: 'days' },
			{ name: 'Hours', value: 'hours' },
			{ name: 'Minutes', value: 'minutes' },
		],
		default: 'days',
		displayOptions: { show: { events: ['expiringSoon'] } },
		description: 'The unit of Before Expiry',
	},
	{
		displayName: 'Start',
		name: 'start',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'From Now',
				value: 'now',
				description: 'Only what happens after the workflow was activated for the first time',
			},
			{
				name: 'From the Beginning',
				value: 'beginning',
				description: 'Also what the ledger already holds',
			},
		],
		default: 'now',
		description:
			'Where to start when the workflow is activated for the first time. Later activations continue where the trigger stopped.',
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		displayOptions: { show: { watch: ['everywhere', 'instance'] } },
		description: 'An event must match all of them',
		options: [
			{
				displayName: 'Issuance Program',
				name: 'program',
				type: 'string',
				default: '',
				placeholder: 'e.g. c21s70g0i54sn0023172Cv',
				description:
					'Only issuances of this program ID; for what was issued directly, of this type (vct)',
			},
			{
				displayName: 'Reference Starts With',
				name: 'referencePrefix',
				type: 'string',
				default: '',
				placeholder: 'e.g. order-',
				description: 'Only issuances whose Reference starts like this; capitals count',
			},
			{
				displayName: 'Workflow ID',
				name: 'workflowId',
				type: 'string',
				default: '',
				placeholder: 'e.g. q8dKf0vTn2xYzAbC',
				description: 'Only issuances of this workflow: the last part of its address in the editor',
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Events per Poll',
				name: 'maxEvents',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 5000 },
				default: 1000,
				description: 'The most items for one execution. The rest comes with the next poll.',
			},
			{ ...requestTimeout, default: 10 },
			{
				displayName: 'Status Calls per Poll',
				name: 'maxCalls',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 5000 },
				default: 2000,
				description: 'The most questions to AIR in one poll. The most overdue come first.',
			},
			tokenLifetime,
		],
	},
];
