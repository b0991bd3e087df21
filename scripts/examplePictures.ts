import { join } from 'node:path';
import { Editor } from '../harness/editor';
import type { LoadedExample } from './loadExamples';

/** Wide, because a workflow is; high enough for its branches. */
const viewport = { width: 1800, height: 1000 };
/** Around what is on the canvas; below a node there is its name. */
const PADDING = 24;
const NAME_HEIGHT = 100;

/** Takes away what the editor lays over the canvas: its own buttons, and those beside triggers. */
const CANVAS_ONLY = `
	.el-notification, .vue-flow__controls, .vue-flow__panel,
	[data-test-id^="execute-workflow-button"], [data-test-id="workflow-chat-button"],
	div:has([data-test-id="execute-workflow-button"]):not(:has(.vue-flow__node)),
	div:has([data-test-id="node-creator-plus-button"]):not(:has(.vue-flow__node)) {
		display: none !important;
	}`;

/** Where everything on the canvas is, as far as it is in sight. */
async function workflowArea(editor: Editor) {
	const onCanvas = await editor.page.locator('.vue-flow__node').all();
	const found = await Promise.all(onCanvas.map(async (one) => await one.boundingBox()));
	const boxes = found.filter((box) => box !== null);
	const left = Math.min(...boxes.map(({ x }) => x)) - PADDING;
	const top = Math.min(...boxes.map(({ y }) => y)) - PADDING;
	const right = Math.max(...boxes.map(({ x, width }) => x + width)) + NAME_HEIGHT;
	const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + NAME_HEIGHT;
	const canvas = await editor.page.locator('.vue-flow').first().boundingBox();
	const canvasEnd = canvas === null ? viewport.height : canvas.y + canvas.height;
	const x = Math.max(0, left);
	const y = Math.max(0, top);
	return {
		x,
		y,
		width: Math.min(viewport.width, right) - x,
		height: Math.min(canvasEnd, bottom) - y,
	};
}

/**
 * Takes a picture of each example, light and dark: the workflow alone, without the editor around.
 *
 * @param only - what the names of the pictures to take begin with
 */
export async function takeExamplePictures(
	{ browser, url }: Pick<Parameters<typeof Editor.open>[0], 'browser' | 'url'>,
	examples: readonly LoadedExample[],
	folder: string,
	only = '',
): Promise<void> {
	const wanted = examples.filter(({ name }) => `example-${name}`.startsWith(only));
	for (const theme of ['light', 'dark'] as const) {
		const suffix = theme === 'light' ? '' : '.dark';
		const editor = await Editor.open({ browser, url, theme, viewport });
		for (const { name, workflowId } of wanted) {
			await editor.openWorkflow(workflowId);
			await editor.page.screenshot({
				path: join(folder, `example-${name}${suffix}.png`),
				clip: await workflowArea(editor),
				animations: 'disabled',
				style: CANVAS_ONLY,
			});
		}
		await editor.close();
	}
}
