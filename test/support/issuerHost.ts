import { createServer } from 'node:https';
import { certificateForLocalhost } from './postgresCertificate';

/** The issuer's documents over HTTPS on loopback, which can be changed at any time. */
export interface IssuerHost {
	readonly did: string;
	readonly origin: string;
	readonly ca: string;
	/** The documents by path: the body as an object or a text, and the content type. */
	readonly pages: Map<string, { body: unknown; type: string }>;
	/** Publishes keys in did.json and jwt-vc-issuer. */
	publish(...jwks: Record<string, unknown>[]): void;
	close(): Promise<void>;
}

export async function startIssuerHost(): Promise<IssuerHost> {
	const { cert, key } = certificateForLocalhost();
	const pages: IssuerHost['pages'] = new Map();
	const server = createServer({ cert, key }, (req, res) => {
		const page = pages.get(req.url ?? '');
		if (page === undefined) {
			res.writeHead(404).end();
			return;
		}
		const { body, type } = page;
		res.writeHead(200, { 'content-type': type });
		res.end(typeof body === 'string' ? body : JSON.stringify(body));
	});
	await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('no port');
	const did = `did:web:localhost%3A${address.port}`;
	const origin = `https://localhost:${address.port}`;
	return {
		did,
		origin,
		ca: cert,
		pages,
		publish: (...jwks) => {
			pages.set('/.well-known/did.json', {
				type: 'application/did+ld+json',
				body: didDocument(did, jwks),
			});
			pages.set('/.well-known/jwt-vc-issuer', {
				type: 'application/json',
				body: { issuer: origin, jwks: { keys: jwks } },
			});
		},
		close: () =>
			new Promise((resolve) => {
				server.close(() => {
					resolve();
				});
				server.closeAllConnections();
			}),
	};
}

export function didDocument(did: string, jwks: Record<string, unknown>[]) {
	return {
		'@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
		id: did,
		verificationMethod: jwks.map((jwk) => ({
			id: `${did}#${String(jwk.kid)}`,
			type: 'JsonWebKey2020',
			controller: did,
			publicKeyJwk: jwk,
		})),
		assertionMethod: jwks.map((jwk) => `${did}#${String(jwk.kid)}`),
	};
}
