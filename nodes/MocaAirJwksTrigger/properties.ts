import type { INodeProperties } from 'n8n-workflow';

/**
 * Where the JWKS is served. n8n determines webhook paths before it reads a credential, so a path cannot
 * come from there; the webhook ID is the node's own.
 */
export const PATH = '={{ $parameter["path"] || $webhookId + "/.well-known/jwks.json" }}';

/**
 * Where the issuer's documents are: in the folder of the JWKS, or below its path if that does not end
 * in a file name.
 */
const FOLDER = String.raw`("" + ($parameter["path"] || $webhookId)).trim().replace(/^\/|\/$/g, "").replace(/(\/\.well-known)?\/jwks\.json$/, "")`;

export const DID_PATH = `={{ ${FOLDER} + "/did.json" }}`;
export const PARTNER_INFO_PATH = `={{ ${FOLDER} + "/air-partner-info" }}`;

/** The list's ID is passed as `?id=`: a path with a parameter would contain n8n's webhook ID. */
export const STATUS_LIST_PATH = `={{ ${FOLDER} + "/status-list" }}`;
/**
 * n8n puts the webhook ID in front, as for any path with a parameter. But it publishes only one of two
 * workflows with the same such path, so the path also contains the folder.
 */
export const REVOCATION_PATH = `={{ ${FOLDER} + "/revocation-status/:number" }}`;

export const WITHOUT_REVOCATIONS = '={{ !$parameter["revocations"] }}';

/** Then nothing is served at these addresses. */
export const WITHOUT_DOCUMENTS = '={{ !$parameter["issuerDocuments"] }}';

const HOSTING =
	'https://github.com/n8n-nodes-moca-air/n8n-nodes-moca-air/blob/main/docs/issuer-documents.md';

const REVOKING =
	'https://github.com/n8n-nodes-moca-air/n8n-nodes-moca-air/blob/main/docs/revoke.md';

export const DEFAULT_CACHE_SECONDS = 300;
export const LONGEST_CACHE_SECONDS = 86_400;

export const properties: INodeProperties[] = [
	{
		displayName:
			'Publish this workflow, and register its <b>Production URL</b> (under Webhook URLs) with AIR (dashboard, Accounts → General). It must begin with https:// and be reachable from the internet: not localhost, not a private address. Anyone who may publish a workflow on this path can act as the issuer.',
		name: 'notice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Path',
		name: 'path',
		type: 'string',
		default: '',
		placeholder: 'e.g. my-company/.well-known/jwks.json',
		description:
			'Where n8n serves the JWKS, after /webhook/. If empty, the address is one that only this node has. If a proxy blocks addresses with “/.”, write a path without “.well-known/”. After a change, register the new URL with AIR.',
	},
	{
		displayName: 'Serve Issuer Documents',
		name: 'issuerDocuments',
		type: 'boolean',
		default: false,
		description:
			'Whether to serve the DID document of an issuer beside the JWKS, for direct issuance. For trying out only.',
	},
	{
		displayName: `An issuer that n8n hosts is for trying out. If you unpublish, copy or move this workflow, or change Path, nobody can check its credentials any more. For real ones <a href="${HOSTING}" target="_blank">host the documents elsewhere</a>.`,
		name: 'documentsNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { issuerDocuments: [true] } },
	},
	{
		displayName:
			'Of the two Production URLs under Webhook URLs, one is the JWKS URL. Put the other one, which ends in /did.json, into Issuer Host or DID of the credential. Opened in a browser, it shows your issuer DID (did:web:…): register that with AIR (dashboard, Issuer → Settings). n8n has no place for jwt-vc-issuer, which is at the root of a host, so leave Issuer Written As at DID.',
		name: 'documentsAddress',
		type: 'notice',
		default: '',
		displayOptions: { show: { issuerDocuments: [true] } },
	},
	{
		displayName: 'Serve Revocations',
		name: 'revocations',
		type: 'boolean',
		default: false,
		description:
			'Whether to tell verifiers which of the credentials that you issued directly are revoked: by status list, and by revocation number',
	},
	{
		displayName: `Of the Production URLs, copy the one that ends in /status-list into Status List URL of the credential, and write ?id= behind it. The one with /revocation-status/:number goes into the AIR dashboard without :number; it contains n8n’s ID of this node, which changes in a copy of the workflow. While n8n is down, verifiers refuse credentials whose list they cannot fetch. <a href="${REVOKING}" target="_blank">Host a list elsewhere</a>.`,
		name: 'revocationsNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { revocations: [true] } },
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Bare Status List',
				name: 'bareStatusList',
				type: 'boolean',
				default: true,
				description:
					'Whether to serve status lists exactly as AIR’s documents show them, without an expiry. Only for a verifier that refuses the usual form: an old list would then be accepted forever.',
			},
			{
				displayName: 'Cache For',
				name: 'cacheSeconds',
				type: 'number',
				typeOptions: { minValue: 0, maxValue: LONGEST_CACHE_SECONDS },
				default: DEFAULT_CACHE_SECONDS,
				description:
					'How many seconds a client may keep what it fetched, 0 to 86400; a status list 3600 at most. A change of keys has to wait at least as long.',
			},
			{
				displayName: 'Start Executions',
				name: 'startExecutions',
				type: 'boolean',
				default: false,
				description:
					'Whether to start an execution for each request, to see when AIR fetches. The URL is public, so there may be many.',
			},
		],
	},
];
