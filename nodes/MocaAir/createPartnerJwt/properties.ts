import type { INodeProperties } from 'n8n-workflow';
import { tokenLifetime } from '../../../n8n/parameters/callOptions';

/** The parameters of Create Partner JWT. */
export const properties: INodeProperties[] = [
	{
		displayName:
			'Anyone who has the token can act for the partner until it expires. The credential has to allow it: <b>Allow Handing Out Tokens</b>. n8n is told to hide the field <b>token</b> in saved executions, but 2.40 and 2.41 do not do it yet, and other nodes save what they get. So let the settings of this workflow save no executions.',
		name: 'notice',
		type: 'notice',
		default: '',
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
					'For the endpoint that Moca AIR Issue on Behalf calls: anyone who has the token can issue to that address',
			},
			{ name: 'None', value: 'none', description: 'No scope claim, e.g. for the login of a user' },
			{ name: 'Verify', value: 'verify', description: 'For verifyCredential in the AIR Kit SDK' },
		],
		default: 'issue',
		description: 'What the token may be used for',
	},
	{
		displayName: 'Custom Scope',
		name: 'customScope',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. issue verify',
		displayOptions: { show: { scope: ['custom'] } },
		description: 'The claim scope, as the documentation of the AIR endpoint writes it',
	},
	{
		displayName: 'Email',
		name: 'email',
		type: 'string',
		placeholder: 'e.g. name@example.com',
		default: '',
		description:
			'The claim email: whose AIR account the token is for. Left out if empty; Issue on Behalf needs it.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
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
