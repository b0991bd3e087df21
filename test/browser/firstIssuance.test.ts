import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { PROGRAM_ID } from '../../scripts/demoAir';
import { root } from '../../scripts/package';
import { launchChromium } from '../../harness/chromium';
import { Editor } from '../../harness/editor';
import { startHost, type Host } from '../host/workflows';
import { makeKey } from '../support/keys';

/** A new user's steps in a browser, from an empty n8n to the first credential. One story in order. */
let host: Host;
let browser: Browser;
let editor: Editor;

const ISSUE = 'Moca AIR Issue on Behalf';
const ATTRIBUTES = [
	['kycLevel', 'String', 'basic'],
	['kycProvider', 'String', 'browser test'],
	['verifiedAt', 'Date', '2026-01-19T07:18:45Z'],
	['isOver18', 'Boolean', 'true'],
] as const;
const artefacts = join(root, '.artifacts', 'browser');
let steps = 0;

// A busy machine is not a failure.
jest.setTimeout(180_000);

/** Keeps a picture of a step, for people to look at. */
async function look(name: string): Promise<void> {
	steps += 1;
	await editor.screenshot(join(artefacts, `${String(steps).padStart(2, '0')}-${name}.png`));
}

beforeAll(async () => {
	mkdirSync(artefacts, { recursive: true });
	const log = (line: string) => process.stderr.write(`${line}\n`);
	host = await startHost({ issuesDirectly: true, editor: true });
	// The story begins without a credential.
	await host.api.credentials.delete(host.credentials.mocaAirApi?.id ?? '');
	browser = await launchChromium({ log });
	editor = await Editor.open({ browser, url: host.n8n.url });
}, 900_000);

afterAll(async () => {
	await editor.close();
	await browser.close();
	await host.close();
}, 60_000);

/** Each step depends on the previous one: after a failure the rest would only wait. */
let failed = false;
const step = (name: string, work: () => Promise<void>): void => {
	test(name, async () => {
		if (failed) throw new Error('an earlier step failed');
		failed = true;
		await work();
		failed = false;
	});
};

const credential = (field: string) => String(host.air.credential[field]);

/** Fills the form of the credential as if pasted. */
async function fillCredential(dialog: Locator, privateKey: string): Promise<void> {
	await editor.chooseOption('environment', 'Custom URL');
	for (const field of ['baseUrl', 'partnerId', 'issuerDid', 'jwksUrl']) {
		await editor.fill(field, credential(field), dialog);
	}
	await editor.fill('privateKey', privateKey, dialog);
}

