import type { INodeProperties } from 'n8n-workflow';
import type { Operation } from '../Operation';
import { checkSetupItems } from './checkSetupItems';

/** An agent must not choose for whose address AIR is asked. */
const notForAgents = { '@tool': [false] };

const ownAddress = (shownWhen: Readonly<Record<string, boolean[]>>): INodeProperties => ({
	displayName: 'Your Own Email',
	name: 'ownAddress',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. name@example.com',
	displayOptions: { show: { ...notForAgents, ...shownWhen } },
	description:
		'AIR is asked about this address. Use your own: AIR may create an account for an unknown one.',
});

const properties: INodeProperties[] = [
	{
		displayName: 'Check Issue on Behalf',
		name: 'checkIssueOnBehalf',
		type: 'boolean',
		default: false,
		displayOptions: { show: notForAgents },
		description:
			'Whether to also find out if Issue on Behalf is enabled, by an empty request that issues nothing',
	},
	{
		displayName: 'Check Account Host',
		name: 'checkAccountHost',
		type: 'boolean',
		default: false,
		displayOptions: { show: notForAgents },
		description:
			'Whether to also find out if AIR’s account host for direct issuance answers, by looking up your own account. AIR makes an account for an address that has none.',
	},
	ownAddress({ checkIssueOnBehalf: [true] }),
	ownAddress({ checkIssueOnBehalf: [false], checkAccountHost: [true] }),
];

/** Looks at key, JWKS, clock and AIR; issues nothing. */
export const checkSetup: Operation = {
	option: {
		name: 'Check Setup',
		value: 'checkSetup',
		description:
			'Look at key, JWKS, DID document, clock and AIR, and say what to fix; issues nothing',
		action: 'Check the setup',
	},
	properties,
	run: async (context) => [await checkSetupItems(context)],
};
