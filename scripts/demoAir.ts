import { startEmulatedAir, type EmulatedAir } from '../test/support/emulatedAir';

export const PARTNER_ID = 'demo-partner';
export const ISSUER_DID = 'did:air:id:test:demoIssuer';
/** As in the examples: KYC, membership and attendance. */
export const PROGRAM_ID = 'c21s70g0i54sn0023172Cv';
const MEMBERSHIP_PROGRAM_ID = 'c21s70g0i54sn0023173Mb';
const ATTENDANCE_PROGRAM_ID = 'c21s70g0i54sn0023174At';

/** An event as a KYC provider posts it. */
export const KYC_EVENT = {
	eventId: 'kyc-review-1',
	email: 'ada.lovelace@example.com',
	level: 'basic',
	provider: 'demo-kyc',
	reviewedAt: '2026-01-19T07:18:45Z',
	country: 'GB',
	isOver18: true,
};

export type DemoAir = EmulatedAir;

/**
 * Starts AIR for the demo and the host tests: makes keys, serves their JWKS, and sets up one partner
 * with a published program for each kind of credential in the examples.
 *
 * @param direct - whether the partner issues directly, too
 */
export async function startDemoAir(confirmAfterMs = 2500, direct = false): Promise<DemoAir> {
	return await startEmulatedAir({
		issuesDirectly: direct,
		partnerId: PARTNER_ID,
		issuerDid: ISSUER_DID,
		confirmAfterMs,
		programs: [
			{
				programId: PROGRAM_ID,
				issuerDid: ISSUER_DID,
				schemaId: '01KSTQK70XGFBT558HRHFB',
				subject: {
					kycLevel: { type: 'string', required: true },
					kycProvider: { type: 'string', required: true },
					verifiedAt: { type: 'date-time', required: true },
					countryCode: { type: 'string' },
					isOver18: { type: 'boolean', required: true },
				},
			},
			{
				programId: MEMBERSHIP_PROGRAM_ID,
				issuerDid: ISSUER_DID,
				schemaId: '01KSTQK70XGFBT558HRHFC',
				subject: {
					tier: { type: 'string', required: true },
					tierSince: { type: 'date-time', required: true },
					brandId: { type: 'string', required: true },
				},
			},
			{
				programId: ATTENDANCE_PROGRAM_ID,
				issuerDid: ISSUER_DID,
				schemaId: '01KSTQK70XGFBT558HRHFD',
				subject: {
					eventId: { type: 'string', required: true },
					eventName: { type: 'string', required: true },
					venue: { type: 'string' },
					attendedAt: { type: 'date-time', required: true },
					ticketTier: { type: 'string' },
					organizerId: { type: 'string', required: true },
				},
			},
		],
	});
}
