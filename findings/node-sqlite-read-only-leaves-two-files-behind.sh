#!/usr/bin/env bash
# Node 24.21.0 (node:sqlite, SQLite 3.53), from the npm package node.
#
# A good guess: a database that is opened with readOnly: true leaves the folder as it was.
# Seen: reading a database in WAL mode that nobody has open makes two files beside it, -shm and -wal,
# which remain after close(). A connection that may write removes both when it closes. So each
# look at a backup changes its folder, and where the folder cannot be written the read fails with "attempt
# to write a readonly database".
# It matters for anyone who looks into the database of another program, a copy or a backup, and compares
# folders, or has the folder mounted read-only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0
npm rebuild node --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { mkdirSync, readdirSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
mkdirSync('backup');
const file = 'backup/a.sqlite';
const files = () => readdirSync('backup').join(', ');
const writer = new DatabaseSync(file);
writer.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)');
writer.close();
console.log(`written and closed: ${files()}`);
const reader = new DatabaseSync(file, { readOnly: true });
reader.prepare('SELECT a FROM t').all();
reader.close();
console.log(`read and closed: ${files()}`);
const again = new DatabaseSync(file);
again.prepare('SELECT a FROM t').all();
again.close();
console.log(`opened to write, read and closed: ${files()}`);
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='written and closed: a.sqlite
read and closed: a.sqlite, a.sqlite-shm, a.sqlite-wal
opened to write, read and closed: a.sqlite'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
