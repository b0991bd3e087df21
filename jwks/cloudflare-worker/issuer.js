// Serves what an issuer publishes for direct issuance, and the JWKS, as a Cloudflare Worker. Put
// did.json, jwt-vc-issuer.json and air-partner-info.json beside jwks.json and worker.js, and set
// "main" in wrangler.jsonc to this file. Deploy again after a change of a file.
import partnerInfo from './air-partner-info.json';
import did from './did.json';
import vcIssuer from './jwt-vc-issuer.json';
import jwksHost from './worker.js';

const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** A document as text; one with a private key in it is refused. */
function publicText(document) {
	return JSON.stringify(document, (member, value) => {
		if (PRIVATE.includes(member)) {
			throw new Error(
				'A document holds a PRIVATE key. Remove it, and replace it if it was ever published.',
			);
		}
		return value;
	});
}

const documents = new Map([
	['/.well-known/did.json', ['application/did+ld+json', publicText(did)]],
	['/.well-known/jwt-vc-issuer', ['application/json', publicText(vcIssuer)]],
	['/.well-known/air-partner-info', ['application/json', publicText(partnerInfo)]],
]);

export default {
	fetch(request) {
		const document = documents.get(new URL(request.url).pathname);
		if (document === undefined) return jwksHost.fetch(request);
		const [type, body] = document;
		const headers = {
			'content-type': type,
			'cache-control': 'public, max-age=300',
			'access-control-allow-origin': '*',
		};
		if (request.method === 'GET' || request.method === 'HEAD')
			return new Response(body, { headers });
		return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
	},
};
