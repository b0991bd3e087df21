import { showAs } from './Camera';
import { KYC_EVENT, PARTNER_ID } from './demoAir';
import { runnableExample } from './pictureWorkflows';
import type { PictureGroup } from './pictureWorld';

const ISSUE = 'Moca AIR Issue on Behalf';

/** Issue on Behalf followed by Get Issuance Status, and the error when AIR refuses. */
export const onBehalfPictures: PictureGroup = {
	names: ['issue-on-behalf', 'get-issuance-status', 'error'],
	take: async ({ api, air, credential }, camera) => {
		const { editor } = camera;
		const open = async (eventId: string, email: string) => {
			const event = { ...KYC_EVENT, eventId, email };
			const { id } = await api.workflows.create(runnableExample(credential, event));
			await editor.openWorkflow(id);
			await editor.openNode(ISSUE);
		};
		await open('kyc-review-2', 'grace.hopper@example.com');
		await showAs('Schema', await editor.executeStep());
		await camera.form('issue-on-behalf');
		await editor.closeNode();
		await editor.openNode('Moca AIR Get Issuance Status');
		await showAs('Schema', await editor.executeStep());
		await camera.form('get-issuance-status');
		air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
		await open('kyc-review-3', 'emmy.noether@example.com');
		await (await editor.executeStep()).getByText('is not enabled').first().waitFor();
		air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: true });
		// As high as the error.
		await editor.page.setViewportSize({ width: 1440, height: 510 });
		await camera.part('error', editor.byTestId('output-panel'));
	},
};
