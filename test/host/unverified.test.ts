import { packagesFolder } from '../../harness/installPackage';
import { inRow, issueNode, items, start, startHost, type Host } from './workflows';

/**
 * n8n has announced that unverified packages will be off by default, as with
 * `N8N_UNVERIFIED_PACKAGES_ENABLED=false` today. This tests what still works then (docs/internals/compatibility.md).
 */
let host: Host;

jest.setTimeout(60_000);

beforeAll(async () => {
	host = await startHost({ editor: true, env: { N8N_UNVERIFIED_PACKAGES_ENABLED: 'false' } });
}, 900_000);

afterAll(async () => {
	await host.close();
}, 60_000);

test('a package that npm installed in the folder of packages loads, and issues', async () => {
	expect(packagesFolder(host.folder)).toContain('.n8n');
	const types = await host.api.nodeTypes('n8n-nodes-moca-air');
	expect(types.map(({ name }) => name)).toContain('n8n-nodes-moca-air.mocaAirIssueOnBehalf');
	const issue = issueNode(host.credentials);
	const run = await host.run(inRow(start(), items([{ email: 'ada@example.com' }]), issue));
	expect(run.status).toBe('success');
	expect(host.air.emulator.control.counts().issuances).toBe(1);
});

test('n8n itself installs no unverified package, and says so', async () => {
	const { status, body } = await host.api.rest.raw('POST', '/rest/community-packages', {
		name: 'n8n-nodes-moca-air',
		verify: false,
	});
	expect(status).toBeGreaterThanOrEqual(400);
	expect(body).toMatch(/unverified community packages is forbidden/i);
});
