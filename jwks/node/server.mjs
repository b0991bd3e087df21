// Serves a JWKS to AIR with nothing but Node.js:  node server.mjs jwks.json
// For direct issuance put did.json, jwt-vc-issuer.json and air-partner-info.json beside jwks.json.
// It listens on PORT (8080) of HOST (127.0.0.1); put your https proxy in front of it.
// After a change of a file, as when you rotate keys, restart it.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';

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

/** A file as JSON. Node.js would print the text of one that is none, and it may be a private key. */
function read(file) {
	// Windows may begin a file with a byte order mark.
	const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
	try {
		return JSON.parse(text);
	} catch {
		throw new Error(`${file} is not JSON.`);
	}
}

const jwksFile = process.argv[2] ?? 'jwks.json';
const documents = {
	'/.well-known/jwks.json': { type: 'application/json', body: publicJwks(read(jwksFile)) },
};

/** What the issuer of direct issuance publishes besides; who does not issue so has no such files. */
for (const [name, file, type] of [
	['did.json', 'did.json', 'application/did+ld+json'],
	['jwt-vc-issuer', 'jwt-vc-issuer.json', 'application/json'],
	['air-partner-info', 'air-partner-info.json', 'application/json'],
]) {
	const path = join(dirname(jwksFile), file);
	if (existsSync(path)) documents[`/.well-known/${name}`] = { type, body: publicText(read(path)) };
}

const server = createServer(({ method, url }, response) => {
	const document = Object.hasOwn(documents, url) ? documents[url] : undefined;
	if (document === undefined) response.writeHead(404).end();
	else if (method !== 'GET' && method !== 'HEAD')
		response.writeHead(405, { allow: 'GET, HEAD' }).end();
	else
		response
			.writeHead(200, {
				'content-type': document.type,
				'cache-control': 'public, max-age=300',
				'access-control-allow-origin': '*',
			})
			.end(document.body);
});
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1');
