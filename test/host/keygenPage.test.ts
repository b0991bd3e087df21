import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { signPartnerJwt } from '../../air/tokens/partnerJwt';
import { importPrivateKey } from '../../air/keys/privateKey';
import { importPublicKeys } from '../../air/keys/publicKey';
import { publicJwkOf } from '../../air/keys/PublicJwk';
import { makeKey } from '../support/keys';
import { launchChromium } from '../../harness/chromium';
import { checkout } from '../../harness/paths';

const minutes = 60_000;
const log = (line: string) => process.stderr.write(`${line}\n`);
const file = join(checkout, 'dist', 'jwks', 'keygen.html');

let browser: Browser;
beforeAll(async () => {
	browser = await launchChromium({ log });
}, 10 * minutes);
afterAll(() => browser.close(), minutes);

/** The page from the disk, offline; whatever it asks for is noted. */
async function open(): Promise<{ page: Page; asked: string[]; said: string[] }> {
	const context = await browser.newContext({ offline: true });
	await context.grantPermissions(['clipboard-read', 'clipboard-write']);
	const page = await context.newPage();
	page.setDefaultTimeout(minutes);
	const asked: string[] = [];
	const said: string[] = [];
	page.on('request', (request) => asked.push(request.url()));
	page.on('console', (message) => said.push(message.text()));
	page.on('pageerror', (error) => said.push(error.message));
	await page.goto(pathToFileURL(file).href);
	return { page, asked, said };
}

const make = (page: Page) => page.getByRole('button', { name: /^Make a Key Pair/ }).click();
const openSettings = (page: Page) => page.getByText('Another algorithm or Key ID').click();
const privateKey = (page: Page) => page.getByLabel('Private Key').inputValue();
const jwks = async (page: Page) =>
	JSON.parse(await page.getByLabel('JWKS', { exact: true }).inputValue()) as JSONWebKeySet;

async function download(page: Page, name: string): Promise<string> {
	const [saved] = await Promise.all([
		page.waitForEvent('download'),
		page.getByRole('button', { name: `Download ${name}` }).click(),
	]);
	expect(saved.suggestedFilename()).toBe(name);
	return readFileSync(await saved.path(), 'utf8');
}

test.each(['RS256', 'ES256'])(
	'%s: the key is one that the credential takes, and the JWKS is its public half',
	async (alg) => {
		const { page, asked, said } = await open();
		await openSettings(page);
		await page.getByLabel('Algorithm').selectOption(alg);
		await page.getByLabel('Key ID').fill('my key/ü');
		await make(page);
		await page.getByText('SECRET: the private key').waitFor();

		const pem = await privateKey(page);
		const key = await importPrivateKey(pem);
		const { keys } = await jwks(page);
		expect(key.algorithm).toBe(alg);
		expect(keys).toEqual([publicJwkOf(key, 'my key/ü')]);

		const claims = {
			partnerId: 'p',
			kid: 'my key/ü',
			scope: 'issue on-behalf',
			email: 'ada@example.com',
			lifetimeSeconds: 300,
		} as const;
		const { token } = await signPartnerJwt(key, claims, Date.now());
		await jwtVerify(token, createLocalJWKSet({ keys }));

		expect(await download(page, 'private.pem')).toBe(pem);
		expect(JSON.parse(await download(page, 'jwks.json'))).toEqual({ keys });
		const copies = page.locator('[data-copy]');
		for (const [index, text] of [
			pem,
			'my key/ü',
			`${JSON.stringify({ keys }, null, 2)}\n`,
		].entries()) {
			await copies.nth(index).click();
			await copies.nth(index).filter({ hasText: 'Copied' }).waitFor();
			expect(await page.evaluate('navigator.clipboard.readText()')).toBe(text);
		}
		expect(asked.filter((url) => !url.startsWith('blob:'))).toEqual([pathToFileURL(file).href]);
		expect(said).toEqual([]);
		await page.context().close();
	},
	5 * minutes,
);