describe('a new user', () => {
	step('finds the nodes by searching for “moca”, and adds one', async () => {
		await editor.newWorkflow();
		const found = await editor.searchNodes('moca');
		const names = (await found.allInnerTexts()).map((text) => text.split('\n')[0]);
		expect(names).toEqual(expect.arrayContaining([ISSUE, 'Moca AIR Get Issuance Status']));
		await look('search');
		await editor.addFoundNode(ISSUE, 'Issue a credential on behalf');
		await look('node-added');
		expect(await editor.parameter('recipient').isVisible()).toBe(true);
	});

	step('is told by each required field that is empty or wrong', async () => {
		// n8n itself does not run a node whose required fields are empty.
		const output = await editor.executeStepThatCannotRun();
		await look('required-fields');
		expect(output).toMatch(/Recipient Email/);
		expect(output).toMatch(/Issuance Program/);
		expect(output).toMatch(/[Cc]redential/);
	});

	step('pastes a key that is not published: the Test is red and says what to do', async () => {
		const dialog = await editor.newCredentialFromNode();
		await look('credential-empty');
		await fillCredential(dialog, makeKey('ES256').pem);
		await look('credential-wrong-key');
		const answer = await editor.saveCredential();
		await look('credential-refused');
		expect(answer).toMatch(/JWKS|key/);
		expect(answer).not.toMatch(/PRIVATE KEY|eyJ/);
	});

	step('pastes the right PEM of several lines: the Test is green', async () => {
		const dialog = editor.byTestId('editCredential-modal');
		await editor.fill('privateKey', credential('privateKey'), dialog);
		expect(await editor.saveCredential()).toBe('saved');
		await look('credential-accepted');
	});

	step('fills recipient, program and fields', async () => {
		await editor.fill('recipient', 'grace.hopper@example.com');
		await editor.fill('issuanceProgram', PROGRAM_ID);
		await editor.chooseOption('subjectMode', 'Using Fields Below');
		for (const [name, type, value] of ATTRIBUTES) await editor.addField(name, type, value);
		await look('filled');
	});

	step('checks it first: nothing is sent', async () => {
		await editor.chooseOption('operation', 'Check Only');
		const output = await editor.executeStep();
		await look('checked-only');
		expect(await output.innerText()).toMatch(/wouldIssue/);
		expect(await output.innerText()).toMatch(/[Nn]othing was sent/);
		expect(host.air.emulator.control.issuances()).toEqual([]);
	});

	step('executes the step and reads the output', async () => {
		await editor.chooseOption('operation', 'Issue');
		const output = await editor.executeStep();
		await look('issued');
		expect(await output.innerText()).toMatch(/coreClaimHash/);
		const [issuance] = host.air.emulator.control.issuances();
		expect(issuance?.recipient).toBe('grace.hopper@example.com');
	});

	for (const [field, wrong, message, right] of [
		['recipient', 'grace.hopper', /e-mail/i, 'grace.hopper@example.com'],
		['issuanceProgram', 'not a program!', /[Pp]rogram/, PROGRAM_ID],
	] as const) {
		step(`makes a mistake in ${field} and reads what is wrong`, async () => {
			await editor.fill(field, wrong);
			const output = await editor.executeStep();
			await look(`mistake-${field}`);
			expect(await output.innerText()).toMatch(message);
			await editor.fill(field, right);
		});
	}

	step('makes a mistake in an attribute and reads what is wrong', async () => {
		await editor.fillLast('value', 'four');
		const output = await editor.executeStep();
		await look('mistake-attribute');
		const said = await output.innerText();
		expect(said).toMatch(/isOver18/);
		expect(said).not.toMatch(/four/);
		await editor.closeNode();
	});

	step('fetches a test event of the trigger', async () => {
		await editor.newWorkflow();
		await editor.searchNodes('moca air');
		await editor.addFoundNode('Moca AIR', 'On credential confirmed');
		await look('trigger-added');
		const output = await editor.executeStep();
		await look('trigger-event');
		expect(await output.innerText()).toMatch(/eventId|grace\.hopper/);
	});

	step(
		'looks into the ledger: who has it, a summary, and what erasing a person would take',
		async () => {
			await editor.newWorkflow();
			await editor.searchNodes('moca air');
			await editor
				.byTestId('node-creator-item-name')
				.getByText('Moca AIR', { exact: true })
				.click();
			const panel = editor.byTestId('node-creator');
			await panel.getByText(/Actions \(\d+\)/).click();
			await panel.getByText('Get many issuances', { exact: true }).click();
			await editor.byTestId('ndv').waitFor();
			await look('ledger-added');
			const rows = await (await editor.executeStep()).innerText();
			await look('ledger-rows');
			expect(rows).toMatch(/ledgerRow[\s\S]*grace\.hopper@example\.com/);
			expect(rows).toContain('issued');

			await editor.chooseOption('operation', 'Summary');
			expect(await (await editor.executeStep()).innerText()).toContain('total');
			await look('ledger-summary');

			await editor.chooseOption('operation', 'Erase Person');
			await editor.fill('recipient', 'Grace.Hopper@example.com');
			const counted = await (await editor.executeStep()).innerText();
			await look('ledger-erase-dry-run');
			expect(counted).toMatch(/dryRun[\s\S]*stillHeld/);
			await editor.chooseOption('operation', 'Get Many');
			expect(await (await editor.executeStep()).innerText()).toContain('grace.hopper@example.com');
		},
	);

	step('has met no error of the page itself', () => {
		expect(editor.pageErrors).toEqual([]);
		return Promise.resolve();
	});
});

