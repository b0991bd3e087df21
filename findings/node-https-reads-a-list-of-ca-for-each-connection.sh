#!/usr/bin/env bash
# Node 24.21.0 (node:https, node:tls); certificates by selfsigned 2.4.1.
#
# A good guess: `https.get` with `ca` as a list, which is always the same array, costs about as much as
# a context that was made from it once; and its memory is visible in process.memoryUsage().
# Seen: every connection without a keep-alive agent parses the whole list and makes its own context. With
# Node's own root certificates and one more, such a request takes several times the processor time, and
# over half a megabyte outside of the heap. Neither `heapUsed` nor `external` counts that, so garbage
# collection does not start: hundreds of megabytes after five hundred requests.
# `secureContext`, made once by tls.createSecureContext({ ca }), avoids both.
# It matters for anyone who trusts their own authority in addition to Node's (`ca` replaces those, so
# that the list is long) and opens a connection for each request.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 selfsigned@2.4.1
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const https = require('node:https');
const tls = require('node:tls');
const { generate } = require('selfsigned');

const REQUESTS = 500;
const MB = 1e6;
const { private: key, cert } = generate([{ name: 'commonName', value: 'localhost' }], {
	keySize: 2048,
	algorithm: 'sha256',
	days: 2,
	extensions: [
		{ name: 'basicConstraints', cA: true },
		{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
	],
});
const server = https.createServer({ key, cert }, (_, response) => response.end('ok'));
const get = (trust) =>
	new Promise((resolve, reject) => {
		const { port } = server.address();
		https
			.get({ host: '127.0.0.1', port, agent: false, ...trust }, (response) => {
				response.resume().on('end', resolve);
			})
			.on('error', reject);
	});

async function measured(trust) {
	for (let n = 0; n < 20; n++) await get(trust);
	gc();
	const [memory, cpu] = [process.memoryUsage(), process.cpuUsage()];
	for (let n = 0; n < REQUESTS; n++) await get(trust);
	const { user, system } = process.cpuUsage(cpu);
	const { rss, external } = process.memoryUsage();
	return {
		cpuMs: (user + system) / 1000,
		rss: (rss - memory.rss) / MB,
		external: (external - memory.external) / MB,
	};
}

server.listen(0, '127.0.0.1', async () => {
	const ca = [...tls.rootCertificates, cert];
	const context = await measured({ secureContext: tls.createSecureContext({ ca }) });
	const list = await measured({ ca });
	server.close();
	for (const [name, one] of Object.entries({ context, list })) {
		console.error(
			`${name}: ${(one.cpuMs / REQUESTS).toFixed(1)} ms of the processor each, ${one.rss.toFixed(0)} MB more, of which V8 counts ${one.external.toFixed(1)} MB`,
		);
	}
	const told = (is) => (is ? 'yes' : 'no');
	console.log(`a list takes at least twice the processor time: ${told(list.cpuMs > 2 * context.cpuMs)}`);
	console.log(`a list leaves at least 150 MB more: ${told(list.rss > context.rss + 150)}`);
	console.log(`V8 counts less than 20 MB of it: ${told(list.external < 20)}`);
});
JS
output=$(node_modules/node/bin/node --expose-gc run.cjs)
echo "$output"
expected='a list takes at least twice the processor time: yes
a list leaves at least 150 MB more: yes
V8 counts less than 20 MB of it: yes'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
