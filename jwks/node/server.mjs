// Serves a JWKS to AIR with nothing but Node.js:  node server.mjs jwks.json
// It listens on PORT (8080) of HOST (127.0.0.1); put your https proxy in front of it.
// After a change of jwks.json, as when you rotate keys, start it anew.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

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

const body = publicJwks(JSON.parse(readFileSync(process.argv[2] ?? 'jwks.json', 'utf8')));
const headers = { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' };

const server = createServer(({ method, url }, response) => {
	if (url !== '/.well-known/jwks.json') response.writeHead(404).end();
	else if (method !== 'GET' && method !== 'HEAD')
		response.writeHead(405, { allow: 'GET, HEAD' }).end();
	else response.writeHead(200, headers).end(body);
});
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1');
