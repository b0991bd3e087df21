import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator } from 'playwright-core';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import { checkout } from '../../harness/paths';
import { poll } from '../../harness/poll';
import { ISSUER_DID } from '../../scripts/demoAir';
import { root } from '../../scripts/package';
import { startHost, type Host } from '../host/workflows';

/** Search results in the nodes panel, and the few steps until n8n serves the JWKS. */
let host: Host;
let browser: Browser;
let editor: Editor;

const PARTNER = '954fe820-050d-49fb-b22e-884922aa6cef';
const ISSUE = 'Moca AIR Issue on Behalf';
const STATUS = 'Moca AIR Get Issuance Status';
const JWKS = 'Moca AIR JWKS Trigger';
const artefacts = join(root, '.artifacts', 'browser');
const log = (line: string) => process.stderr.write(`${line}\n`);

// A busy machine is not a failure.
jest.setTimeout(180_000);

beforeAll(async () => {
	mkdirSync(artefacts, { recursive: true });
	host = await startHost({ editor: true });
	// The story begins without a credential, and with a partner whose JWKS URL AIR does not know.
	await host.api.credentials.delete(host.credentials.mocaAirApi?.id ?? '');
	register(undefined);
	browser = await launchChromium({ log });
	editor = await Editor.open({ browser, url: host.n8n.url });
}, 900_000);

afterAll(async () => {
	await editor.close();
	await browser.close();
	await host.close();
}, 60_000);

/** The steps of the partner account's owner in AIR's dashboard. */
function register(jwksUrl: string | undefined): void {
	const { control } = host.air.emulator;
	const [known] = control.overview().partners;
	control.registerPartner({
		partnerId: PARTNER,
		programs: known?.programs ?? [],
		...(jwksUrl === undefined ? {} : { jwksUrl }),
	});
}

/** Keeps a picture, for people to look at. */
const look = async (name: string, on = editor) => {
	await on.screenshot(join(artefacts, `setup-${name}.png`));
};

describe('the nodes panel', () => {
	const found = async (text: string) => await (await editor.searchNodes(text)).allInnerTexts();

	beforeAll(async () => {
		await editor.newWorkflow();
	});

	test('“moca” gives four entries, before all others', async () => {
		const names = await found('moca');
		await look('panel');
		expect(names.slice(0, 4).sort()).toEqual(['Moca AIR', STATUS, ISSUE, JWKS].sort());
		expect(names.slice(4).filter((name) => name.startsWith('Moca AIR'))).toEqual([]);
	});

	test.each([
		...['issue credential', 'issue a credential', 'verifiable credential', 'diploma', 'badge'],
		...['wallet', 'web3', 'membership', 'proof of attendance', 'attestation', 'kyc', 'identity'],
	])('“%s” finds Issue on Behalf first', async (text) => {
		expect((await found(text))[0]).toBe(ISSUE);
	});

	test('“certificate” finds it, after n8n’s node that has the word in its name', async () => {
		expect(await found('certificate')).toEqual(['AWS Certificate Manager', ISSUE]);
	});

	test.each([
		['credential confirmed', 'Moca AIR'],
		['check setup', 'Moca AIR'],
		['401', 'Moca AIR'],
		['issuance status', STATUS],
		['jwks', JWKS],
		['public key', JWKS],
	])('“%s” finds %s first', async (text, name) => {
		expect((await found(text))[0]).toBe(name);
	});

	test('Moca AIR offers the trigger’s events and all other actions', async () => {
		await editor.searchNodes('moca');
		await editor.byTestId('node-creator-item-name').getByText('Moca AIR', { exact: true }).click();
		const panel = editor.byTestId('node-creator');
		await panel.getByText(/Actions \(\d+\)/).click();
		await panel.getByText('Check the setup', { exact: true }).waitFor();
		const offered = await panel.innerText();
		await look('actions');
		for (const action of [
			...['On any status change', 'On credential confirmed', 'On credential delayed'],
			...['On credential unusable', 'Check the setup', 'Get the public documents'],
			...['Create a partner JWT', 'Issue a credential directly', 'Get many issuances'],
			...['On credential stored', 'On outcome unknown', 'Settle an unknown outcome'],
		]) {
			expect(offered).toContain(action);
		}
	});
});

