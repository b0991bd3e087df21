import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestKey {
	readonly pem: string;
	readonly publicKey: KeyObject;
	/** The public key as a JWKS entry. */
	jwk(kid: string): Record<string, unknown>;
}

/** A key pair made for this run only: no key is ever kept in the repository. */
export function makeKey(alg: 'ES256' | 'RS256' = 'ES256'): TestKey {
	const { privateKey, publicKey } =
		alg === 'ES256'
			? generateKeyPairSync('ec', { namedCurve: 'P-256' })
			: generateKeyPairSync('rsa', { modulusLength: 2048 });
	return {
		pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
		publicKey,
		jwk: (kid) => ({ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg }),
	};
}

export interface JwksServer {
	readonly url: string;
	/** The served JWKS; may be changed while it runs. */
	keys: unknown[];
	close(): Promise<void>;
}

/** Serves a JWKS on loopback, as a partner would in public. */
export async function serveJwks(keys: unknown[]): Promise<JwksServer> {
	const served = { keys };
	const server = createServer((_request, response) => {
		response.setHeader('content-type', 'application/jwk-set+json');
		response.setHeader('cache-control', 'public, max-age=300');
		response.end(JSON.stringify({ keys: served.keys }));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return Object.assign(served, {
		url: `http://127.0.0.1:${port}/.well-known/jwks.json`,
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	});
}
