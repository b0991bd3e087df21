import type { INodeProperties } from 'n8n-workflow';
import type { Operation } from '../Operation';
import { checkSetupItems } from './checkSetupItems';

/** An agent must not choose for whose address AIR is asked. */
const notForAgents = { '@tool': [false] };

const properties: INodeProperties[] = [
	{
		displayName: 'Check Issue on Behalf',
		name: 'checkIssueOnBehalf',
		type: 'boolean',
		default: false,
		displayOptions: { show: notForAgents },
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
		displayOptions: { show: { ...notForAgents, checkIssueOnBehalf: [true] } },
		description:
			'The empty request names this address. Take your own: it is not known whether AIR creates the account of an unknown one.',
	},
];

/** Looks at key, JWKS, clock and AIR; issues nothing. */
export const checkSetup: Operation = {
	option: {
		name: 'Check Setup',
		value: 'checkSetup',
		description: 'Look at key, JWKS, clock and AIR, and say what to fix; issues nothing',
		action: 'Check the setup',
	},
	properties,
	run: async (context) => [await checkSetupItems(context)],
};