describe('n8n serves the JWKS', () => {
	let dialog: Locator;
	let privateKey: string;
	let productionUrl: string;
	/** A step is a field, a button or a change of place, beyond what happens in AIR's dashboard. */
	let steps = 0;
	/** Each step depends on the previous one: after a failure the rest would only wait. */
	let failed = false;

	const part = (name: string, work: () => Promise<void>) => {
		test(name, async () => {
			if (failed) throw new Error('an earlier step failed');
			failed = true;
			await work();
			failed = false;
		});
	};
	const step = (name: string, work: () => Promise<void>) => {
		part(name, async () => {
			await work();
			steps += 1;
			await look(`step-${steps}`);
		});
	};

	step('1. add Moca AIR JWKS Trigger to a new workflow', async () => {
		await editor.newWorkflow();
		await editor.searchNodes('jwks');
		await editor.addFoundNode(JWKS);
	});

	step('2. set up a new credential in it', async () => {
		dialog = await editor.newCredentialFromNode();
	});

	step('3. open the key page by the help of Private Key', async () => {
		const link = await editor.linkInHelp('privateKey');
		expect(link).toMatch(/^https:\/\/.*\/keygen\.html$/);
	});

	step('4. press one button there', async () => {
		// As it is published; these tests reach nothing outside.
		const context = await browser.newContext({ offline: true });
		await context.grantPermissions(['clipboard-read', 'clipboard-write']);
		const page = await context.newPage();
		await page.goto(pathToFileURL(join(checkout, 'dist', 'jwks', 'keygen.html')).href);
		await page.getByRole('button', { name: 'Make a Key Pair and Copy the Private Key' }).click();
		await page.getByRole('button', { name: 'Copied' }).waitFor();
		privateKey = String(await page.evaluate('navigator.clipboard.readText()'));
		expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
		await page.screenshot({ path: join(artefacts, 'setup-key-page.png'), fullPage: true });
		await context.close();
	});

	step('5. paste the key; partner ID and issuer DID come from the dashboard', async () => {
		// The emulator instead of the sandbox.
		await editor.chooseOption('environment', 'Custom URL');
		await editor.fill('baseUrl', String(host.air.credential.baseUrl), dialog);
		await editor.fill('partnerId', PARTNER, dialog);
		await editor.fill('issuerDid', ISSUER_DID, dialog);
		await editor.fill('privateKey', privateKey, dialog);
	});

	step('6. save: green, although AIR does not know the key yet', async () => {
		expect(await editor.saveCredential()).toBe('saved');
	});

	step('7. publish', async () => {
		await editor.page.getByText('Webhook URLs', { exact: true }).click();
		await editor.page.getByText('Production URL', { exact: true }).last().click();
		const shown = await editor.byTestId('ndv').innerText();
		productionUrl =
			/https?:\/\/\S+\/webhook\/[\w-]+\/\.well-known\/jwks\.json/.exec(shown)?.[0] ?? '';
		expect(productionUrl).not.toBe('');
		await look('production-url');
		await editor.closeNode();
		await editor.publish();
	});

	part('then AIR fetches from the URL that the node shows', async () => {
		await poll('the JWKS to be served', 30_000, async () => {
			const answer = await fetch(productionUrl);
			return answer.status === 200 ? true : undefined;
		});
		const { keys } = (await (await fetch(productionUrl)).json()) as { keys: object[] };
		expect(keys).toMatchObject([{ kid: PARTNER, alg: 'RS256', use: 'sig' }]);
		register(productionUrl);
	});

	part(
		'Check the setup, from the panel: no problem, and what was not checked is said',
		async () => {
			await editor.newWorkflow();
			await editor.searchNodes('check setup');
			await editor.addFoundAction('Moca AIR', 'Check the setup');
			await look('check-added');
			const output = await editor.executeStep();
			await look('checked');
			const said = await output.innerText();
			expect(said).toContain('No problem');
			expect(said).toMatch(/Issue on Behalf[\s\S]*Not checked/);
			expect(said).toContain('AIR accepts the key');
			// As n8n shows a column without a value, in red.
			expect(await output.getByText('empty', { exact: true }).count()).toBe(0);
		},
	);

	part('in seven steps, and without an error of the page itself', async () => {
		expect(steps).toBeLessThanOrEqual(7);
		expect(editor.pageErrors).toEqual([]);
		await Promise.resolve();
	});
});

test('the same in the dark', async () => {
	const dark = await Editor.open({ browser, url: host.n8n.url, theme: 'dark' });
	await dark.newWorkflow();
	await dark.searchNodes('moca');
	await look('panel.dark', dark);
	const { id } = await host.api.credentials.create('mocaAirApi', 'Demo', host.air.credential);
	await dark.openCredential(id);
	await look('credential.dark', dark);
	await dark.close();
});
