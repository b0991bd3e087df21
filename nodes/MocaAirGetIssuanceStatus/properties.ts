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

const coreClaimHash: INodeProperties = {
	displayName: 'Core Claim Hash',
	name: 'coreClaimHash',
	type: 'string',
	default: '={{ $json.coreClaimHash }}',
	required: true,
	placeholder: 'e.g. {{ $json.coreClaimHash }}',
	description: 'Identifies the issuance: the field coreClaimHash from Moca AIR Issue on Behalf',
};

const recipient: INodeProperties = {
	displayName: 'Recipient Email',
	name: 'recipient',
	type: 'string',
	default: '={{ $json.email }}',
	placeholder: 'e.g. {{ $json.email }}',
	description:
		'The e-mail address that the credential was issued to. May be empty if the ledger knows the hash.',
};

export const properties: INodeProperties[] = [
	// A tool does not read the item.
	...toolProperty(coreClaimHash, { default: '', placeholder: 'e.g. 0522d8…' }),
	...toolProperty(recipient, { default: '', placeholder: 'e.g. name@example.com' }),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			concurrency,
			requestTimeout,
			requestsPerSecond,
			tokenLifetime,
			waitTimeout,
			waitUntilOnChain,
		],
	},
];