test(
	'the partner ID names the key, so Key ID of the credential stays empty; the private key is copied at once',
	async () => {
		const { page } = await open();
		await page.getByLabel('Partner ID').fill(' 954fe820-050d-49fb-b22e-884922aa6cef ');
		await make(page);
		await page.getByText('stays empty: it is your partner ID').waitFor();
		expect(await page.locator('#kidShown').isVisible()).toBe(false);
		const pem = await privateKey(page);
		const key = await importPrivateKey(pem);
		expect(key.algorithm).toBe('RS256');
		expect((await jwks(page)).keys).toEqual([
			publicJwkOf(key, '954fe820-050d-49fb-b22e-884922aa6cef'),
		]);
		await page.getByRole('button', { name: 'Copied' }).waitFor();
		expect(await page.evaluate('navigator.clipboard.readText()')).toBe(pem);
		await page.context().close();
	},
	5 * minutes,
);

test(
	'without a partner ID and a Key ID it is the thumbprint; another press makes another key',
	async () => {
		const { page } = await open();
		await make(page);
		await page.getByText('SECRET: the private key').waitFor();
		const first = await importPrivateKey(await privateKey(page));
		expect((await jwks(page)).keys).toEqual([publicJwkOf(first)]);
		await make(page);
		await page.getByText('SECRET: the private key').waitFor();
		const second = await importPrivateKey(await privateKey(page));
		expect(second.thumbprint).not.toBe(first.thumbprint);
		await page.context().close();
	},
	5 * minutes,
);

test(
	'a key that is replaced stays in the JWKS beside the new one, its public members only',
	async () => {
		const { page } = await open();
		const old = { ...makeKey('ES256').jwk('old'), note: 'mine' };
		await page.getByText('replacing a key').click();
		await page.getByLabel('Your present jwks.json').fill(JSON.stringify({ keys: [old] }));
		await make(page);
		await page.getByText('SECRET: the private key').waitFor();
		const key = await importPrivateKey(await privateKey(page));
		const both = JSON.stringify(await jwks(page));
		expect(both).not.toContain('note');
		expect(await importPublicKeys(both)).toEqual([
			...(await importPublicKeys(JSON.stringify(old))),
			publicJwkOf(key),
		]);
		await page.context().close();
	},
	5 * minutes,
);

const leaking = JSON.stringify({ keys: [{ ...makeKey('ES256').jwk('old'), d: 'AA' }] });

test.each([
	['a private JWK', leaking, '', /holds a PRIVATE key/],
	['a private PEM', makeKey('ES256').pem, '', /holds a PRIVATE key/],
	['something else', 'hunter2', '', /is not a JWKS/],
	['a list', '[]', '', /is not a JWKS/],
	['keys that are none', '{"keys":["a"]}', '', /is not a JWKS/],
	[
		'the same Key ID',
		JSON.stringify({ keys: [makeKey('ES256').jwk('old')] }),
		'old',
		/has a key with this Key ID already/,
	],
])(
	'%s as the present JWKS is refused in words',
	async (_name, text, kid, words) => {
		const { page } = await open();
		await openSettings(page);
		await page.getByText('replacing a key').click();
		await page.getByLabel('Your present jwks.json').fill(text);
		await page.getByLabel('Key ID').fill(kid);
		await make(page);
		await page.getByRole('alert').getByText(words).waitFor();
		expect(await page.getByText('SECRET: the private key').isVisible()).toBe(false);
		await page.context().close();
	},
	5 * minutes,
);

test(
	'its policy lets nothing out',
	async () => {
		const { page, said } = await open();
		const failed = await page.evaluate(
			"fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)",
		);
		expect(failed).toBe('TypeError');
		expect(said.join('\n')).toMatch(/Content Security Policy/);
		await page.context().close();
	},
	5 * minutes,
);
