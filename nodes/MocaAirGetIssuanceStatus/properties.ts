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
import { simplify } from '../../n8n/parameters/simplify';

const coreClaimHash: INodeProperties = {
	displayName: 'Core Claim Hash',
	name: 'coreClaimHash',
	type: 'string',
	default: '={{ $json.coreClaimHash }}',
	required: true,
	placeholder: 'e.g. 0522d8…',
	description:
		'Identifies the issuance: the field coreClaimHash from Moca AIR Issue on Behalf, or storagePath of what was issued directly',
};

const recipient: INodeProperties = {
	displayName: 'Recipient Email',
	name: 'recipient',
	type: 'string',
	default: '={{ $json.email }}',
	placeholder: 'e.g. ada@example.com',
	description:
		'The e-mail address that the credential was issued to. May be empty if the ledger knows the hash.',
};

export const properties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Get Status',
				value: 'getStatus',
				action: 'Get the status of an issuance',
				description: 'Check whether a credential is confirmed on-chain',
			},
		],
		default: 'getStatus',
	},
	// A tool does not read the item.
	...toolProperty(coreClaimHash, { default: '' }),
	...toolProperty(recipient, { default: '' }),
	simplify,
	{
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
				description: 'Whether to add the fields of the incoming item to the output',
			},
			waitTimeout,
			waitUntilOnChain,
		],
	},
	{
		displayName: 'Expert Options',
		name: 'expert',
		type: 'collection',
		placeholder: 'Add Expert Option',
		default: {},
		options: [concurrency, requestTimeout, requestsPerSecond, tokenLifetime],
	},
];
