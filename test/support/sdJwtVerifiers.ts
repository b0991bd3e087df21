import { createHash, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compactVerify } from 'jose';

type Claims = Record<string, unknown>;

/** Verifies a credential and returns its claims, everything disclosed; throws if it is not valid. */
export type Verify = (
	credential: string,
	publicKey: KeyObject,
	/** Fetches the status list; without it, the status is not checked. */
	statusList?: (uri: string) => Promise<string>,
) => Promise<Claims>;

/** The part of `@sd-jwt/sd-jwt-vc` that is used here. */
interface SdJwtVc {
	readonly SDJwtVcInstance: new (config: object) => {
		verify(credential: string): Promise<{ readonly payload: Claims }>;
	};
}

/** The part of `@meeco/sd-jwt` that is used here; it is not built on the former. */
interface Meeco {
	verifySDJWT(
		credential: string,
		verifier: (jwt: string) => Promise<boolean>,
		getHasher: () => Promise<(text: string) => string>,
	): Promise<Claims>;
}

const load = createRequire(__filename);
const { devDependencies } = JSON.parse(
	readFileSync(join(__dirname, '../../package.json'), 'utf8'),
) as { devDependencies: Record<string, string> };

/** Undefined only while the package is not among the development dependencies. */
function peer(name: string): unknown {
	try {
		return load(name);
	} catch (error) {
		if (name in devDependencies) throw error;
		return undefined;
	}
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();

async function isSignedBy(jwt: string, key: KeyObject): Promise<boolean> {
	await compactVerify(jwt, key);
	return true;
}

function sdJwtVc(): Verify | undefined {
	const library = peer('@sd-jwt/sd-jwt-vc') as SdJwtVc | undefined;
	if (library === undefined) return undefined;
	return async (credential, key, statusListFetcher) => {
		const instance = new library.SDJwtVcInstance({
			...(statusListFetcher === undefined ? {} : { statusListFetcher }),
			hasher: (text: string) => new Uint8Array(sha256(text)),
			verifier: async (data: string, signature: string) =>
				await isSignedBy(`${data}.${signature}`, key),
		});
		return (await instance.verify(credential)).payload;
	};
}

function meeco(): Verify | undefined {
	const library = peer('@meeco/sd-jwt') as Meeco | undefined;
	if (library === undefined) return undefined;
	return async (credential, key) =>
		await library.verifySDJWT(
			credential,
			async (jwt) => await isSignedBy(jwt, key),
			async () => await Promise.resolve((text: string) => sha256(text).toString('base64url')),
		);
}

/** Two third-party verifiers, by name; undefined if one is not installed. */
export const sdJwtVerifiers: Readonly<Record<string, Verify | undefined>> = {
	'@sd-jwt/sd-jwt-vc': sdJwtVc(),
	'@meeco/sd-jwt': meeco(),
};
