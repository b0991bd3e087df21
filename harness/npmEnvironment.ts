import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathWithNode24 } from './paths';

/**
 * node-gyp asks the internet for Node's headers unless it is told where they are. Node images and
 * packages usually include them next to their `node`; headers of another major version work, because the
 * one module that we build (sqlite3) uses the stable Node-API.
 */
function headersFolder(): string | undefined {
	for (const folder of (process.env.PATH ?? '').split(delimiter)) {
		const node = join(folder, 'node');
		if (!existsSync(node)) continue;
		const prefix = dirname(dirname(realpathSync(node)));
		if (existsSync(join(prefix, 'include', 'node', 'common.gypi'))) return prefix;
	}
	return undefined;
}

/** Variables that `npm run` sets for its scripts, including our .npmrc's settings. */
const fromNpmRun =
	/^(INIT_CWD|npm_(lifecycle|package|command|execpath|node_execpath|config_(local_prefix|prefix|global|ignore_scripts|legacy_peer_deps)).*)$/i;

/**
 * The environment for an npm that we start: Node 24, and nothing from an `npm run` that started us,
 * whose package and settings are not meant for it.
 */
export function npmEnvironment(): NodeJS.ProcessEnv {
	const inherited = Object.entries(process.env).filter(([name]) => !fromNpmRun.test(name));
	const env: NodeJS.ProcessEnv = { ...Object.fromEntries(inherited), PATH: pathWithNode24() };
	const headers = headersFolder();
	if (env.npm_config_nodedir === undefined && headers !== undefined) {
		env.npm_config_nodedir = headers;
	}
	return env;
}
