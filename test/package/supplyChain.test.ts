import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../../scripts/package';

const workflows = join(root, '.github', 'workflows');
const text = (name: string) => readFileSync(join(workflows, name), 'utf8');

describe.each(readdirSync(workflows))('workflow %s', (name) => {
	test('takes each action by its commit, and says which version that is', () => {
		const uses = [...text(name).matchAll(/uses: *(.*)/g)].map(([, action = '']) => action);
		expect(uses.length).toBeGreaterThan(0);
		for (const action of uses) expect(action).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	});

	test('may only read, except for what its job needs', () => {
		expect(text(name)).toMatch(/^permissions:\n {2}contents: read\n\n/m);
	});
});

test('a release is audited, listed and published with provenance, in this order', () => {
	const steps = [...text('publish.yml').matchAll(/- run: (.*)/g)].map(([, command]) => command);
	expect(steps).toEqual([
		'npm run bootstrap',
		'npm run release:check',
		'npm audit --omit=dev',
		'bash .ci/run',
		'npm run build',
		'npm run --silent sbom > dist/sbom.cdx.json',
		'npm publish --provenance --access public',
	]);
});

test('the list of components names each dependency with its version, and no tools', () => {
	const printed = execFileSync('npm', ['run', '--silent', 'sbom'], {
		cwd: root,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	const { bomFormat, components, metadata } = z
		.object({
			bomFormat: z.string(),
			metadata: z.object({ component: z.object({ name: z.string() }) }),
			components: z.array(z.object({ name: z.string(), version: z.string(), purl: z.string() })),
		})
		.parse(JSON.parse(printed));
	expect(bomFormat).toBe('CycloneDX');
	expect(metadata.component.name).toBe('n8n-nodes-moca-air');
	const names = components.map(({ name }) => name);
	expect(names).toEqual(expect.arrayContaining(['jose', 'pg', 'undici', 'zod', 'pg-protocol']));
	expect(names).not.toEqual(expect.arrayContaining(['jest']));
	for (const { name, version, purl } of components) expect(purl).toContain(`${name}@${version}`);
	expect(components.length).toBeLessThan(40);
}, 60_000);

test('the lockfile names no registry, and the hash of each package', () => {
	const { packages } = z
		.object({ packages: z.record(z.string(), z.looseObject({})) })
		.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
	for (const [path, entry] of Object.entries(packages)) {
		expect(entry).not.toHaveProperty('resolved');
		if (path !== '' && entry.link !== true)
			expect([path, entry.integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
	}
});

test('each dependency has its reason in the README', () => {
	const { dependencies } = z
		.object({ dependencies: z.record(z.string(), z.string()) })
		.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
	const section = readFileSync(join(root, 'README.md'), 'utf8').split('## Dependencies')[1] ?? '';
	for (const name of Object.keys(dependencies))
		expect(section).toMatch(new RegExp(`^\\| \\[${name}\\]`, 'm'));
});
