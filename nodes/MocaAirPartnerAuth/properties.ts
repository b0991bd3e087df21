import type { INodeProperties } from 'n8n-workflow';
import { tokenLifetime } from '../../n8n/parameters/callOptions';

/** As the parameter `operation` holds them. */
export const CHECK_SETUP = 'checkSetup';
export const CREATE_PARTNER_JWT = 'createPartnerJwt';

/** An agent must not choose for whose address AIR is asked. */
const forChecking = { operation: [CHECK_SETUP], '@tool': [false] };
const forCreating = { operation: [CREATE_PARTNER_JWT] };

const checking: INodeProperties[] = [
	{
		displayName: 'Check Issue on Behalf',
		name: 'checkIssueOnBehalf',
		type: 'boolean',
		default: false,
		displayOptions: { show: forChecking },
		description:
			'Whether to find out, too, if Issue on Behalf is enabled: by an empty request, which issues nothing',
	},
	{
		displayName: 'Your Own Email',
		name: 'ownAddress',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. name@example.com',
		displayOptions: { show: { ...forChecking, checkIssueOnBehalf: [true] } },
		description:
			'The empty request names this address. Take your own: it is not known whether AIR creates the account of an unknown one.',
	},
];

const operation: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Check Setup',
			value: CHECK_SETUP,
			description: 'Look at key, JWKS, clock and AIR, and say what to mend; issues nothing',
			action: 'Check the setup',
		},
		{
			name: 'Create Partner JWT',
			value: CREATE_PARTNER_JWT,
			description: 'Sign a token, e.g. for a front end with the AIR Kit SDK',
			action: 'Create a partner JWT',
			// An agent is offered the check only, and refused the rest when it runs.
			displayOptions: { show: { '@tool': [false] } },
		},
	],
	default: CHECK_SETUP,
};

export const properties: INodeProperties[] = [
	operation,
	...checking,
	{
		displayName:
			'Whoever has the token can act for the partner until it ends. The credential has to allow it: <b>Allow Handing Out Tokens</b>. n8n is told to hide the field <b>token</b> in saved executions, but 2.40 and 2.41 do not do it yet, and other nodes save what they get. So let the settings of this workflow save no executions.',
		name: 'notice',
		type: 'notice',
		default: '',
		displayOptions: { show: forCreating },
	},
	{
		displayName: 'Scope',
		name: 'scope',
		type: 'options',
		options: [
			{ name: 'Custom', value: 'custom', description: 'What another AIR endpoint asks for' },
			{
				name: 'Issue',
				value: 'issue',
				description: 'For issueCredential in the AIR Kit SDK, in the browser of the person',
			},
			{
				name: 'Issue on Behalf',
				value: 'issue on-behalf',
				description:
					'For the endpoint that Moca AIR Issue on Behalf calls: whoever has the token can issue to that address',
			},
			{ name: 'None', value: 'none', description: 'No scope claim, e.g. for the login of a user' },
			{ name: 'Verify', value: 'verify', description: 'For verifyCredential in the AIR Kit SDK' },
		],
		default: 'issue',
		displayOptions: { show: forCreating },
		description: 'What the token may be used for',
	},
	{
		displayName: 'Custom Scope',
		name: 'customScope',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. issue verify',
		displayOptions: { show: { ...forCreating, scope: ['custom'] } },
		description: 'The claim scope, as the documentation of the AIR endpoint writes it',
	},
	{
		displayName: 'Email',
		name: 'email',
		type: 'string',
		placeholder: 'e.g. name@example.com',
		default: '',
		displayOptions: { show: forCreating },
		description:
			'The claim email: whose AIR account the token is for. Left out if empty; Issue on Behalf needs it.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		displayOptions: { show: forCreating },
		options: [
			{
				displayName: 'Extra Claims',
				name: 'extraClaims',
				type: 'json',
				default: '{}',
				description:
					'Further claims of the token, as an object. Those that the node sets are refused: partnerId, scope, email, iat, exp, nbf.',
			},
			tokenLifetime,
		],
	},
];
