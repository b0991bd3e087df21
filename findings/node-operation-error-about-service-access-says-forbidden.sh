#!/usr/bin/env bash
# n8n-workflow 2.41.0 with Node 24.21.0.
#
# A good guess: the message that a node gives to NodeOperationError is the title that people see.
# Seen: the message is searched, ignoring case and without regard to where words end, for EACCES, EPERM,
# ENOTFOUND and others, and replaced as a whole by a stock sentence where one is in it. So a node that says
# which field is missing says "Forbidden by access permissions" of a field named serviceAccess, and
# "Operation not permitted" of one named servicePermission. Other names stay as they are.
# It matters for every node whose messages hold names or values of users: the sentence sends people to
# look for permissions of files.
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
