import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from './log';
import { ensureNpmInstall } from './npmInstall';
import { buildSqlite } from './sqlite';

/** An installed n8n. */
export interface N8nInstall {
	/** The folder with `node_modules`. */
	dir: string;
	version: string;
	/** n8n's start script; run it with Node 24. */
	bin: string;
}

/** The n8n of the tests, or with MOCA_AIR_N8N=newest the newest that could be installed whole. */
const definition = join(__dirname, process.env.MOCA_AIR_N8N === 'newest' ? 'n8n-newest' : 'n8n');

function wantedVersion(): string {
	const manifest: unknown = JSON.parse(readFileSync(join(definition, 'package.json'), 'utf8'));
	return z.object({ dependencies: z.object({ n8n: z.string() }) }).parse(manifest).dependencies.n8n;
}

/** Gives an installed n8n, installing it on first use. Safe to call from several processes at once. */
export async function ensureN8n({ log }: { log: Log }): Promise<N8nInstall> {
	const version = wantedVersion();
	const dir = await ensureNpmInstall({
		definition,
		name: `n8n-${version}`,
		cost: 'some minutes, 2 GB',
		finish: (folder) => buildSqlite(folder, log),
		log,
	});
	return { dir, version, bin: join(dir, 'node_modules', 'n8n', 'bin', 'n8n') };
}
