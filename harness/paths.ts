import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The checkout that this harness is part of. */
export const checkout = join(__dirname, '..');

/** The checkout whose package and examples are tested; another one, built before, shows what it did. */
export const tested = process.env.MOCA_AIR_TESTED_CHECKOUT ?? checkout;

/**
 * The Node 24 that comes with the checkout (devDependency `node`): n8n ≥ 2.40 refuses anything
 * older, and the machine's own Node may be 20.
 */
export function node24(): string {
	const binary = join(checkout, 'node_modules', 'node', 'bin', 'node');
	if (!existsSync(binary)) {
		throw new Error(`Node 24 is missing (${binary}): run "npm run bootstrap" first`);
	}
	return binary;
}

/** PATH with Node 24 first, so that `#!/usr/bin/env node` of npm and n8n finds it. */
export function pathWithNode24(): string {
	return [join(node24(), '..'), process.env.PATH ?? ''].join(delimiter);
}

/** What is worth keeping between runs and clones: outside the checkout, where a user expects it. */
export function cacheFolder(): string {
	const set = (name: string): string | undefined => {
		const value = process.env[name];
		return value === '' ? undefined : value;
	};
	const base = set('MOCA_AIR_CACHE') ?? set('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
	return join(base, 'n8n-nodes-moca-air');
}
