#!/usr/bin/env bash
# get-jwks 11.0.3 with Node 20.20 and 24.21.
#
# A good guess: when a key cannot be fetched, the error tells what went wrong this time.
# Seen: the error is that of the first failure, for as long as fetching fails. The server was asked
# each time and has long been answering something else: after one 503, a key that is not in
# the set is still reported as a failed request, and so is a server that was shut down. The reason: each
# attempt is kept in a cache as a promise. When it fails, its entry is deleted, and whatever is
# deleted from that cache goes to a second one, for stale keys: the rejected promise too. The next
# failure looks there for a stale key, finds the promise and returns it.
# It matters for anyone who acts on the error, say who answers 401 for an unknown key and 503 for a
# server that cannot be reached, or who searches a log for the cause of an outage.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund get-jwks@11.0.3
cat >run.cjs <<'JS'
const http = require('node:http');
const buildGetJwks = require('get-jwks');
const answers = {
	'busy': [503, {}],
	'other key': [200, { keys: [{ kty: 'OKP', kid: 'b' }] }],
	'no keys': [200, { keys: [] }],
	'the key': [200, { keys: [{ kty: 'OKP', kid: 'a' }] }],
};
let now;
let requests = 0;
const server = http.createServer((request, response) => {
	requests += 1;
	const [status, body] = answers[now];
	response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', async () => {
	const domain = `http://127.0.0.1:${server.address().port}`;
	for (const order of [
		['other key', 'no keys', 'busy'],
		['busy', 'other key', 'no keys', 'the key'],
	]) {
		const { getJwk } = buildGetJwks();
		for (now of order) {
			const seen = await getJwk({ domain, kid: 'a' }).then(
				({ kid }) => `key ${kid}`,
				({ code }) => code,
			);
			console.log(`${now}: ${seen}`);
		}
	}
	console.log(`${requests} requests`);
	server.close();
	server.closeAllConnections();
});
JS
output=$(node run.cjs)
echo "$output"
expected='other key: JWK_NOT_FOUND
no keys: JWK_NOT_FOUND
busy: JWK_NOT_FOUND
busy: JWKS_REQUEST_FAILED
other key: JWKS_REQUEST_FAILED
no keys: JWKS_REQUEST_FAILED
the key: key a
7 requests'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
