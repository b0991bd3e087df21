import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { requestTimeout, tokenLifetime } from '../../n8n/parameters/callOptions';

/** Apart, because the lint rule for titles would write it with a capital. */
const N8N = 'n8n';

const WATCH: INodePropertyOptions[] = [
	{
		name: `Issuances From Every ${N8N} Sharing the Ledger`,
		value: 'everywhere',
		description: 'All that the ledger of the credential holds, whichever n8n issued it',
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
				description: 'AIR gave another status than before, whichever it is',
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
				description: 'Still pending after some minutes, or for so long that it is given up',
			},
			{
				name: 'Expired',
				value: 'expired',
				action: 'On credential expired',
				description: 'What you issued directly has ended by itself',
			},
			{
				name: 'Expiring Soon',
				value: 'expiringSoon',
				action: 'On credential expiring soon',
				description: 'What you issued directly ends in some days: time to renew it',
			},
			{
				name: 'Not Usable',
				value: 'notUsable',
				action: 'On credential unusable',
				description: 'The credential expired, was revoked, or is gone',
			},
			{
				name: 'Outcome Unknown',
				value: 'outcomeUnknown',
				action: 'On outcome unknown',
				description: 'AIR may or may not have issued: somebody has to look, and settle it',
			},
			{
				name: 'Stored',
				value: 'stored',
				action: 'On credential stored',
				description: 'AIR has stored what you issued directly; nothing later is told of it',
			},
		],
		default: ['confirmed'],
		required: true,
		description: 'What to start the workflow for. Each event gives one item.',
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
		description: 'How long before it expires a credential counts as expiring soon',
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
		description: 'What Before Expiry counts',
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
			'Where to start when the workflow is activated for the first time. Later activations go on where the trigger was.',
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		displayOptions: { show: { watch: ['everywhere', 'instance'] } },
		description: 'An event has to fit all of them',
		options: [
			{
				displayName: 'Issuance Program',
				name: 'program',
				type: 'string',
				default: '',
				placeholder: 'e.g. c21s70g0i54sn0023172Cv',
				description: 'Only issuances of this program ID',
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
				description:
					'How many items one execution gets at most. The rest comes with the next poll.',
			},
			{ ...requestTimeout, default: 10 },
			{
				displayName: 'Status Calls per Poll',
				name: 'maxCalls',
				type: 'number',
				typeOptions: { minValue: 1, maxValue: 5000 },
				default: 2000,
				description: 'How often to ask AIR in one poll at most. What is due longest comes first.',
			},
			tokenLifetime,
		],
	},
];
