// Serves a JWKS to AIR from Next.js (App Router). Put this file and jwks.json into the folder
// app/.well-known/jwks.json/ of your project. `next build` checks the keys and fails on a private
// one; build and deploy again after a change of jwks.json, as when you rotate keys.
import jwks from './jwks.json';

// Makes it a static file, also with `cacheComponents` or `output: 'export'`: `dynamic` is refused by the one.
export const generateStaticParams = () => [{}];

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

export function GET() {
	return new Response(body, { headers });
}
