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
import {
	ignoreWhenComparing,
	includeInput,
	recipient,
	reference,
	rememberHours,
	repeats,
	sameRecipient,
	subjectMode,
} from '../../n8n/issuing/properties';
import { issuanceProgram } from './issuanceProgram';
import { subjectProperties } from '../../n8n/issuing/subjectProperties';
import { simplify } from '../../n8n/parameters/simplify';

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
			description: 'Check every item and say what would happen. Nothing is sent.',
		},
	],
	default: 'issue',
};

const options: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [includeInput, reference, sameRecipient, waitTimeout, waitUntilOnChain],
};

const expert: INodeProperties = {
	displayName: 'Expert Options',
	name: 'expert',
	type: 'collection',
	placeholder: 'Add Expert Option',
	default: {},
	options: [
		concurrency,
		ignoreWhenComparing,
		issuerDid,
		rememberHours,
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
	...recipient,
	issuanceProgram,
	subjectMode('How to give the claims. They must match the schema of the issuance program.'),
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
	...repeats('program, recipient, issuer and subject'),
	simplify,
	options,
	expert,
];
