import { randomUUID } from 'node:crypto';
import type {
	IAuthenticate,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	Icon,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { CREDENTIAL_LABELS } from '../issuance/settings/settings';
import { checkSetup } from '../issuance/setup/checkSetup';
import { ownWords } from '../n8n/errors/ownWords';
import { RECIPIENT_HEADER, signRequest } from './signRequest';

/** Known to this process only, so that no workflow can start a set-up check by setting a header. */
const TEST_MARKER_HEADER = 'x-moca-air-credential-test';
const TEST_MARKER = randomUUID();

const isTestRequest = ({ headers }: IHttpRequestOptions) =>
	headers?.[TEST_MARKER_HEADER] === TEST_MARKER;

/** n8n's own test rules cannot tell a good 404 from a bad one, so the check is ours. */
async function assertSetupWorks(credentials: ICredentialDataDecryptedObject): Promise<void> {
	const broken = (await checkSetup(credentials)).find(({ status }) => status === 'fail');
	if (broken !== undefined) throw new Error(ownWords(`${broken.detail}. ${broken.fix}`));
}

export class MocaAirApi implements ICredentialType {
	name = 'mocaAirApi';

	displayName = 'Moca AIR Credentials API';

	icon: Icon = { light: 'file:../icons/mocaAir.svg', dark: 'file:../icons/mocaAir.dark.svg' };

	documentationUrl =
		'https://github.com/n8n-nodes-moca-air/n8n-nodes-moca-air/blob/main/docs/credential.md';

	properties: INodeProperties[] = [
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
			displayName: CREDENTIAL_LABELS.privateKey,
			name: 'privateKey',
			type: 'string',
			typeOptions: { password: true, rows: 6 },
			default: '',
			required: true,
			placeholder: '-----BEGIN PRIVATE KEY----- …',
			description:
				'The key that signs Partner JWTs: RSA (2048 bits or more) or EC P-256, as PEM, base64 or JWK. Its public half must be in the JWKS that is registered with AIR.',
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
			displayName: CREDENTIAL_LABELS.issuerDid,
			name: 'issuerDid',
			type: 'string',
			default: '',
			placeholder: 'e.g. did:air:…',
			description:
				'From the AIR dashboard under Accounts → General. Nodes can override it in their options.',
		},
		{
			displayName: CREDENTIAL_LABELS.jwksUrl,
			name: 'jwksUrl',
			type: 'string',
			default: '',
			placeholder: 'e.g. https://issuer.example.com/.well-known/jwks.json',
			description:
				'The address that you registered in the AIR dashboard. Optional; with it, the test can tell a wrong key from an unknown key ID.',
		},
		{
			displayName: CREDENTIAL_LABELS.furtherPublicJwks,
			name: 'furtherPublicJwks',
			type: 'string',
			typeOptions: { rows: 4 },
			default: '',
			placeholder: '-----BEGIN PUBLIC KEY----- … or {"keys": [ … ]}',
			description:
				'For a change of keys: public keys that Moca AIR JWKS Trigger publishes beside the key above, as PEM, JWK or JWKS. Usually empty. Never paste a private key here.',
		},
		{
			displayName: CREDENTIAL_LABELS.scope,
			name: 'scope',
			type: 'options',
			options: [
				{
					name: 'Issue',
					value: 'issue',
					description: 'As some pages of the AIR documentation say',
				},
				{
					name: 'Issue on Behalf',
					value: 'issue on-behalf',
					description: 'The only value known to have passed authentication',
				},
			],
			default: 'issue on-behalf',
			description:
				'The scope claim of the Partner JWT. AIR’s documents disagree; change it only when AIR rejects the default.',
		},
		{
			displayName:
				'AIR’s documents disagree on this scope: some pages say Issue, but only Issue on Behalf is known to have passed authentication. If AIR answers 401, change it back first.',
			name: 'scopeNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { scope: ['issue'] } },
		},
		{
			displayName: CREDENTIAL_LABELS.jwtLifetime,
			name: 'jwtLifetime',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 15 },
			default: 5,
			description: 'How many minutes a Partner JWT lives, 1 to 15. AIR recommends 5.',
		},
		{
			displayName: CREDENTIAL_LABELS.allowHandingOutJwts,
			name: 'allowHandingOutJwts',
			type: 'boolean',
			default: false,
			description:
				'Whether Moca AIR Partner Auth may give Partner JWTs to workflows, e.g. for a front end with the AIR Kit SDK. Whoever edits a workflow with this credential then gets tokens that work without n8n. The other nodes do not need it.',
		},
		{
			displayName: CREDENTIAL_LABELS.ledger,
			name: 'ledger',
			type: 'options',
			options: [
				{
					name: 'Embedded',
					value: 'embedded',
					description: 'A SQLite file in the .n8n folder; for n8n without queue mode',
				},
				{
					name: 'Off',
					value: 'off',
					description: 'Remember nothing: a redelivered event issues again',
				},
				{
					name: 'PostgreSQL',
					value: 'postgres',
					description: 'For queue mode, and where several n8ns share a ledger',
				},
			],
			default: 'embedded',
			description:
				'Where issuances are remembered, so that repeats do not issue twice. AIR itself keeps no list.',
		},
		{
			displayName: CREDENTIAL_LABELS.ledgerSecret,
			name: 'ledgerSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			placeholder: 'e.g. postgresql://user:password@host:5432/n8n?sslmode=require',
			displayOptions: { show: { ledger: ['postgres'] } },
			description:
				'A PostgreSQL database. The tables are kept in a schema of their own, moca_air, so the database of n8n will do. With sslmode=require the certificate is checked; for one of your own add sslrootcert.',
		},
		{
			displayName: CREDENTIAL_LABELS.ledgerRetention,
			name: 'ledgerRetention',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 3650 },
			default: 90,
			displayOptions: { show: { ledger: ['embedded', 'postgres'] } },
			description:
				'How many days finished issuances are remembered, event IDs with them. Open ones are kept for 180 days.',
		},
	];

	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		if (!isTestRequest(requestOptions)) return await signRequest(credentials, requestOptions);
		await assertSetupWorks(credentials);
		const headers = Object.fromEntries(
			Object.entries(requestOptions.headers ?? {}).filter(([name]) => name !== TEST_MARKER_HEADER),
		);
		return await signRequest(credentials, { ...requestOptions, headers });
	};

	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			url: `/credentials/status?coreClaimHash=${'0'.repeat(64)}`,
			headers: {
				[TEST_MARKER_HEADER]: TEST_MARKER,
				[RECIPIENT_HEADER]: 'setup-check@example.invalid',
			},
			ignoreHttpStatusErrors: true,
		},
	};
}
