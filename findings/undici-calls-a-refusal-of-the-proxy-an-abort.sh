#!/usr/bin/env bash
# undici 8.12.4 with Node 24.21.0.
#
# A good guess: an AbortError says that the caller has given up.
# Seen: where a proxy answers CONNECT with 407 (or with any other status than 200), undici rejects with an
# AbortError, code UND_ERR_ABORTED, although no signal was given. The status stands only in the words of
# the message: no property holds it, and there is no code for it.
# It matters for anyone who takes an AbortError for the end of a request that was called off, and so neither
# reports it nor tries again, where a password of the proxy is missing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 undici@8.12.4
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { createServer } = require('node:http');
const { ProxyAgent, request } = require('undici');
const statuses = [
	[407, 'Proxy Authentication Required'],
	[503, 'Service Unavailable'],
];
let [next] = statuses;
const proxy = createServer().on('connect', (_request, socket) => {
	socket.end(`HTTP/1.1 ${next.join(' ')}\r\nContent-Length: 0\r\n\r\n`);
});
proxy.listen(0, '127.0.0.1', async () => {
	for (const status of statuses) {
		next = status;
		const dispatcher = new ProxyAgent(`http://127.0.0.1:${proxy.address().port}`);
		try {
			await request('https://air.invalid/', { dispatcher });
		} catch (error) {
			const held = Object.values(error).includes(status[0]);
			console.log(`${status[0]}: ${error.name}, ${error.code}, status in a property: ${held}`);
		}
	}
	process.exit();
});
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='407: AbortError, UND_ERR_ABORTED, status in a property: false
503: AbortError, UND_ERR_ABORTED, status in a property: false'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
