import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './package';

const manifest = z.looseObject({ name: z.string(), devDependencies: z.unknown().optional() });
const entry = z.looseObject({
	dev: z.boolean().optional(),
	devDependencies: z.unknown().optional(),
});
const lockfile = z.looseObject({ packages: z.record(z.string(), entry) });
const read = (name: string): unknown => JSON.parse(readFileSync(join(root, name), 'utf8'));

/** Prints what users install, in CycloneDX: npm's own list, from the lockfile without our tools. */
const temporary = mkdtempSync(join(tmpdir(), 'moca-air-sbom-'));
try {
	const own = { ...manifest.parse(read('package.json')), devDependencies: undefined };
	// npm calls the package as its folder is called.
	const folder = join(temporary, own.name);
	mkdirSync(folder);
	const lock = lockfile.parse(read('package-lock.json'));
	// npm sbom --omit=dev leaves out what a tool needs as well, such as zod; so the tools are left out here.
	const packages = Object.entries(lock.packages)
		.filter(([, { dev }]) => dev !== true)
		.map(([path, rest]) => [path, { ...rest, devDependencies: undefined }]);
	writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
	writeFileSync(
		join(folder, 'package-lock.json'),
		JSON.stringify({ ...lock, packages: Object.fromEntries(packages) as unknown }),
	);
	const { stdout, stderr, status } = spawnSync(
		'npm',
		['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=library'],
		{ cwd: folder, encoding: 'utf8' },
	);
	if (status !== 0) throw new Error(`npm sbom failed:\n${stderr}`);
	process.stdout.write(stdout);
} finally {
	rmSync(temporary, { recursive: true, force: true });
}
