// Makes a fresh clone runnable with nothing but Node 20, npm and git: installs the dependencies when
// they are missing or older than the lockfile, and the one install script that we need (node@24's,
// which puts its binary in place; .npmrc turns all other install scripts off).
// Plain JavaScript with built-ins only, because it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lock = createHash('sha256')
	.update(readFileSync(join(root, 'package-lock.json')))
	.digest('hex');
const stamp = join(root, 'node_modules', '.moca-air-bootstrap');
const nodeBinary = join(root, 'node_modules', 'node', 'bin', 'node');

function npm(args, what) {
	console.log(`setting up: ${what}`);
	const { status } = spawnSync('npm', args, { cwd: root, stdio: 'inherit' });
	if (status !== 0) {
		console.error(`setting up failed: npm ${args.join(' ')} ended with ${String(status)}`);
		process.exit(1);
	}
}

const ready = existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(nodeBinary);
if (!ready) {
	// Not `npm ci`: it refuses a lockfile that lacks optional packages of foreign platforms, which a
	// registry that does not hold them all cannot give. The lockfile's versions and hashes still hold.
	npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], 'npm packages');
	npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'], 'Node 24');
	if (!existsSync(nodeBinary)) {
		console.error('setting up failed: Node 24 is not where node@24 puts it');
		process.exit(1);
	}
	writeFileSync(stamp, lock);
}
