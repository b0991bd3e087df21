import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { owner } from './n8nApi';

/** How to open the editor. */
export interface EditorOptions {
	browser: Browser;
	/** Where n8n is. */
	url: string;
	theme?: 'light' | 'dark';
	viewport?: { width: number; height: number };
}

const timeoutMs = 30_000;

/** n8n's editor in a browser, signed in as the owner; all waiting is for what a user would see. */
export class Editor {
	/** Requests that the page tried to send elsewhere; none gets through. */
	readonly outsideRequests: string[] = [];
	/** Uncaught exceptions in the page. */
	readonly pageErrors: string[] = [];

	private constructor(
		private readonly context: BrowserContext,
		readonly page: Page,
		private readonly url: string,
	) {}

	/** Opens a fresh browser context and signs in by the form. */
	static async open(options: EditorOptions): Promise<Editor> {
		const { browser, url, theme = 'light', viewport = { width: 1440, height: 900 } } = options;
		const context = await browser.newContext({ viewport, colorScheme: theme });
		context.setDefaultTimeout(timeoutMs);
		await context.addInitScript(`localStorage.setItem('N8N_THEME', '${theme}')`);
		const editor = new Editor(context, await context.newPage(), url);
		await editor.#watch();
		await editor.#signIn();
		return editor;
	}

	async close(): Promise<void> {
		await this.context.close();
	}

	/** Finds by n8n's own test IDs, the most stable names that its editor has. */
	byTestId(id: string, within: Page | Locator = this.page): Locator {
		return within.locator(`[data-test-id="${id}"]`);
	}

	/** Opens a saved workflow and waits for its canvas. */
	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.byTestId('canvas-node').first().waitFor();
		// The canvas fits itself to the workflow after the nodes are there.
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
		const panel = this.byTestId('ndv');
		await panel.waitFor();
		await this.byTestId('node-parameters', panel).waitFor();
		await this.#settle();
		return panel;
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
		await this.page.getByRole('option', { name: label, exact: true }).click();
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
		await this.page.waitForLoadState('networkidle');
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
	 * @returns the entries found
	 */
	async searchNodes(text: string): Promise<Locator> {
		const panel = this.byTestId('node-creator');
		if (!(await panel.isVisible())) {
			await this.byTestId('node-creator-plus-button').first().click();
		}
		await this.byTestId('node-creator-search-bar').fill(text);
		const found = this.byTestId('node-creator-node-item', panel);
		await found.first().or(this.byTestId('node-creator-no-results', panel)).first().waitFor();
		await this.#settle();
		return found;
	}

	/** Takes a picture of the page, or of a part of it, without the passing notices in the corner. */
	async screenshot(path: string, part?: Locator): Promise<void> {
		const style = '.el-notification { display: none !important; }';
		await (part ?? this.page).screenshot({ path, animations: 'disabled', style });
	}

	async #watch(): Promise<void> {
		this.page.on('pageerror', (error) => this.pageErrors.push(error.message));
		await this.context.route(
			(target) => target.protocol.startsWith('http') && target.origin !== new URL(this.url).origin,
			async (route) => {
				this.outsideRequests.push(route.request().url());
				await route.abort();
			},
		);
	}

	async #signIn(): Promise<void> {
		await this.page.goto(`${this.url}/signin`);
		await this.page.getByLabel('Email').fill(owner.email);
		await this.page.getByLabel('Password').fill(owner.password);
		await this.page.getByRole('button', { name: 'Sign in' }).click();
		await this.page.waitForURL((current) => !current.pathname.startsWith('/signin'));
		await this.byTestId('main-sidebar-settings').waitFor();
	}

	/** Starts a run by a button; it is over when n8n takes its stop buttons away. */
	async #run(button: Locator): Promise<void> {
		const begun = this.page.waitForResponse((response) => response.url().endsWith('/run'));
		await button.click();
		await begun;
		await this.byTestId('ndv-stop-execution-button').waitFor({ state: 'hidden' });
		await this.byTestId('stop-execution-button').waitFor({ state: 'hidden' });
	}

	/** Lets fade-ins end: what n8n animates has no event to wait for. */
	async #settle(): Promise<void> {
		await this.page.waitForTimeout(400);
	}
}
