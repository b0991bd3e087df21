#!/usr/bin/env bash
# express 5.1.0 with the fetch of Node 20.20 and 24.21.
#
# A good guess: a client that sends If-None-Match with the ETag that it got is answered 304.
# Seen: with Node's fetch, Express answers 200 and sends the whole body again, every time. The same
# request from node:http gets its 304. The reason: when a caller sets If-None-Match itself, fetch adds
# "Cache-Control: no-cache" and "Pragma: no-cache" (as the Fetch standard says), and Express's module
# `fresh` treats no-cache in a request as a wish for no 304.
# It matters for anyone who polls a JWKS or a status list with fetch and an ETag: they save nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund express@5.1.0
cat >run.js <<'JS'
const http = require('node:http');
const express = require('express');
const app = express();
const seen = [];
app.get('/jwks.json', (request, response) => {
	seen.push(request.headers['cache-control'] ?? 'none');
	response.json({ keys: [] });
});
const server = app.listen(0, '127.0.0.1', async () => {
	const url = `http://127.0.0.1:${server.address().port}/jwks.json`;
	const etag = (await fetch(url)).headers.get('etag');
	const byFetch = await fetch(url, { headers: { 'if-none-match': etag } });
	const byHttp = await new Promise((resolve) =>
		http.get(url, { headers: { 'if-none-match': etag } }, (answer) => resolve(answer.resume())),
	);
	console.log(`fetch: ${byFetch.status}, cache-control: ${seen[1]}`);
	console.log(`node:http: ${byHttp.statusCode}, cache-control: ${seen[2]}`);
	server.close();
	server.closeAllConnections();
});
JS
output=$(node run.js)
echo "$output"
expected='fetch: 200, cache-control: no-cache
node:http: 304, cache-control: none'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
