import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, IDataObject, INode } from 'n8n-workflow';
import { ISSUER_DID, PARTNER_ID, PROGRAM_ID, SCOPE, type BenchAir } from './air';
import type { Chain, Credentials, Engine } from './engine';
import { grouped } from '../support/grouped';

/** The most requests that ours has in flight, and as many connections as a script is given. */
export const MOST_IN_FLIGHT = 100;

let batches = 0;

/** New items each time: a repeat would be answered from the ledger. */
export function people(count: number): IDataObject[] {
	const batch = `${process.pid}-${++batches}`;
	return Array.from({ length: count }, (_, index) => ({
		email: `p${index}-${batch}@example.com`,
		kycLevel: 'basic',
		isOver18: true,
	}));
}

const issue = (parameters: INode['parameters'], options: INode['parameters'] = {}): Chain => [
	{
		name: 'Issue',
		type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
		typeVersion: 1,
		parameters: {
			issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
			onDuplicate: 'ignore',
			idempotency: 'content',
			...grouped(options),
			...parameters,
		},
		credentials: { mocaAirApi: { id: '1', name: 'AIR' } },
	},
];

/** Nothing is evaluated for an item. */
export const automatic = (options?: INode['parameters']): Chain =>
	issue(
		{ recipient: '={{ $json.email }}', subjectMode: 'automatic', convertTypes: false },
		options,
	);

const filledIn = (recipient: string, kycLevel: string, isOver18: string): Chain =>
	issue({
		recipient,
		subjectMode: 'fields',
		subjectFields: {
			field: [
				{ name: 'kycLevel', type: 'string', value: kycLevel },
				{ name: 'isOver18', type: 'boolean', value: isOver18 },
			],
		},
	});

/** Three fields of the item, as they are when somebody drags them there. */
export const dragged = (): Chain =>
	filledIn('={{ $json.email }}', '={{ $json.kycLevel }}', '={{ $json.isOver18 }}');

/** Three expressions for each item that only n8n can evaluate. */
export const expressions = (): Chain =>
	filledIn(
		'={{ $json.email.trim() }}',
		"={{ $json.kycLevel || 'none' }}",
		'={{ $json.isOver18 === true }}',
	);

/** What a user without this package builds: n8n's own JWT and HTTP Request nodes. */
export const builtIn = (
	{ baseUrl }: BenchAir,
	options: INode['parameters'] = {},
	settings: Partial<INode> = {},
): Chain => [
	{
		name: 'JWT',
		type: 'n8n-nodes-base.jwt',
		typeVersion: 1,
		parameters: {
			operation: 'sign',
			useJson: true,
			claimsJson: `={{ { partnerId: '${PARTNER_ID}', email: $json.email, scope: '${SCOPE}', exp: Math.floor(Date.now() / 1000) + 900 } }}`,
			options: { kid: PARTNER_ID },
		},
		credentials: { jwtAuth: { id: '2', name: 'Key' } },
	},
	{
		name: 'HTTP Request',
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			method: 'POST',
			url: `${baseUrl}/credentials/issue-on-behalf`,
			sendHeaders: true,
			headerParameters: { parameters: [{ name: 'x-partner-auth', value: '={{ $json.token }}' }] },
			sendBody: true,
			contentType: 'json',
			specifyBody: 'json',
			jsonBody: `={{ { issuerDid: '${ISSUER_DID}', credentialId: '${PROGRAM_ID}', credentialSubject: { kycLevel: $('Items').item.json.kycLevel, isOver18: $('Items').item.json.isOver18 }, onDuplicate: 'ignore' } }}`,
			options,
		},
		...settings,
	},
];

export const noOperation: Chain = [
	{ name: 'No Operation', type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} },
];

export function credentialsFor(air: BenchAir, ledger: 'embedded' | 'off'): Credentials {
	const mocaAirApi: ICredentialDataDecryptedObject = {
		environment: 'custom',
		baseUrl: air.baseUrl,
		partnerId: PARTNER_ID,
		privateKey: air.key.pem,
		kid: '',
		issuerDid: ISSUER_DID,
		jwksUrl: '',
		scope: SCOPE,
		ledger,
		jwtLifetime: 5,
	};
	const jwtAuth = { keyType: 'pemKey', privateKey: air.key.pem, algorithm: air.alg };
	return { mocaAirApi, jwtAuth };
}

/** A fresh ledger for what runs from now on. @returns closes and removes it */
export function freshLedger(engine: Engine): () => Promise<void> {
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-bench-'));
	process.env.N8N_USER_FOLDER = folder;
	return async () => {
		const { closeLedgers } = engine.own('issuance/session/openLedger') as {
			closeLedgers: () => Promise<void>;
		};
		await closeLedgers();
		rmSync(folder, { recursive: true, force: true });
	};
}

/** Forgets what an earlier run has learned about AIR's limits. */
export function forgetLimits(engine: Engine): void {
	(engine.own('air/pacing/HostLimiter') as { forgetLimits(): void }).forgetLimits();
}
