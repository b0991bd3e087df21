#!/usr/bin/env bash
# pg 8.23.1 with Node 24.21.0.
#
# A good guess: ?ssl=false in a connection URL means no TLS, as ?ssl=true means TLS.
# Seen: ssl=true becomes true and ssl=0 becomes false, but ssl=false stays the text "false", which counts
# as true: the client asks the server for TLS, and gives up if the server has none. The same holds for
# any other word, such as no or off; only sslmode=disable works.
# It matters for anyone who switches TLS off for a database on the same machine, and gets the error that the server
# does not support SSL connections.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 pg@8.23.1
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { createServer } = require('node:net');
const { Client } = require('pg');
/** As PostgreSQL's protocol has it: a length, then this number, where a client wants TLS. */
const SSL_REQUEST = 80877103;
let first;
const server = createServer((socket) => {
	socket.on('error', () => undefined);
	socket.once('data', (data) => {
		first = data.readInt32BE(4) === SSL_REQUEST ? 'asks for TLS' : 'begins without TLS';
		socket.end('N');
	});
});
server.listen(0, '127.0.0.1', async () => {
	for (const query of ['ssl=true', 'ssl=false', 'ssl=0', 'sslmode=disable']) {
		const url = `postgres://user:password@127.0.0.1:${server.address().port}/db?${query}`;
		const client = new Client(url);
		client.on('error', () => undefined);
		await client.connect().catch(() => undefined);
		console.log(`${query}: ${first}`);
	}
	process.exit();
});
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='ssl=true: asks for TLS
ssl=false: asks for TLS
ssl=0: begins without TLS
sslmode=disable: begins without TLS'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
