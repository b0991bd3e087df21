import type { INodeProperties } from 'n8n-workflow';
import {
	concurrency,
	requestsPerSecond,
	requestTimeout,
	tokenLifetime,
	waitTimeout,
	waitUntilOnChain,
} from '../shared/callOptions';

export const properties: INodeProperties[] = [
	{
		displayName: 'Core Claim Hash',
		name: 'coreClaimHash',
		type: 'string',
		default: '={{ $json.coreClaimHash }}',
		required: true,
		placeholder: 'e.g. {{ $json.coreClaimHash }}',
		description: 'Identifies the issuance: the field coreClaimHash from Moca AIR Issue on Behalf',
	},
	{
		displayName: 'Recipient Email',
		name: 'recipient',
		type: 'string',
		default: '={{ $json.email }}',
		placeholder: 'e.g. {{ $json.email }}',
		description:
			'The e-mail address that the credential was issued to. May be empty if the ledger knows the hash.',
	},
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
