#!/usr/bin/env bash
# n8n-workflow 2.41.0 with Node 24.21.0.
#
# A good guess: a parameter with two display conditions is shown if both are met, in whatever order they
# are written.
# Seen: NodeHelpers.displayParameter returns "shown" at the first condition whose parameter holds an
# expression, and does not check the others. So a field for mode "json" and kind "a" is shown for kind "b"
# if the condition on mode is written first and mode is an expression; with the condition on kind first it
# is hidden. If the field is required, the node does not run until it is filled in.
# It matters for anyone who writes node descriptions: put the condition that must hold first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 n8n-workflow@2.41.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { NodeHelpers } = require('n8n-workflow');
const shown = (show, values) => {
	const property = { displayName: 'Text', name: 'text', type: 'string', default: '' };
	const parameter = { ...property, displayOptions: { show } };
	const description = { properties: [parameter] };
	return NodeHelpers.displayParameter(values, parameter, { typeVersion: 1 }, description);
};
const mode = ['json'];
const kind = ['a'];
for (const values of [
	{ mode: 'json', kind: 'b' },
	{ mode: '={{ $json.mode }}', kind: 'b' },
]) {
	console.log(`mode ${values.mode}, kind b`);
	console.log(`  condition on mode first: ${shown({ mode, kind }, values) ? 'shown' : 'hidden'}`);
	console.log(`  condition on kind first: ${shown({ kind, mode }, values) ? 'shown' : 'hidden'}`);
}
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='mode json, kind b
  condition on mode first: hidden
  condition on kind first: hidden
mode ={{ $json.mode }}, kind b
  condition on mode first: shown
  condition on kind first: hidden'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
