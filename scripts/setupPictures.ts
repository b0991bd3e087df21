import type { Editor } from '../harness/editor';
import type { N8nApi } from '../harness/n8nApi';
import { makeKey } from '../test/support/keys';
import { PARTNER_ID, type DemoAir } from './demoAir';

type Credential = Readonly<{ id: string; name: string }>;

/** The workflow that serves the JWKS, as it is to be set up: a node alone. */
const jwksWorkflow = (credential: Credential) => ({
	name: 'JWKS',
	nodes: [
		{
			id: 'jwks',
			name: 'Moca AIR JWKS Trigger',
			type: 'n8n-nodes-moca-air.mocaAirJwksTrigger',
			typeVersion: 1,
			position: [0, 0] as [number, number],
			parameters: {},
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

export interface SetupWorkflows {
	readonly jwksId: string;
	readonly checkId: string;
}

/** Loads what the pictures show; the JWKS is served. */
export async function loadSetup(api: N8nApi, credential: Credential): Promise<SetupWorkflows> {
	const { id: jwksId } = await api.workflows.create(jwksWorkflow(credential));
	await api.workflows.activate(jwksId);
	const { id: checkId } = await api.workflows.create(checkWorkflow(credential));
	return { jwksId, checkId };
}

/** Advice is long. */
async function widenOutput(editor: Editor): Promise<void> {
	const handle = await editor.byTestId('panel-drag-button').boundingBox();
	if (handle === null) throw new Error('the panel cannot be moved');
	const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
	await editor.page.mouse.move(x, y);
	await editor.page.mouse.down();
	await editor.page.mouse.move(x - 600, y, { steps: 10 });
	await editor.page.mouse.up();
}

/** The JWKS node with its URL, and what Check Setup says when the published key is another one. */
export async function takeSetupPictures(
	editor: Editor,
	{ jwksId, checkId }: SetupWorkflows,
	{ jwks }: DemoAir,
	picture: (name: string) => Promise<void>,
): Promise<void> {
	await editor.openWorkflow(jwksId);
	await editor.openNode('Moca AIR JWKS Trigger');
	await editor.page.getByText('Webhook URLs', { exact: true }).click();
	await editor.page.getByText('Production URL', { exact: true }).last().click();
	await picture('jwks-trigger');
	await editor.closeNode();
	const published = jwks.keys;
	jwks.keys = [makeKey('ES256').jwk(PARTNER_ID)];
	try {
		await editor.openWorkflow(checkId);
		await editor.openNode('Moca AIR');
		const output = await editor.executeStep();
		await widenOutput(editor);
		await output.getByText('Table', { exact: true }).click();
		const row = output.getByText('Published key', { exact: true });
		await row.evaluate((cell: { scrollIntoView: (how: object) => void }) => {
			cell.scrollIntoView({ block: 'center' });
		});
		await picture('check-setup');
		await editor.closeNode();
	} finally {
		jwks.keys = published;
	}
}
