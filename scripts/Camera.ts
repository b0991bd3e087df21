import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { z } from 'zod';
import type { Editor } from '../harness/editor';

const WIDTH = 1440;
/** The height of a window before it is adapted to the open form. */
const LOWEST = 480;

/** Elements that n8n lays over a form or a canvas. */
const WITHOUT = `
	.el-notification, .n8n-tooltip, .vue-flow__controls, .vue-flow__panel,
	[data-test-id="floating-nodes"], [data-test-id="node-feature-request"],
	[data-test-id^="execute-workflow-button"], [data-test-id="workflow-chat-button"],
	div:has([data-test-id="execute-workflow-button"]):not(:has(.vue-flow__node)),
	div:has([data-test-id="node-creator-plus-button"]):not(:has(.vue-flow__node)) {
		display: none !important;
	}`;

/** How far the longest part of the open form exceeds its space; code and text boxes scroll. */
const HIDDEN = `(() => {
	const inside = [...document.querySelectorAll('[data-test-id=ndv] *')].filter((one) =>
		/auto|scroll/.test(getComputedStyle(one).overflowY) &&
		one.closest('.cm-editor') === null && one.tagName !== 'TEXTAREA');
	return Math.max(0, ...inside.map((one) => one.scrollHeight - one.clientHeight));
})()`;

/** The box around everything on the canvas: nodes, their names, and anything that sticks out of them. */
const ON_CANVAS = `(() => {
	const canvas = document.querySelector('.vue-flow').getBoundingClientRect();
	const isSeen = (one) =>
		one.childElementCount === 0 &&
		one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
		one.closest('[data-test-id^="execute-workflow-button"]') === null;
	const nodes = [...document.querySelectorAll('.vue-flow__node')];
	const parts = [...document.querySelectorAll('.vue-flow__node *')].filter(isSeen);
	const boxes = [...nodes, ...parts]
		.map((one) => one.getBoundingClientRect())
		.filter(({ width, height }) => width > 0 && height > 0);
	const x = Math.max(canvas.x, Math.min(...boxes.map((box) => box.x)) - 24);
	const y = Math.max(canvas.y, Math.min(...boxes.map((box) => box.y)) - 24);
	return {
		x,
		y,
		width: Math.min(canvas.right, Math.max(...boxes.map(({ right }) => right)) + 24) - x,
		height: Math.min(canvas.bottom, Math.max(...boxes.map(({ bottom }) => bottom)) + 24) - y,
	};
})()`;

const area = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });

/** Our icons have a file for each theme, which n8n loads when the theme changes. */
const iconsOf = (theme: 'light' | 'dark') => `[...document.querySelectorAll(
	':is(.vue-flow, [data-test-id=ndv], [data-test-id=node-creator]) img')]
	.filter(({ src }) => src.includes('/mocaAir'))
	.every(({ src, complete }) => complete && src.includes('.dark.') === ${String(theme === 'dark')})`;

/** Shows the output of a node in one of n8n's ways. */
export async function showAs(way: 'Schema' | 'Table' | 'JSON', output: Locator): Promise<void> {
	await output.getByText(way, { exact: true }).click();
}

/** Takes pictures of an editor that follows the system's theme: each of them light and dark. */
export class Camera {
	constructor(
		readonly editor: Editor,
		private readonly folder: string,
	) {}

	/** The open node: its whole form, with its input and output, or without one of them. */
	async form(name: string, { input = true, output = true } = {}): Promise<void> {
		const { page } = this.editor;
		let height = LOWEST;
		for (let hidden = 1; hidden > 0; height += hidden) {
			await page.setViewportSize({ width: WIDTH, height });
			await page.waitForTimeout(400);
			hidden = Number(await page.evaluate(HIDDEN));
		}
		const all = await this.#box('ndv');
		// The head of the dialog names the node, and is above its input.
		const left = input ? all.x : (await this.#box('tab-params')).x;
		const top = input ? all.y : (await this.#box('output-panel')).y;
		const right = output ? all.x + all.width : (await this.#box('output-panel')).x;
		const clip = { x: left, y: top, width: right - left, height: all.y + all.height - top };
		await this.each(name, async (path) => {
			await page.screenshot({ path, clip, animations: 'disabled', style: WITHOUT });
		});
	}

	/** Makes the output of the open node wider, at the cost of its input. */
	async widenOutput(by: number): Promise<void> {
		const { page } = this.editor;
		await page.setViewportSize({ width: WIDTH, height: LOWEST });
		const handle = await this.#box('panel-drag-button');
		const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
		await page.mouse.move(x, y);
		await page.mouse.down();
		await page.mouse.move(x - by, y, { steps: 10 });
		await page.mouse.up();
	}

	/** A part of the page. */
	async part(name: string, part: Locator): Promise<void> {
		await this.each(name, async (path) => {
			await part.screenshot({ path, animations: 'disabled', style: WITHOUT });
		});
	}

	/** The workflow alone, without the editor around. */
	async canvas(name: string): Promise<void> {
		await this.each(name, async (path) => {
			await this.canvasNow(path);
		});
	}

	/** The workflow alone, in the current theme. */
	async canvasNow(path?: string): Promise<Buffer> {
		const { page } = this.editor;
		const clip = await this.#workflowArea();
		return await page.screenshot({
			...(path === undefined ? {} : { path }),
			clip,
			animations: 'disabled',
			style: WITHOUT,
		});
	}

	/** Takes a picture in each theme. @param take - gets the file to write */
	async each(
		name: string,
		take: (path: string, theme: 'light' | 'dark') => Promise<void>,
	): Promise<void> {
		const { page } = this.editor;
		// An element below the mouse looks different, or shows a tooltip.
		await page.mouse.move(0, 0);
		for (const theme of ['dark', 'light'] as const) {
			await page.emulateMedia({ colorScheme: theme });
			await page.waitForFunction(iconsOf(theme));
			await page.waitForTimeout(400);
			await take(join(this.folder, `${name}${theme === 'light' ? '' : '.dark'}.png`), theme);
		}
	}

	async #box(testId: string) {
		const box = await this.editor.byTestId(testId).boundingBox();
		if (box === null) throw new Error(`${testId} is not in sight`);
		return box;
	}

	/** The position of everything on the canvas that is visible. */
	async #workflowArea() {
		return area.parse(await this.editor.page.evaluate(ON_CANVAS));
	}
}
