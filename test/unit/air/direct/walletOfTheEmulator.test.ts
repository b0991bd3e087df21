import { DirectClient } from '../../../../air/direct/DirectClient';
import { hideClaims, type Disclosable } from '../../../../air/direct/hideClaims';
import {
	credentialId,
	revocationNumber,
	systemRandomness,
} from '../../../../air/direct/randomness';
import { seal } from '../../../../air/direct/seal';
import { signCredential } from '../../../../air/direct/signCredential';
import { storeBody } from '../../../../air/direct/store';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { KID, SCHEMA, useDirectRig } from '../../emulator/directSupport';
import { newSigner, PARTNER } from '../../emulator/support';

/** Both were written from AIR's documents, and neither knows the other. */

const rig = useDirectRig();

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});
afterAll(() => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
});

const CLAIMS = { level: 2, address: { city: 'Rome' }, tags: ['a', 'b'], over18: true };

test.each<['ES256' | 'RS256', string, Disclosable]>([
	['ES256', 'all', 'all'],
	['RS256', 'all', 'all'],
	['ES256', 'none', 'none'],
	['RS256', 'chosen', ['level', 'address.city']],
])(
	'what is signed with %s and sealed, %s disclosable, is in the wallet',
	async (alg, _, choice) => {
		const signer = newSigner(alg);
		rig().publish(signer);
		const { emulator, issuer } = rig();
		const pem = signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
		const client = new DirectClient({
			baseUrl: emulator.baseUrl,
			accountUrl: emulator.accountUrl,
			partnerId: PARTNER,
			kid: KID,
			key: await importPrivateKey(pem),
			scope: 'issue',
		});
		const email = `ada-${alg}-${_}@example.com`;
		const account = await client.account(email);
		const id = credentialId(systemRandomness);
		const expiresAt = Math.floor(Date.now() / 1000) + 86_400;
		const credential = await signCredential(
			{
				issuer: webIssuer(issuer.did),
				kid: KID,
				key: client.identity.key,
				holderDid: account.did,
				vct: 'kyc-level',
				id,
				nonce: revocationNumber(systemRandomness),
				expiresAt,
				binding: account.binding ?? 'unbound',
				claims: hideClaims(CLAIMS, { disclosable: choice }, systemRandomness),
			},
			Date.now(),
		);
		const envelope = seal(credential, account.holderKey, systemRandomness);
		const body = storeBody({ holderDid: account.did, schemaId: SCHEMA, expiresAt, id, envelope });
		const { storagePath } = await client.store(body);
		expect(storagePath).not.toBe('');

		// The same bytes again are the same credential.
		expect((await client.store(body)).storagePath).toBe(storagePath);
		const wallet = (await emulator.control.wallet()).filter(({ recipient }) => recipient === email);
		expect(wallet).toMatchObject([
			{ externalId: id, opened: true, valid: true, problems: [], compact: credential },
		]);
		expect(wallet[0]?.claims).toMatchObject({ ...CLAIMS, vct: 'kyc-level', iss: issuer.did });
	},
);
