#!/usr/bin/env bash
# undici 8.12.4 with Node 24.21.0.
#
# A good guess: requests to one server that are sent one after another, each after the body of the one
# before was read to its end, take one connection.
# Seen: two. A Pool gives a connection back one turn of the event loop after the body has ended, so what
# is sent right after `await body.text()` finds none free and opens another. With one turn between the
# requests it is one. A Pool of one connection is not faster: there the second request waits.
# It matters for anyone who counts connections, or talks to a server that allows one for each client.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 undici@8.12.4
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { createServer } = require('node:http');
const { setImmediate: turn } = require('node:timers/promises');
const { Pool } = require('undici');
let opened = 0;
const server = createServer((_request, response) => response.end('{}'));
server.on('connection', () => (opened += 1));
server.listen(0, '127.0.0.1', async () => {
	for (const pause of [false, true]) {
		opened = 0;
		const pool = new Pool(`http://127.0.0.1:${server.address().port}`, { connections: 10 });
		for (let sent = 0; sent < 20; sent += 1) {
			const { body } = await pool.request({ path: '/', method: 'GET' });
			await body.text();
			if (pause) await turn();
		}
		await pool.close();
		console.log(`20 requests, ${pause ? 'a turn between them' : 'one after another'}: ${opened}`);
	}
	process.exit();
});
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='20 requests, one after another: 2
20 requests, a turn between them: 1'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
