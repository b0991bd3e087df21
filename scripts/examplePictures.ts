import { exampleNames } from './examples';
import { loadExamples } from './loadExamples';
import type { PictureGroup } from './pictureWorld';

/** Wide, because workflows are wide; high enough for their branches. */
const viewport = { width: 1800, height: 1000 };

/** Each example: the workflow alone. */
export const examplePictures: PictureGroup = {
	names: exampleNames().map((name) => `example-${name}`),
	take: async ({ api, credential }, camera, wanted) => {
		await camera.editor.page.setViewportSize(viewport);
		for (const { name, workflowId } of await loadExamples(api, credential)) {
			if (!wanted(`example-${name}`)) continue;
			await camera.editor.openWorkflow(workflowId);
			await camera.canvas(`example-${name}`);
		}
	},
};
