import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import { owner } from './n8nApi';
import { PageWatch } from './pageWatch';

/** How to open the editor. */
export interface EditorOptions {
	browser: Browser;
	/** Where n8n is. */
	url: string;
	/** `system`, n8n's default, follows the browser, even while a page is open. */
	theme?: 'light' | 'dark' | 'system';
	viewport?: { width: number; height: number };
}

const timeoutMs = 60_000;

const begunRun = z.object({ data: z.object({ executionId: z.string().optional() }) });

/**
 * n8n's editor in a browser, signed in as the owner; it always waits for something that a user would
 * see.
 */
export class Editor {
	readonly #watch: PageWatch;

	private constructor(
		private readonly context: BrowserContext,
		readonly page: Page,
		private readonly url: string,
	) {
		this.#watch = new PageWatch(page, url, timeoutMs);
	}

	/** Uncaught exceptions in the page. */
	get pageErrors(): readonly string[] {
		return this.#watch.errors;
	}

	/** Opens a fresh browser context and signs in by the form. */
	static async open(options: EditorOptions): Promise<Editor> {
		const { browser, url, theme = 'light', viewport = { width: 1440, height: 900 } } = options;
		const colorScheme = theme === 'system' ? 'light' : theme;
		// A picture of an animated page differs each time, and rendering it takes half of a core.
		const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
		context.setDefaultTimeout(timeoutMs);
		if (theme !== 'system') {
			await context.addInitScript(`localStorage.setItem('N8N_THEME', '${theme}')`);
		}
		const editor = new Editor(context, await context.newPage(), url);
		await editor.#watch.begin();
		await editor.#signIn();
		return editor;
	}

	async close(): Promise<void> {
		await this.context.close();
	}

	/** Finds elements by n8n's test IDs, the most stable names in its editor. */
	byTestId(id: string, within: Page | Locator = this.page): Locator {
		return within.locator(`[data-test-id="${id}"]`);
	}

