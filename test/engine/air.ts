import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import {
	startEmulatedAir,
	type EmulatedAir,
	type EmulatedAirOptions,
} from '../support/emulatedAir';

export const PARTNER_ID = 'engine-partner';
export const ISSUER_DID = 'did:air:id:test:engine';
export const PROGRAM_ID = 'c21s70g0i54sn0023172Cv';

/** An emulated AIR with one partner and one program, and a credential that fits. */
export interface TestAir extends EmulatedAir {
	readonly credential: EmulatedAir['credential'] & ICredentialDataDecryptedObject;
}

export async function startTestAir(options: Partial<EmulatedAirOptions> = {}): Promise<TestAir> {
	const air = await startEmulatedAir({
		confirmAfterMs: 0,
		partnerId: PARTNER_ID,
		issuerDid: ISSUER_DID,
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
		...options,
	});
	return { ...air, credential: { ...air.credential, ledger: 'off' } };
}
