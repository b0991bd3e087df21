import type { INodeProperties } from 'n8n-workflow';
import { CREDENTIAL_LABELS } from '../issuance/settings/settings';

/** The section for direct issuance: the other fields appear only once the first is filled in. */
export const directIssuance: INodeProperties[] = [
	{
		displayName:
			'Direct Issuance: who you are as the issuer of what you sign yourself. Leave Issuer Host or DID empty to use Issue on Behalf only.',
		name: 'directNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: CREDENTIAL_LABELS.directIssuer,
		name: 'directIssuer',
		type: 'string',
		default: '',
		placeholder: 'e.g. issuer.example.com',
		description:
			'The host that publishes your DID document, an https address with a path, or did:web:…. Register the DID in the AIR dashboard (Issuer → Settings). It is not the Issuer DID above, and must not change after the first credential.',
	},
	{
		displayName: CREDENTIAL_LABELS.directIssuerAs,
		name: 'directIssuerAs',
		type: 'options',
		options: [
			{
				name: 'DID',
				value: 'did',
				description: 'As the newest documents of AIR say, and as most verifiers read it',
			},
			{
				name: 'HTTPS URL',
				value: 'url',
				description:
					'As the older documents of AIR say; needs jwt-vc-issuer at the root of the host',
			},
		],
		default: 'did',
		displayOptions: { show: { directIssuer: [{ _cnd: { exists: true } }] } },
		description:
			'How credentials name the issuer (iss). AIR’s documents disagree; change it only when a verifier rejects the default.',
	},
	{
		displayName: CREDENTIAL_LABELS.accountUrl,
		name: 'accountUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://air.api.sandbox.air3.com',
		displayOptions: {
			show: { environment: ['custom'], directIssuer: [{ _cnd: { exists: true } }] },
		},
		description: 'Where AIR looks up accounts, without a path. It is not the host of Base URL.',
	},
	{
		displayName: CREDENTIAL_LABELS.statusListUrl,
		name: 'statusListUrl',
		type: 'string',
		default: '',
		placeholder: 'e.g. https://issuer.example.com/status-lists',
		displayOptions: { show: { directIssuer: [{ _cnd: { exists: true } }] } },
		description:
			'Where your status lists are, for credentials that are issued with Revocable set to Status List. If empty: the folder status-lists of the issuer. It must not change after the first of them.',
	},
];