	/** Opens a saved workflow and waits for its canvas. */
	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.byTestId('canvas-node').first().waitFor();
		// The canvas fits itself to the workflow once the nodes are there.
		await this.byTestId('zoom-to-fit').click();
		await this.#settle();
	}

	/** A node on the canvas, by its name. */
	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Opens a node's parameter panel. */
	async openNode(name: string): Promise<Locator> {
		await this.node(name).dblclick();
		return await this.#openPanel();
	}

	/** Saves the open workflow by the keyboard. */
	async save(): Promise<void> {
		await this.page.keyboard.press('Control+S');
		await this.#settle();
	}

	async closeNode(): Promise<void> {
		await this.byTestId('ndv-close-button').click();
		await this.byTestId('ndv').waitFor({ state: 'hidden' });
	}

	/** Switches the open node's panel to its Settings tab, or back. */
	async openTab(tab: 'params' | 'settings'): Promise<void> {
		await this.byTestId(`tab-${tab}`).click();
		await this.#settle();
	}

	/** One parameter of the open node, by its internal name. */
	parameter(name: string): Locator {
		return this.byTestId(`parameter-input-${name}`);
	}

	/** Chooses an entry of a dropdown parameter of the open node by its label. */
	async chooseOption(parameter: string, label: string): Promise<void> {
		await this.parameter(parameter).click();
		await this.#option(label).click();
		await this.#settle();
	}

	/**
	 * Clicks "Execute step" in the open node and waits for its output or its error.
	 *
	 * @returns the output panel
	 */
	async executeStep(): Promise<Locator> {
		await this.#run(this.byTestId('node-execute-button'));
		const output = this.byTestId('output-panel');
		const something = this.byTestId('ndv-items-count', output)
			.or(this.byTestId('node-error-message', output))
			.or(output.getByText('No output data'));
		await something.first().waitFor();
		await this.#settle();
		return output;
	}

	/**
	 * Clicks "Execute step" on a node that n8n does not run.
	 *
	 * @returns all text on the page
	 */
	async executeStepThatCannotRun(): Promise<string> {
		await this.byTestId('node-execute-button').click();
		await this.page
			.locator('.el-notification')
			.or(this.byTestId('node-error-message'))
			.first()
			.waitFor();
		return await this.page.locator('body').innerText();
	}

	/** Runs the workflow from one of its triggers by the button beside it and waits for the end. */
	async executeWorkflow(trigger: string): Promise<void> {
		await this.node(trigger).hover();
		await this.#run(this.byTestId(`execute-workflow-button-${trigger}`));
		await this.#settle();
	}

	/** Opens the dialog of a stored credential; n8n tests it on opening. */
	async openCredential(id: string): Promise<Locator> {
		await this.page.goto(`${this.url}/home/credentials/${id}`);
		const dialog = this.byTestId('editCredential-modal');
		await dialog.waitFor();
		await this.byTestId('credential-connection-parameter', dialog).first().waitFor();
		await this.#settle();
		return dialog;
	}

	/** Opens the dialog for a new credential of a type, by the type's display name. */
	async newCredential(typeName: string): Promise<Locator> {
		await this.page.goto(`${this.url}/home/credentials/create`);
		await this.byTestId('new-credential-type-select').click();
		await this.page.keyboard.type(typeName);
		await this.page.getByRole('option', { name: typeName, exact: true }).first().click();
		await this.byTestId('new-credential-type-button').click();
		const dialog = this.byTestId('editCredential-modal');
		await this.byTestId('credential-connection-parameter', dialog).first().waitFor();
		await this.#settle();
		return dialog;
	}

	/**
	 * Opens the nodes panel of the open workflow and searches it.
	 *
	 * @returns the names of the entries found, the best first
	 */
	async searchNodes(text: string): Promise<Locator> {
		const panel = this.byTestId('node-creator');
		if (!(await panel.isVisible())) {
			await this.byTestId('node-creator-plus-button').first().click();
		}
		await this.byTestId('node-creator-search-bar').fill(text);
		// An entry with several actions has a different ID than an entry for a single node.
		const found = this.byTestId('node-creator-item-name', panel);
		await found.first().or(this.byTestId('node-creator-no-results', panel)).first().waitFor();
		await this.#settle();
		return found;
	}

	/** Opens an empty workflow. */
	async newWorkflow(): Promise<void> {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.byTestId('canvas-add-button').waitFor();
		const assistant = this.byTestId('close-chat-button');
		if (await assistant.isVisible()) await assistant.click();
		await this.#settle();
	}

	/**
	 * Adds a node that the nodes panel has found and opens it. Only n8n's own nodes can be dragged from
	 * the panel: those of packages show their details first.
	 *
	 * @param name - as the panel shows it, for a trigger without “Trigger”
	 * @param event - of a trigger that offers several
	 */
	async addFoundNode(name: string, event?: string): Promise<Locator> {
		await this.byTestId('node-creator-item-name').getByText(name, { exact: true }).click();
		await (
			event === undefined
				? this.page.getByRole('button', { name: 'Add to workflow' })
				: this.byTestId('node-creator').getByText(event, { exact: true })
		).click();
		return await this.#openPanel();
	}

	/**
	 * Adds an action of a node whose entry in the nodes panel also has triggers, and opens it.
	 *
	 * @param node - as the panel shows it
	 */
	async addFoundAction(node: string, action: string): Promise<Locator> {
		await this.byTestId('node-creator-item-name').getByText(node, { exact: true }).click();
		const creator = this.byTestId('node-creator');
		await creator.getByText(/Actions \(\d+\)/).click();
		await creator.getByText(action, { exact: true }).click();
		return await this.#openPanel();
	}

	/** Fills a text field of the open node or credential, as if pasted. */
	async fill(parameter: string, text: string, within: Page | Locator = this.page): Promise<void> {
		const field = this.byTestId(`parameter-input-${parameter}`, within);
		// In a resource locator, the first input is the mode.
		await field.locator('input:not([readonly]), textarea').first().fill(text);
		await this.#settle();
	}

	/** Adds an entry to the fields of the open node. */
	async addField(name: string, type: string, value: string): Promise<void> {
		await this.byTestId('fixed-collection-add').last().click();
		await this.#settle();
		await this.fillLast('name', name);
		await this.parameter('type').last().click();
		await this.#option(type).click();
		await this.fillLast('value', value);
	}

	/** Fills a text field of the last entry of the fields of the open node. */
	async fillLast(parameter: string, text: string): Promise<void> {
		await this.parameter(parameter).last().locator('input, textarea').fill(text);
		await this.#settle();
	}

	/** Replaces the content of a code field of the open node. */
	async fillCode(parameter: string, text: string): Promise<void> {
		const code = this.parameter(parameter).locator('.cm-content');
		await code.click();
		await this.page.keyboard.press('Control+A');
		await this.page.keyboard.insertText(text);
		await this.page.keyboard.press('Escape');
		await this.#settle();
	}

	/** Opens the form for the first credential of its type from the open node. */
	async newCredentialFromNode(): Promise<Locator> {
		await this.page.getByRole('button', { name: /^Connect to / }).click();
		const dialog = this.byTestId('editCredential-modal');
		await this.byTestId('credential-connection-parameter', dialog).first().waitFor();
		await this.#settle();
		return dialog;
	}

	/**
	 * Saves the open credential, which n8n tests then.
	 *
	 * @returns `saved` if the test passed and the form closed, else what the form says
	 */
	async saveCredential(): Promise<string> {
		const dialog = this.byTestId('editCredential-modal');
		const tested = this.page.waitForResponse((answer) =>
			answer.url().endsWith('/credentials/test'),
		);
		await this.byTestId('credential-save-button').click();
		await tested;
		const details = dialog.getByText('More details');
		await details.or(this.byTestId('node-credentials-select')).first().waitFor();
		await this.#settle();
		if (!(await dialog.isVisible())) return 'saved';
		await details.click();
		await this.#settle();
		return await dialog.innerText();
	}

	/** The link in the help of a field of the open credential: it shows while the mouse is over its icon. */
	async linkInHelp(field: string): Promise<string> {
		const label = this.byTestId(field).first();
		await label.hover();
		await label.locator('svg').first().hover();
		const link = this.byTestId('tooltip-content').locator('a').first();
		await link.waitFor();
		const address = await link.getAttribute('href');
		await this.page.mouse.move(0, 0);
		return address ?? '';
	}

	/** Publishes the open workflow by the button above it, and confirms. */
	async publish(): Promise<void> {
		await this.byTestId('workflow-open-publish-modal-button').click();
		await this.byTestId('workflow-publish-button').click();
		await this.byTestId('workflow-publish-button').waitFor({ state: 'hidden' });
		await this.#settle();
	}

	/** Takes a picture of the page, or of a part of it, without the passing notices in the corner. */
	async screenshot(path: string, part?: Locator): Promise<void> {
		const style = '.el-notification { display: none !important; }';
		await (part ?? this.page).screenshot({ path, animations: 'disabled', style });
	}

	/** An entry of the open dropdown by its label, which may have a description below it. */
	#option(label: string): Locator {
		const text = this.page.getByText(label, { exact: true });
		return this.page.getByRole('option').filter({ has: text }).filter({ visible: true });
	}

	async #signIn(): Promise<void> {
		await this.page.goto(`${this.url}/signin`);
		await this.page.getByLabel('Email').fill(owner.email);
		await this.page.getByLabel('Password').fill(owner.password);
		await this.page.getByRole('button', { name: 'Sign in' }).click();
		await this.page.waitForURL((current) => !current.pathname.startsWith('/signin'));
		await this.byTestId('main-sidebar-settings').waitFor();
	}

	/** Starts a run with a button; it is over when n8n has told the page and removes its stop buttons. */
	async #run(button: Locator): Promise<void> {
		const answer = this.page.waitForResponse((response) => response.url().endsWith('/run'));
		await button.click();
		const begun = begunRun.safeParse(await (await answer).json());
		const id = begun.success ? begun.data.data.executionId : undefined;
		if (id !== undefined) await this.#watch.ended(id);
		await this.byTestId('ndv-stop-execution-button').waitFor({ state: 'hidden' });
		await this.byTestId('stop-execution-button').waitFor({ state: 'hidden' });
	}

	/** Waits for the parameter panel of the node that was opened just now. */
	async #openPanel(): Promise<Locator> {
		const panel = this.byTestId('ndv');
		await panel.waitFor();
		await this.byTestId('node-parameters', panel).waitFor();
		await this.#settle();
		return panel;
	}

	/**
	 * Waits for fade-ins to end, since n8n's animations have no event to wait for, and for the answers to
	 * all that the page has asked n8n.
	 */
	async #settle(): Promise<void> {
		await this.#watch.quiet();
	}
}
