import { createHash, createPublicKey, verify } from 'node:crypto';
import type { CredentialVerifier } from './wallet';

interface Config {
	hasher: (data: string | ArrayBuffer) => Uint8Array;
	hashAlg: 'sha-256';
	verifier: (data: string, signature: string) => boolean;
	statusListFetcher: (uri: string) => Promise<string>;
}

/**
 * The part of `@sd-jwt/sd-jwt-vc` that is used; it is a development dependency, and the emulator starts
 * without it.
 */
export interface SdJwtVcModule {
	readonly SDJwtVcInstance: new (config: Config) => {
		verify(compact: string, options: { currentDate: number }): Promise<unknown>;
	};
}

/**
 * A second opinion by `@sd-jwt/sd-jwt-vc`, status list included.
 *
 * @param load loads the library when the first credential is looked at
 * @example
 * await startEmulator({ verifier: sdJwtVcVerifier(() => import('@sd-jwt/sd-jwt-vc')) });
 */
export function sdJwtVcVerifier(load: () => Promise<SdJwtVcModule>): CredentialVerifier {
	let loaded: Promise<SdJwtVcModule> | undefined;
	return async ({ compact, alg, publicJwk, now, statusList }) => {
		const { SDJwtVcInstance } = await (loaded ??= load());
		const key = createPublicKey({ key: publicJwk, format: 'jwk' });
		const instance = new SDJwtVcInstance({
			hasher: (data) =>
				createHash('sha256')
					.update(typeof data === 'string' ? data : new Uint8Array(data))
					.digest(),
			hashAlg: 'sha-256',
			verifier: (data, signature) =>
				verify(
					'sha256',
					Buffer.from(data),
					alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key,
					Buffer.from(signature, 'base64url'),
				),
			statusListFetcher: statusList,
		});
		await instance.verify(compact, { currentDate: now });
	};
}
