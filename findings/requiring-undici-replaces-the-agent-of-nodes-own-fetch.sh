#!/usr/bin/env bash
# undici 8.12.4 with Node 24.21.0.
#
# A good guess: requiring a library changes nothing for code that does not use it.
# Seen: if nothing was fetched yet, require('undici') installs its own Agent for the whole
# process, and Node's own fetch then uses that, with its defaults and its version. If something
# was fetched before, Node's Agent is already in place and stays. So the order in which unrelated modules are
# loaded decides which HTTP client, of which version, everybody else's fetch uses.
# It matters for plug-ins that load undici into somebody else's process: time-outs, limits and fixes
# that were tested with Node's client are those of another client.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 undici@8.12.4
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { createServer } = require('node:http');
const server = createServer((_request, response) => response.end('{}'));
server.listen(0, '127.0.0.1', async () => {
	const url = `http://127.0.0.1:${server.address().port}/`;
	const fetchFirst = process.argv[2] === 'fetch';
	if (fetchFirst) await (await fetch(url)).text();
	const { Agent } = require('undici');
	let through = 0;
	const { dispatch } = Agent.prototype;
	Agent.prototype.dispatch = function (...given) {
		through += 1;
		return dispatch.apply(this, given);
	};
	await (await fetch(url)).text();
	const order = fetchFirst ? 'after a fetch' : 'before any fetch';
	console.log(`required ${order}: ${through} of 1 fetches goes through the undici of npm`);
	process.exit();
});
JS
output=$(for order in require fetch; do node_modules/node/bin/node run.cjs $order; done)
echo "$output"
expected='required before any fetch: 1 of 1 fetches goes through the undici of npm
required after a fetch: 0 of 1 fetches goes through the undici of npm'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
