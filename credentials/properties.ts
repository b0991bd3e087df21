import type { INodeProperties } from 'n8n-workflow';
import { CREDENTIAL_LABELS } from '../issuance/settings/settings';
import { advanced } from './advanced';
import { directIssuance } from './directIssuance';

/** The fields of the form, in the order in which a new user fills them in. */
export const properties: INodeProperties[] = [
	{
		displayName: CREDENTIAL_LABELS.environment,
		name: 'environment',
		type: 'options',
		options: [
			{
				name: 'Custom URL',
				value: 'custom',
				description: 'Another address, e.g. an emulator, a proxy or a new host of AIR',
			},
			{
				name: 'Production',
				value: 'production',
				description: 'Real credentials on the Moca mainnet',
			},
			{ name: 'Sandbox', value: 'sandbox', description: 'For trying out, on the Moca testnet' },
		],
		default: 'sandbox',
		description:
			'Which AIR to talk to. Partner IDs, issuer DIDs and programs of one environment do not exist in another.',
	},
	{
		displayName: CREDENTIAL_LABELS.baseUrl,
		name: 'baseUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://api.sandbox.mocachain.org/v1',
		displayOptions: { show: { environment: ['custom'] } },
		description:
			'Where the AIR API is, with or without /v1. It must be https and public, unless the operator of n8n allows otherwise.',
	},
	{
		displayName: CREDENTIAL_LABELS.partnerId,
		name: 'partnerId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 954fe820-050d-49fb-b22e-884922aa6cef',
		description: 'From the AIR dashboard under Accounts → General',
	},
	{
		displayName: CREDENTIAL_LABELS.issuerDid,
		name: 'issuerDid',
		type: 'string',
		default: '',
		placeholder: 'e.g. did:air:…',
		description:
			'For Issue on Behalf. From the AIR dashboard under Accounts → General; nodes can override it in their options. Direct issuance has an issuer of its own, below.',
	},
	{
		displayName: CREDENTIAL_LABELS.privateKey,
		name: 'privateKey',
		type: 'string',
		typeOptions: { password: true, rows: 6 },
		default: '',
		required: true,
		placeholder: '-----BEGIN PRIVATE KEY----- …',
		// The page is jwks/keygen.html, published by .github/workflows/pages.yml.
		description:
			'The key that signs Partner JWTs: RSA (2048 bits or more) or EC P-256, as PEM, base64 or JWK. No key yet? <a href="https://n8n-nodes-moca-air.github.io/n8n-nodes-moca-air/keygen.html" target="_blank">Make one on the key page</a> (while the repository is not public: open jwks/keygen.html of a checkout).',
	},
	{
		displayName: CREDENTIAL_LABELS.kid,
		name: 'kid',
		type: 'string',
		default: '',
		placeholder: 'e.g. my-key-2026-01',
		description:
			'The kid of this key in your JWKS. If empty, the partner ID is used, as in the AIR documentation.',
	},
	{
		displayName: CREDENTIAL_LABELS.jwksUrl,
		name: 'jwksUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://issuer.example.com/.well-known/jwks.json',
		description:
			'The address that you registered in the AIR dashboard. Leave it empty until then: the test passes although AIR does not know your key yet. Once it is filled in, it has to answer.',
	},
	...directIssuance,
	...advanced,
];