describe('a new user who issues directly', () => {
	const person = 'ada.lovelace@example.com';
	/** The credential as the person opens it: AIR has only the sealed one. */
	const wallet = async () => {
		const { controlUrl } = host.air.emulator;
		const answer = await fetch(`${controlUrl}/wallet?email=${encodeURIComponent(person)}`);
		return (await answer.json()) as unknown[];
	};
	const claims = [
		['kycLevel', 'String', 'basic'],
		['isOver18', 'Boolean', 'true'],
	] as const;

	step('begins without a credential, and finds Issue a credential directly', async () => {
		for (const { id } of await host.api.credentials.list()) await host.api.credentials.delete(id);
		await editor.newWorkflow();
		await editor.searchNodes('moca');
		await editor.addFoundAction('Moca AIR', 'Issue a credential directly');
		await look('direct-added');
		expect(await editor.parameter('credentialType').isVisible()).toBe(true);
	});

	step('names the issuer in the credential: the Test is green', async () => {
		const dialog = await editor.newCredentialFromNode();
		await editor.chooseOption('environment', 'Custom URL');
		for (const field of ['baseUrl', 'partnerId', 'jwksUrl', 'privateKey']) {
			await editor.fill(field, credential(field), dialog);
		}
		// The next fields come with it.
		await editor.fill('directIssuer', credential('directIssuer'), dialog);
		await editor.fill('accountUrl', credential('accountUrl'), dialog);
		await look('direct-credential');
		expect(await editor.saveCredential()).toBe('saved');
	});

	step('fills in the person, the type, the schema and the claims', async () => {
		await editor.fill('recipient', person);
		await editor.fill('credentialType', 'https://example.com/types/kyc');
		await editor.fill('schemaId', '01KSTQK70XGFBT558HRHFB');
		await editor.chooseOption('subjectMode', 'Using Fields Below');
		for (const [name, type, value] of claims) await editor.addField(name, type, value);
		await look('direct-filled');
	});

	step('executes the step: the output says where it is and until when it counts', async () => {
		const output = await editor.executeStep();
		await look('direct-issued');
		const said = await output.innerText();
		for (const field of ['outcome', 'issued', 'expiresAt', 'storagePath', 'holderDid']) {
			expect(said).toContain(field);
		}
		expect(said).not.toMatch(/eyJ/);
	});

	step('and the person sees it: genuine, and theirs to show claim by claim', async () => {
		expect(await wallet()).toMatchObject([
			{
				opened: true,
				valid: true,
				claims: { vct: 'https://example.com/types/kyc', kycLevel: 'basic', isOver18: true },
				// In no order: the signed digests are sorted.
				disclosable: expect.arrayContaining(['isOver18', 'kycLevel']) as string[],
			},
		]);
	});

	step('executes the step again: nothing is sent, and the output says so', async () => {
		const output = await editor.executeStep();
		await look('direct-again');
		expect(await output.innerText()).toMatch(/alreadyIssued/);
		expect(await wallet()).toHaveLength(1);
	});

	step('makes a mistake that AIR could not see, and reads what is wrong', async () => {
		await editor.fillLast('value', 'four');
		const output = await editor.executeStep();
		await look('direct-mistake');
		expect(await output.innerText()).toMatch(/isOver18/);
		expect(await wallet()).toHaveLength(1);
		await editor.closeNode();
	});

	step('has met no error of the page itself', () => {
		expect(editor.pageErrors).toEqual([]);
		return Promise.resolve();
	});
});
