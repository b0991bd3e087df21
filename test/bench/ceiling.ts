import { SignJWT, type CryptoKey } from 'jose';
import { Pool } from 'undici';
import { ISSUER_DID, PARTNER_ID, PROGRAM_ID, SCOPE, type BenchAir } from './air';

/** A bare script: signs with jose, and posts through an undici pool. */
export class BareScript {
	private readonly pool: Pool;
	private readonly path: string;
	private readonly key: Promise<CryptoKey>;

	constructor(
		private readonly air: BenchAir,
		connections: number,
	) {
		const url = new URL(air.baseUrl);
		this.pool = new Pool(url.origin, { connections, pipelining: 1 });
		this.path = `${url.pathname}/credentials/issue-on-behalf`;
		this.key = import('jose').then(async ({ importPKCS8 }) => importPKCS8(air.key.pem, air.alg));
	}

	async sign(email: string): Promise<string> {
		return await new SignJWT({ partnerId: PARTNER_ID, scope: SCOPE, email })
			.setProtectedHeader({ alg: this.air.alg, kid: PARTNER_ID, typ: 'JWT' })
			.setIssuedAt()
			.setExpirationTime('5m')
			.sign(await this.key);
	}

	async post(token: string, credentialSubject: object): Promise<string> {
		const { statusCode, body } = await this.pool.request({
			method: 'POST',
			path: this.path,
			headers: { 'x-partner-auth': token, 'content-type': 'application/json' },
			body: JSON.stringify({
				issuerDid: ISSUER_DID,
				credentialId: PROGRAM_ID,
				credentialSubject,
				onDuplicate: 'ignore',
			}),
		});
		const { coreClaimHash } = (await body.json()) as { coreClaimHash?: string };
		if (coreClaimHash === undefined) throw new Error(`answered ${statusCode}`);
		return coreClaimHash;
	}

	/** @returns seconds */
	async issueAll(emails: readonly string[], concurrency: number): Promise<number> {
		const began = performance.now();
		let next = 0;
		const work = async (): Promise<void> => {
			for (let email = emails[next++]; email !== undefined; email = emails[next++]) {
				await this.post(await this.sign(email), { kycLevel: 'basic', isOver18: true });
			}
		};
		await Promise.all(Array.from({ length: concurrency }, work));
		return (performance.now() - began) / 1000;
	}

	async close(): Promise<void> {
		await this.pool.close();
	}
}
