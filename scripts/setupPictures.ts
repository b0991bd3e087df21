import { showAs, type Camera } from './Camera';
import type { Credential } from './pictureWorkflows';
import type { PictureGroup, PictureWorld } from './pictureWorld';

const JWKS_NODE = 'Moca AIR JWKS Trigger';

/** The workflow that serves the JWKS and the documents of an issuer: a single node. */
const jwksWorkflow = (credential: Credential) => ({
	name: 'JWKS',
	nodes: [
		{
			id: 'jwks',
			name: JWKS_NODE,
			type: 'n8n-nodes-moca-air.mocaAirJwksTrigger',
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: { issuerDocuments: true },
			credentials: { mocaAirApi: credential },
			webhookId: '6f1f3f0e-5f1c-4c43-9f0e-1d2d3c4b5a69',
		},
	],
	connections: {},
});

const checkWorkflow = (credential: Credential) => ({
	name: 'Check the setup',
	nodes: [
		{
			id: 'start',
			name: 'Start',
			type: 'n8n-nodes-base.manualTrigger',
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: {},
		},
		{
			id: 'check',
			name: 'Moca AIR',
			type: 'n8n-nodes-moca-air.mocaAir',
			typeVersion: 1,
			position: [220, 0] as [number, number],
			parameters: { operation: 'checkSetup' },
			credentials: { mocaAirApi: credential },
		},
	],
	connections: { Start: { main: [[{ node: 'Moca AIR', type: 'main', index: 0 }]] } },
	pinData: {},
});

/** n8n's answer when the test passes; the sandbox itself cannot be reached from here. */
const GREEN = { data: { status: 'OK', message: 'Connection tested successfully' } };

/** The dialog scrolls its form: makes the dialog as high as the form. */
const WHOLE = `(() => {
	const last = [...document.querySelectorAll('[data-test-id="credential-connection-parameter"]')].at(-1);
	for (let at = last; at !== null && at !== document.body; at = at.parentElement) {
		Object.assign(at.style, { maxHeight: 'none', height: 'auto', overflow: 'visible' });
		if (at.getAttribute('role') === 'dialog') break;
	}
})()`;

/** The nodes panel loads icons as it shows them. */
const ICONS_LOADED =
	'[...document.querySelectorAll("[data-test-id=node-creator] img")].every((img) => img.complete && img.naturalWidth > 0)';

/** The nodes panel, searched. */
async function takePanel(camera: Camera): Promise<void> {
	const { editor } = camera;
	// As high as the search results.
	await editor.page.setViewportSize({ width: 1440, height: 530 });
	await editor.newWorkflow();
	await editor.searchNodes('moca air');
	await editor.page.waitForFunction(ICONS_LOADED);
	await camera.part('nodes-panel', editor.byTestId('node-creator'));
}

/** A credential of the sandbox: the whole form, tested. */
async function takeCredential({ sandbox }: PictureWorld, camera: Camera): Promise<void> {
	const { editor } = camera;
	const { page } = editor;
	await page.setViewportSize({ width: 1280, height: 1700 });
	await page.route('**/rest/credentials/test', async (route) => {
		await route.fulfill({ json: GREEN });
	});
	const dialog = await editor.openCredential(sandbox.id);
	await dialog.getByText('Connection tested successfully').first().waitFor();
	await page.evaluate(WHOLE);
	await camera.part('credential', dialog);
}

/** The steps of a setup; Check Setup finds a published key that is not the user's own. */
export const setupPictures: PictureGroup = {
	names: ['nodes-panel', 'credential', 'jwks-trigger', 'check-setup'],
	take: async (world, camera) => {
		const { editor } = camera;
		const { workflows } = world.api;
		await takePanel(camera);
		await takeCredential(world, camera);
		const { id: jwksId } = await workflows.create(jwksWorkflow(world.credential));
		await workflows.activate(jwksId);
		await editor.openWorkflow(jwksId);
		await editor.openNode(JWKS_NODE);
		await editor.page.getByText('Webhook URLs', { exact: true }).click();
		await editor.page.getByText('Production URL', { exact: true }).last().click();
		await camera.form('jwks-trigger', { input: false, output: false });
		await editor.closeNode();
		const { id: checkId } = await workflows.create(checkWorkflow(world.wrongKey));
		await editor.openWorkflow(checkId);
		await editor.openNode('Moca AIR');
		const output = await editor.executeStep();
		await camera.widenOutput(600);
		await showAs('Table', output);
		await camera.form('check-setup', { input: false });
	},
};
