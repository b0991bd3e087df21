import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../harness/chromium';
import { packAndInstall } from '../harness/installPackage';
import type { Log } from '../harness/log';
import { N8nApi } from '../harness/n8nApi';
import { startN8n } from '../harness/n8nProcess';
import { makeKey } from '../test/support/keys';
import type { Camera } from './Camera';
import { KYC_EVENT, startDemoAir, type DemoAir } from './demoAir';
import { buildPackage } from './package';
import { runnableExample, type Credential } from './pictureWorkflows';

/** The subject of the pictures: a real n8n with the package, an emulated AIR and a browser. */
export interface PictureWorld {
	readonly api: N8nApi;
	readonly air: DemoAir;
	readonly browser: Browser;
	/** Where n8n is. */
	readonly url: string;
	/** For both ways of issuing. */
	readonly credential: Credential;
	/** For Issue on Behalf only. Its private key is not the published one. */
	readonly wrongKey: Credential;
	/** For the sandbox, which cannot be reached from here. */
	readonly sandbox: Credential;
	close(): Promise<void>;
}

/** Pictures that are taken one after the other in the same editor. */
export interface PictureGroup {
	readonly names: readonly string[];
	/** @param wanted - whether a picture is requested; others may be taken as well */
	readonly take: (
		world: PictureWorld,
		camera: Camera,
		wanted: (name: string) => boolean,
	) => Promise<void>;
}

/** Values for a sandbox form; invented, but shaped like AIR's own. */
const SANDBOX = {
	environment: 'sandbox',
	baseUrl: '',
	accountUrl: '',
	partnerId: '954fe820-050d-49fb-b22e-884922aa6cef',
	issuerDid: 'did:air:id:test:4P8bUwZ6vT2mKq1s',
	jwksUrl: 'https://issuer.example.com/.well-known/jwks.json',
	directIssuer: 'issuer.example.com',
};

async function createCredentials(api: N8nApi, working: DemoAir['credential']) {
	const create = async (name: string, fields: DemoAir['credential'] = {}): Promise<Credential> => {
		const { id } = await api.credentials.create('mocaAirApi', name, { ...working, ...fields });
		return { id, name };
	};
	const wrong = { privateKey: makeKey('ES256').pem, directIssuer: '', accountUrl: '' };
	return {
		credential: await create('Moca AIR'),
		wrongKey: await create('Moca AIR', wrong),
		sandbox: await create('Moca AIR Sandbox', SANDBOX),
	};
}

/** Builds and installs the package, and starts everything. Issues one credential, which creates the ledger. */
export async function startPictureWorld(log: Log): Promise<PictureWorld> {
	const userFolder = mkdtempSync(join(tmpdir(), 'moca-air-pictures-'));
	buildPackage();
	await packAndInstall({ userFolder, log });
	const air = await startDemoAir(300, true);
	// As for an n8n behind a proxy; the addresses in its panels are based on it.
	const env = { N8N_WEBHOOK_URL: 'https://n8n.example.com/' };
	const n8n = await startN8n({ userFolder, log, env });
	const browser = await launchChromium({ log });
	const close = async () => {
		await browser.close();
		await n8n.stop();
		await air.close();
		rmSync(userFolder, { recursive: true, force: true });
	};
	try {
		const api = await N8nApi.signIn(n8n.url);
		const owned = await createCredentials(api, air.credential);
		const first = { ...KYC_EVENT, eventId: 'kyc-review-1', email: 'lise.meitner@example.com' };
		const { id } = await api.workflows.create(runnableExample(owned.credential, first));
		await api.executions.wait(await api.workflows.run(id, { trigger: 'KYC Passed' }));
		return { api, air, browser, url: n8n.url, ...owned, close };
	} catch (error) {
		await close();
		throw error;
	}
}
