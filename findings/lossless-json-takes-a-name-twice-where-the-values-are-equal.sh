#!/usr/bin/env bash
# lossless-json 4.3.3.
#
# A good guess from "Duplicate key 'a' encountered": a parser that refuses repeated names
# always refuses them.
# Seen: it refuses them only if the parsed values differ. {"a":1,"a":1} is parsed silently,
# and onDuplicateKey is not called either. {"a":1,"a":1.0} is refused with the parser's own numbers,
# which keep their text, and accepted if parseNumber turns both into JavaScript numbers.
# It matters for anyone who relies on the parser to find JSON that two readers could read differently, or
# JSON that was assembled from parts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund lossless-json@4.3.3
cat >run.cjs <<'JS'
const { parse } = require('lossless-json');
for (const text of ['{"a":1,"a":1}', '{"a":[1],"a":[1]}', '{"a":1,"a":1.0}', '{"a":1,"a":2}']) {
	let asked = 'not asked';
	const onDuplicateKey = () => {
		asked = 'asked';
	};
	parse(text, undefined, { parseNumber: Number, onDuplicateKey });
	let plain = 'parsed';
	try {
		parse(text);
	} catch (error) {
		plain = error.message;
	}
	console.log(`${text}: ${plain}; onDuplicateKey ${asked}`);
}
JS
output=$(node run.cjs)
echo "$output"
expected="{\"a\":1,\"a\":1}: parsed; onDuplicateKey not asked
{\"a\":[1],\"a\":[1]}: parsed; onDuplicateKey not asked
{\"a\":1,\"a\":1.0}: Duplicate key 'a' encountered at position 8; onDuplicateKey not asked
{\"a\":1,\"a\":2}: Duplicate key 'a' encountered at position 8; onDuplicateKey asked"
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
