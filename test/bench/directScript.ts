import {
	createCipheriv,
	createHash,
	createPublicKey,
	diffieHellman,
	generateKeyPairSync,
	hkdfSync,
	randomBytes,
	randomUUID,
} from 'node:crypto';
import { CompactSign, importPKCS8, SignJWT, type CryptoKey } from 'jose';
import { Pool } from 'undici';
import { PARTNER_ID, SCHEMA_ID, type BenchAir } from './air';

/** The type of the credentials, and who issues them. */
export const VCT = 'kyc-level';
export const WEB_DID = 'did:web:bench.example.com';

interface Account {
	readonly did: string;
	readonly publicKey: string;
	readonly signingKey: { readonly jwk: object };
}

interface Stored {
	readonly storagePath?: string;
}

/**
 * Direct issuance by a bare script: looks the account up, signs an
 * SD-JWT VC with jose, seals it with node:crypto, stores it. Through an undici pool for each host.
 */
export class DirectScript {
	private readonly accounts: Pool;
	private readonly stores: Pool;
	private readonly path: string;
	private readonly key: Promise<CryptoKey>;

	constructor(
		private readonly air: BenchAir,
		connections: number,
	) {
		const url = new URL(air.baseUrl);
		this.accounts = new Pool(air.accountUrl, { connections, pipelining: 1 });
		this.stores = new Pool(url.origin, { connections, pipelining: 1 });
		this.path = `${url.pathname}/dstorage/vcs`;
		this.key = importPKCS8(air.key.pem, air.alg);
	}

	/** @returns seconds */
	async issueAll(emails: readonly string[], concurrency: number): Promise<number> {
		const began = performance.now();
		// Names nobody, so one token is enough for all.
		const storeToken = await this.token({});
		let next = 0;
		const work = async (): Promise<void> => {
			for (let email = emails[next++]; email !== undefined; email = emails[next++]) {
				await this.issue(email, storeToken, { kycLevel: 'basic', isOver18: true });
			}
		};
		await Promise.all(Array.from({ length: concurrency }, work));
		return (performance.now() - began) / 1000;
	}

	async close(): Promise<void> {
		await Promise.all([this.accounts.close(), this.stores.close()]);
	}

	private async issue(email: string, storeToken: string, claims: object): Promise<void> {
		const partnerJwt = await this.token({ email });
		const account = await this.post<Account>(
			this.accounts,
			'/v2/auth/initialize-user',
			{ 'x-partner-id': PARTNER_ID },
			{ partnerJwt },
		);
		const id = `urn:uuid:${randomUUID()}`;
		const exp = Math.floor(Date.now() / 1000) + 30 * 86_400;
		const compact = await this.sign(account, id, exp, claims);
		const stored = await this.post<Stored>(
			this.stores,
			this.path,
			{ 'x-partner-auth': storeToken },
			{
				holderDid: account.did,
				proofType: 'SD_JWT_VC',
				schemaId: SCHEMA_ID,
				expiresAt: new Date(exp * 1000).toISOString(),
				...seal(compact, account.publicKey),
				externalId: id,
			},
		);
		if (stored.storagePath === undefined) throw new Error('AIR stored nothing');
	}

	private async token(claims: { readonly email?: string }): Promise<string> {
		return await new SignJWT({ partnerId: PARTNER_ID, scope: 'issue', ...claims })
			.setProtectedHeader({ alg: this.air.alg, kid: PARTNER_ID, typ: 'JWT' })
			.setIssuedAt()
			.setExpirationTime('2m')
			.sign(await this.key);
	}

	private async sign(account: Account, id: string, exp: number, claims: object): Promise<string> {
		const disclosures = Object.entries(claims).map(([name, value]) =>
			Buffer.from(JSON.stringify([randomBytes(16).toString('base64url'), name, value])).toString(
				'base64url',
			),
		);
		const payload = {
			_sd: disclosures.map((text) => createHash('sha256').update(text).digest('base64url')).sort(),
			iss: WEB_DID,
			sub: account.did,
			vct: VCT,
			id,
			nonce: (randomBytes(8).readBigUInt64BE() >> 1n).toString(),
			iat: Math.floor(Date.now() / 1000) - 60,
			exp,
			cnf: { jwk: account.signingKey.jwk },
			_sd_alg: 'sha-256',
		};
		const jwt = await new CompactSign(Buffer.from(JSON.stringify(payload)))
			.setProtectedHeader({
				alg: this.air.alg,
				typ: 'dc+sd-jwt',
				kid: `${WEB_DID}#${PARTNER_ID}`,
			})
			.sign(await this.key);
		return [jwt, ...disclosures, ''].join('~');
	}

	private async post<T>(pool: Pool, path: string, headers: object, content: object): Promise<T> {
		const { statusCode, body } = await pool.request({
			method: 'POST',
			path,
			headers: { ...headers, 'content-type': 'application/json' },
			body: JSON.stringify(content),
		});
		const answer = (await body.json()) as T;
		if (statusCode >= 300) throw new Error(`${path} answered ${statusCode}`);
		return answer;
	}
}

/** As AIR's documents describe it. */
function seal(compact: string, holderKey: string) {
	const publicKey = createPublicKey({
		key: Buffer.from(holderKey.slice(2), 'hex'),
		format: 'der',
		type: 'spki',
	});
	const pair = generateKeyPairSync('x25519');
	const secret = diffieHellman({ privateKey: pair.privateKey, publicKey });
	const key = Buffer.from(hkdfSync('sha256', secret, '', 'data-enc-aes-256-gcm', 32));
	const iv = randomBytes(12);
	const cipher = createCipheriv('aes-256-gcm', key, iv);
	const data = Buffer.concat([cipher.update(JSON.stringify(compact), 'utf8'), cipher.final()]);
	return {
		data: data.toString('base64'),
		iv: iv.toString('base64'),
		authTag: cipher.getAuthTag().toString('base64'),
		encryptedKey: pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
	};
}
