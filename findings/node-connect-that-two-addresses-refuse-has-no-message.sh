#!/usr/bin/env bash
# Node 24.21.0, from the npm package node.
#
# A good guess: the message of a connection error says what has failed, as "connect ECONNREFUSED
# 127.0.0.1:5432" does.
# Seen: if a name has two addresses, as localhost has on most machines, and both refuse, the error is an
# AggregateError with an empty message. Only its inner errors have messages; its code is set.
# It matters for every log and every screen that shows error.message: for a server that is not started
# nothing at all is shown, with one address, and with the same server under its name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { connect, createServer } = require('node:net');
const addresses = ['127.0.0.1', '127.0.0.2'];
/** As a resolver answers that knows the first one, or both. */
const resolver = (count) => (_name, _options, callback) => {
	callback(
		null,
		addresses.slice(0, count).map((address) => ({ address, family: 4 })),
	);
};
const server = createServer().listen(0, '127.0.0.1', () => {
	const { port } = server.address();
	server.close(async () => {
		for (const count of [1, 2]) {
			const socket = connect({ host: 'db.example', port, lookup: resolver(count) });
			const error = await new Promise((resolve) => socket.once('error', resolve));
			const message = error.message.replace(String(port), 'PORT');
			console.log(`${count}: ${error.name}, ${error.code}, "${message}"`);
		}
	});
});
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='1: Error, ECONNREFUSED, "connect ECONNREFUSED 127.0.0.1:PORT"
2: AggregateError, ECONNREFUSED, ""'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
