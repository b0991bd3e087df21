import type { INodeProperties } from 'n8n-workflow';

export const DEFAULT_CACHE_SECONDS = 300;
export const LONGEST_CACHE_SECONDS = 86_400;

export const properties: INodeProperties[] = [
	{
		displayName:
			'Publish this workflow, and register its <b>Production URL</b> (under Webhook URLs) with AIR (dashboard, Accounts → General). It must begin with https:// and be reachable from the internet: not localhost, not a private address. Whoever may publish a workflow on this path can act as the issuer.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Partner ID',
		name: 'partnerId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 954fe820-050d-49fb-b22e-884922aa6cef',
		description:
			'As in the credential, which is compared with it. The default path begins with it.',
	},
	{
		displayName: 'Path',
		name: 'path',
		type: 'string',
		default: '={{ $parameter["partnerId"] }}/.well-known/jwks.json',
		required: true,
		placeholder: 'e.g. my-company/.well-known/jwks.json',
		description:
			'Where n8n serves the JWKS, after /webhook/. Where a proxy blocks addresses with “/.”, take out “.well-known/”. After a change, register the new URL with AIR.',
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Cache For',
				name: 'cacheSeconds',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: LONGEST_CACHE_SECONDS },
				default: DEFAULT_CACHE_SECONDS,
				description:
					'How many seconds whoever fetched the JWKS may keep it, 0 to 86400. A change of keys has to wait at least as long.',
			},
			{
				displayName: 'Start Executions',
				name: 'startExecutions',
				type: 'boolean',
				default: false,
				description:
					'Whether each fetch starts an execution, to see when AIR fetches. Anybody may fetch, so this can be many.',
			},
		],
	},
];
