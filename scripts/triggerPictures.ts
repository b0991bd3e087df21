import { showAs } from './Camera';
import { issuingExample, ONCE, onceExample } from './pictureWorkflows';
import type { PictureGroup } from './pictureWorld';

/** The issuing workflow, the workflow that receives its events, and the nodes of the latter. */
export const triggerPictures: PictureGroup = {
	names: ['trigger-issuing', 'trigger-learning', 'trigger', 'trigger-once'],
	take: async ({ api, credential }, camera) => {
		const { editor } = camera;
		const { id: issuingId } = await api.workflows.create(issuingExample(credential));
		await editor.openWorkflow(issuingId);
		await camera.canvas('trigger-issuing');
		const { id: learningId } = await api.workflows.create(onceExample(credential));
		await editor.openWorkflow(learningId);
		await camera.canvas('trigger-learning');
		await editor.openNode('Moca AIR Trigger');
		await showAs('Schema', await editor.executeStep());
		await camera.form('trigger', { input: false });
		await editor.closeNode();
		await editor.openNode(ONCE.name);
		await camera.form('trigger-once', { output: false });
	},
};
