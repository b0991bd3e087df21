#!/usr/bin/env bash
# undici 8.12.4 and proxy-from-env 1.1.0 (which axios and others ask) with Node 24.21.0.
#
# A good guess: HTTP_PROXY is for http addresses, HTTPS_PROXY for https ones, and ALL_PROXY for both, as
# curl and proxy-from-env have it.
# Seen: EnvHttpProxyAgent sends an https request through HTTP_PROXY where HTTPS_PROXY is not set, and
# knows no ALL_PROXY. In one process with the same environment, axios goes out directly where undici goes
# through the proxy, and the other way round.
# It matters where only one of the two ways is open: half of the libraries of a process reach nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 undici@8.12.4 proxy-from-env@1.1.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { createServer } = require('node:http');
const { EnvHttpProxyAgent, request } = require('undici');
const { getProxyForUrl } = require('proxy-from-env');
for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];
let asked = 0;
const proxy = createServer().on('connect', (_request, socket) => {
	asked += 1;
	socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n');
});
proxy.listen(0, '127.0.0.1', async () => {
	for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY']) {
		asked = 0;
		process.env[name] = `http://127.0.0.1:${proxy.address().port}`;
		const dispatcher = new EnvHttpProxyAgent();
		await request('https://air.invalid/', { dispatcher }).catch(() => undefined);
		const other = getProxyForUrl('https://air.invalid/') !== '';
		const word = (through) => (through ? 'the proxy' : 'no proxy');
		console.log(`${name}: undici ${word(asked > 0)}, proxy-from-env ${word(other)}`);
		delete process.env[name];
	}
	process.exit();
});
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='HTTPS_PROXY: undici the proxy, proxy-from-env the proxy
HTTP_PROXY: undici the proxy, proxy-from-env no proxy
ALL_PROXY: undici no proxy, proxy-from-env the proxy'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
