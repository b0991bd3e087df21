#!/usr/bin/env bash
# n8n-workflow 2.41.0 with Node 24.21.0.
#
# A good guess: the message that a node gives to NodeOperationError is the title that people see.
# Seen: the message is searched, ignoring case and word boundaries, for EACCES, EPERM,
# ENOTFOUND and others, and the whole message is replaced by a stock sentence if it contains one. So an error
# about a missing field becomes "Forbidden by access permissions" for a field named serviceAccess, and
# "Operation not permitted" for one named servicePermission. Messages with other names stay unchanged.
# It matters for every node whose messages contain users' names or values: the sentence sends people to
# look for file permissions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 n8n-workflow@2.41.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { NodeOperationError } = require('n8n-workflow');
const node = { id: '1', name: 'Node', type: 'node', typeVersion: 1, position: [0, 0], parameters: {} };
for (const name of ['serviceLevel', 'serviceAccess', 'servicePermission']) {
	const { message } = new NodeOperationError(node, `The field ${name} is missing`);
	console.log(`${name}: ${message}`);
}
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='serviceLevel: The field serviceLevel is missing
serviceAccess: Forbidden by access permissions, make sure you have the right permissions
servicePermission: Operation not permitted, make sure you have the right permissions'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
