import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { installAsN8nDoes, pack } from '../../harness/installPackage';
import { root } from '../../scripts/package';

/** The tarball, installed by the commands that n8n's own installer runs. */
let folder: string;
let installed: string;

const log = () => undefined;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-installer-'));
	const tarball = await pack(folder, log);
	installed = await installAsN8nDoes({ userFolder: folder, tarball, log });
}, 120_000);

afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
});

test('its dependencies are below it, and no second n8n-workflow', () => {
	const { dependencies } = z
		.object({ dependencies: z.record(z.string(), z.string()) })
		.parse(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')));
	const below = readdirSync(join(installed, 'node_modules'));
	expect(below).toEqual(expect.arrayContaining(Object.keys(dependencies)));
	expect(below).not.toContain('n8n-workflow');
	expect(existsSync(join(installed, '..', 'n8n-workflow'))).toBe(false);
});

test('the loader of n8n-core loads every node and the credential', () => {
	const printed = execFileSync(
		process.execPath,
		[join(root, 'test', 'compatibility', 'loadPackage.cjs'), installed],
		{
			cwd: tmpdir(),
			encoding: 'utf8',
			env: { ...process.env, NODE_PATH: join(root, 'node_modules'), N8N_USER_FOLDER: folder },
		},
	);
	expect(JSON.parse(printed)).toMatchObject({
		nodes: [
			'mocaAirIssueOnBehalf',
			'mocaAirGetIssuanceStatus',
			'mocaAirTrigger',
			'mocaAirJwksTrigger',
			'mocaAir',
		],
		credentials: ['mocaAirApi'],
	});
}, 120_000);
