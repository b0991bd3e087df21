import type { INodeProperties } from 'n8n-workflow';
import { CREDENTIAL_LABELS } from '../issuance/settings/settings';

const rare: INodeProperties[] = [
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
		displayName: CREDENTIAL_LABELS.allowHandingOutJwts,
		name: 'allowHandingOutJwts',
		type: 'boolean',
		default: false,
		description:
			'Whether Moca AIR may give Partner JWTs to workflows, e.g. for a front end with the AIR Kit SDK. Anyone who edits a workflow with this credential then gets tokens that work without n8n. The other nodes do not need it.',
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
];

const shownWhen = (isAdvanced: boolean, property: INodeProperties): INodeProperties => ({
	...property,
	displayOptions: { show: { advanced: [isAdvanced], ...property.displayOptions?.show } },
});

/**
 * The same field while Advanced is off. n8n saves only what is shown, so without it a ledger in
 * PostgreSQL would silently become an embedded one; a hidden property counts as shown. It is marked as
 * secret like the visible one, so that n8n does not send its value to the browser.
 */
function unseen(property: INodeProperties): INodeProperties[] {
	if (property.type === 'notice') return [];
	const { displayName, name, default: fallback, displayOptions, typeOptions } = property;
	const secret = typeOptions?.password === true ? { typeOptions: { password: true } } : {};
	return [
		shownWhen(false, {
			displayName,
			name,
			type: 'hidden',
			default: fallback,
			...(displayOptions === undefined ? {} : { displayOptions }),
			...secret,
		}),
	];
}

/** Rarely needed fields, behind a switch that never changes their values. */
export const advanced: INodeProperties[] = [
	{
		displayName: 'Advanced',
		name: 'advanced',
		type: 'boolean',
		default: false,
		description:
			'Whether to show what is rarely needed: the ledger (for queue mode), a change of keys, tokens. These fields count while they are hidden, too.',
	},
	...rare.map((property) => shownWhen(true, property)),
	...rare.flatMap(unseen),
];
