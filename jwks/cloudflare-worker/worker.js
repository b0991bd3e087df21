// Serves a JWKS to AIR as a Cloudflare Worker. Put jwks.json beside this file and run `npx wrangler
// deploy`; run it again after a change of jwks.json, as when you rotate keys.
import jwks from './jwks.json';

const PUBLIC = ['kty', 'n', 'e', 'crv', 'x', 'y', 'kid', 'alg', 'use'];
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** The JWKS with public members only; one with a private key is refused. */
function publicJwks({ keys }) {
	if (keys.some((key) => PRIVATE.some((member) => member in key))) {
		throw new Error(
			'jwks.json holds a PRIVATE key. Remove it, and replace it if it was ever published.',
		);
	}
	const whitelisted = keys.map((key) => PUBLIC.map((member) => [member, key[member]]));
	return JSON.stringify({ keys: whitelisted.map(Object.fromEntries) });
}

const body = publicJwks(jwks);
const headers = {
	'content-type': 'application/json',
	'cache-control': 'public, max-age=300',
	'access-control-allow-origin': '*',
};

export default {
	fetch({ method, url }) {
		if (new URL(url).pathname !== '/.well-known/jwks.json')
			return new Response(null, { status: 404 });
		if (method === 'GET' || method === 'HEAD') return new Response(body, { headers });
		return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } });
	},
};
