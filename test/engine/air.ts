import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { startEmulator, type Emulator, type EmulatorOptions } from '../../emulator';
import { makeKey, serveJwks, type JwksServer, type TestKey } from '../support/keys';

export const PARTNER_ID = 'engine-partner';
export const ISSUER_DID = 'did:air:id:test:engine';
export const PROGRAM_ID = 'c21s70g0i54sn0023172Cv';

/** An emulated AIR with one partner and one program, and a credential that fits. */
export interface TestAir {
	readonly emulator: Emulator;
	readonly jwks: JwksServer;
	readonly key: TestKey;
	readonly credential: ICredentialDataDecryptedObject;
	close(): Promise<void>;
}

export async function startTestAir({
	alg,
	...options
}: EmulatorOptions & { alg?: 'ES256' | 'RS256' } = {}): Promise<TestAir> {
	const key = makeKey(alg);
	const jwks = await serveJwks([key.jwk(PARTNER_ID)]);
	const emulator = await startEmulator({
		confirmAfterMs: 0,
		...options,
		partners: [
			{
				partnerId: PARTNER_ID,
				jwksUrl: jwks.url,
				programs: [
					{
						programId: PROGRAM_ID,
						issuerDid: ISSUER_DID,
						schemaId: '01KSTQK70XGFBT558HRHFB',
						subject: {
							kycLevel: { type: 'string', required: true },
							isOver18: { type: 'boolean' },
							score: { type: 'number' },
							tier: { type: 'string' },
							verifiedAt: { type: 'date-time' },
						},
					},
				],
			},
		],
	});
	return {
		emulator,
		jwks,
		key,
		credential: {
			environment: 'custom',
			baseUrl: emulator.baseUrl,
			partnerId: PARTNER_ID,
			privateKey: key.pem,
			kid: '',
			issuerDid: ISSUER_DID,
			jwksUrl: jwks.url,
			scope: 'issue on-behalf',
			ledger: 'off',
			jwtLifetime: 5,
		},
		close: async () => {
			await emulator.close();
			await jwks.close();
		},
	};
}
