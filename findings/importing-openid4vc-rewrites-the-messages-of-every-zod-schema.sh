#!/usr/bin/env bash
# @openid4vc/openid4vci 0.4.6, zod 4.6.7 and, in another folder, zod 4.4.3, with Node 20.20 and 24.21.
#
# A good guess: importing a library that uses zod inside changes nothing about one's own schemas, the
# less so if they come from another copy of zod.
# Seen: from the import on, every built-in message of every zod schema in the process reads otherwise, and a
# language that was set with z.config() is no longer in use; setting it again does not bring it back.
# @openid4vc/utils sets its own `customError` as it loads, zod keeps its configuration on globalThis,
# where all copies from 4.4 on share it, and `customError` goes before the language.
# It matters for anyone who shows such messages to people, or recognizes an error by its message: what
# they read depends on whether some other part of the process has loaded this library yet. Nodes of n8n,
# for one, share a process.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund \
	@openid4vc/openid4vci@0.4.6 zod@4.6.7
mkdir other
(cd other && npm init -y >/dev/null && npm install --silent --no-audit --no-fund zod@4.4.3)
cat >other/run.mjs <<'JS'
export { z as other } from 'zod';
JS
cat >run.mjs <<'JS'
import { z } from 'zod';
import { other } from './other/run.mjs';
const schemas = { 'zod 4.6.7': z, 'zod 4.4.3': other };
function show(when) {
	console.log(when);
	for (const [name, copy] of Object.entries(schemas)) {
		console.log(`  ${name}: ${copy.number().safeParse('1').error.issues[0].message}`);
	}
}
show('before:');
z.config(z.locales.de());
show('in German:');
await import('@openid4vc/openid4vci');
show('after the import:');
z.config(z.locales.de());
show('in German again:');
JS
output=$(node run.mjs)
echo "$output"
expected='before:
  zod 4.6.7: Invalid input: expected number, received string
  zod 4.4.3: Invalid input: expected number, received string
in German:
  zod 4.6.7: Ungültige Eingabe: erwartet Zahl, erhalten string
  zod 4.4.3: Ungültige Eingabe: erwartet Zahl, erhalten string
after the import:
  zod 4.6.7: expected number, received string
  zod 4.4.3: expected number, received string
in German again:
  zod 4.6.7: expected number, received string
  zod 4.4.3: expected number, received string'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
