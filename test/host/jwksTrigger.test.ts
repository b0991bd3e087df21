import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Browser } from 'playwright-core';
import { request } from 'undici';
import { AirClient } from '../../air/AirClient';
import { closeDispatchers } from '../../air/http/dispatchers';
import { readSettings } from '../../issuance/settings/settings';
import { PARTNER_ID } from '../../scripts/demoAir';
import { resolveDid, resolveInBrowser, verifyByDid } from '../support/didResolution';
import { startHttpsFront, type HttpsFront } from '../support/httpsFront';
import { makeKey, type TestKey } from '../support/keys';
import { trusting } from '../support/trusting';
import { launchChromium } from '../../harness/chromium';
import { poll } from '../../harness/poll';
import { jsonOf } from '../../harness/runData';
import { documentedWait } from './jwks/documentedWait';
import {
	CREDENTIAL,
	inRow,
	items,
	node,
	start,
	startHost,
	type Host,
	type Json,
	type Node,
} from './workflows';

/** A real n8n serves the JWKS of its own credential; the emulated AIR verifies with it. */
let host: Host;
let url: string;
let credentialId: string;
/** Of the workflow that serves. */
let servingId: string;

jest.setTimeout(240_000);

const WELL_KNOWN = `${PARTNER_ID}/.well-known/jwks.json`;

const jwksNode = (parameters: Json = {}, credentials = host.credentials) =>
	node(
		'JWKS',
		'n8n-nodes-moca-air.mocaAirJwksTrigger',
		{ path: WELL_KNOWN, ...parameters },
		{ credentials, webhookId: randomUUID() },
	);

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	host = await startHost();
	credentialId = host.credentials[CREDENTIAL]?.id ?? '';
	url = `${host.n8n.url}/webhook/${WELL_KNOWN}`;
	servingId = (await host.api.workflows.create(inRow(jwksNode()))).id;
	await host.api.workflows.activate(servingId);
}, 900_000);

beforeEach(() => {
	const { control } = host.air.emulator;
	control.reset();
	const [partner] = control.overview().partners;
	if (partner === undefined) throw new Error('no partner');
	const { partnerId, programs } = partner;
	control.registerPartner({ partnerId, programs, jwksUrl: url });
});

afterAll(async () => {
	await host.close();
	await closeDispatchers();
}, 60_000);

const control = () => host.air.emulator.control;

const keyIds = async () => {
	const { keys } = (await (await fetch(url)).json()) as { keys: { kid: string }[] };
	return keys.map(({ kid }) => kid);
};

const directly: Json = {
	resource: 'credential',
	operation: 'issueDirectly',
	recipient: '={{ $json.email }}',
	credentialType: 'https://example.com/types/kyc',
	schemaId: '01KSTQK70XGFBT558HRHFB',
	subjectMode: 'json',
	subjectJson: '{ "level": "basic" }',
};

async function issue(email: string) {
	const { status } = await host.run(inRow(start(), items([{ email }]), host.issueNode()));
	return status;
}

describe('what is served', () => {
	test('GET, HEAD and 304, as the node wrote it', async () => {
		const get = await fetch(url);
		expect(get.status).toBe(200);
		expect(get.headers.get('content-type')).toBe('application/json');
		expect(get.headers.get('cache-control')).toBe('public, max-age=300');
		const text = await get.text();
		const { keys } = JSON.parse(text) as { keys: Json[] };
		expect(keys).toMatchObject([{ kid: PARTNER_ID, alg: 'ES256', use: 'sig' }]);

		const head = await fetch(url, { method: 'HEAD' });
		expect([head.status, await head.text()]).toEqual([200, '']);
		expect(head.headers.get('content-length')).toBe(String(text.length));
		const etag = get.headers.get('etag') ?? '';
		expect(head.headers.get('etag')).toBe(etag);
		for (const method of ['GET', 'HEAD'] as const) {
			const known = await request(url, { method, headers: { 'if-none-match': etag } });
			expect([known.statusCode, await known.body.text()]).toEqual([304, '']);
		}
		expect((await fetch(url, { method: 'POST' })).status).toBe(404);
	});

	test('nothing private in any answer, and nothing of the credential', async () => {
		const secret = String(host.air.credential.privateKey).split('\n')[1] ?? '';
		for (const method of ['GET', 'HEAD', 'POST', 'OPTIONS']) {
			const answer = await fetch(url, { method });
			const shown = `${await answer.text()}\n${JSON.stringify([...answer.headers])}`;
			for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) {
				expect([method, member, shown.includes(`"${member}"`)]).toEqual([method, member, false]);
			}
			expect(shown).not.toContain(secret);
		}
	});

	test('jose’s remote JWKS client verifies our Partner JWT with it', async () => {
		const { identity } = await readSettings(host.air.credential);
		const token = await new AirClient(identity).token('ada@example.com');
		const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(url)));
		expect(payload).toMatchObject({ partnerId: PARTNER_ID, email: 'ada@example.com' });
	});

	test('AIR fetches it, accepts our tokens, and Issue on Behalf succeeds; no fetch is an execution', async () => {
		expect(await issue('ada@example.com')).toBe('success');
		const { issuances, jwksFetches, jwksFetchFailures, jwksWithPrivateMembers } =
			control().counts();
		expect({ issuances, jwksFetchFailures, jwksWithPrivateMembers }).toEqual({
			issuances: 1,
			jwksFetchFailures: 0,
			jwksWithPrivateMembers: 0,
		});
		expect(jwksFetches).toBeGreaterThan(0);
		expect(await host.api.executions.list({ workflowId: servingId })).toEqual([]);
	});
});

/** Of another credential, so that the address of this n8n, which is http, does not matter. */
async function serveIssuer(path: string, parameters: Json, directIssuer = 'issuer.example.com') {
	const { accountUrl } = host.air.emulator;
	const data = { ...host.air.credential, directIssuer, accountUrl };
	const { id, name } = await host.api.credentials.create(CREDENTIAL, 'issuer', data);
	const credentials = { [CREDENTIAL]: { id, name } };
	const serving = jwksNode({ path: `${path}/.well-known/jwks.json`, ...parameters }, credentials);
	const workflow = await host.api.workflows.create(inRow(serving));
	await host.api.workflows.activate(workflow.id);
	const base = `${host.n8n.url}/webhook/${path}`;
	const { webhookId }: Json = serving;
	return {
		did: `${base}/did.json`,
		partnerInfo: `${base}/air-partner-info`,
		jwks: `${base}/.well-known/jwks.json`,
		revocation: `${host.n8n.url}/webhook/${String(webhookId)}/${path}/revocation-status`,
		credentials,
	};
}

describe('the documents of an issuer', () => {
	test('did.json and air-partner-info are beside the JWKS, with their types, for any browser', async () => {
		const { did, partnerInfo } = await serveIssuer('issuer', { issuerDocuments: true });
		const DID = 'did:web:issuer.example.com';
		const headers = { origin: 'https://verifier.example' };
		const get = await fetch(did, { headers });
		expect(get.status).toBe(200);
		expect(get.headers.get('content-type')).toBe('application/did+ld+json');
		expect(get.headers.get('access-control-allow-origin')).toBe('*');
		expect(await get.json()).toMatchObject({
			id: DID,
			assertionMethod: [`${DID}#${PARTNER_ID}`],
		});
		const head = await fetch(did, { method: 'HEAD', headers });
		expect([head.status, await head.text()]).toEqual([200, '']);
		expect(head.headers.get('content-type')).toBe('application/did+ld+json');
		const etag = get.headers.get('etag') ?? '';
		const known = await request(did, { headers: { 'if-none-match': etag } });
		expect(known.statusCode).toBe(304);
		await known.body.dump();
		const preflight = await fetch(did, {
			method: 'OPTIONS',
			headers: { ...headers, 'access-control-request-method': 'GET' },
		});
		expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
			204,
			headers.origin,
		]);
		const partner = await fetch(partnerInfo);
		expect(partner.headers.get('content-type')).toBe('application/json');
		expect(await partner.json()).toEqual({ partnerId: PARTNER_ID });
	});

	test('the address of revocation numbers is each workflow’s own, and ours answers there', async () => {
		for (const path of ['numbers-1', 'numbers/2']) {
			const { revocation } = await serveIssuer(path, { issuerDocuments: true });
			const answer = await fetch(`${revocation}/1`);
			const text = await answer.text();
			expect([answer.status, answer.headers.get('content-type')]).toEqual([
				404,
				'application/json',
			]);
			expect(text).not.toContain('not registered');
		}
	});

	test('switched off, their addresses answer 404 as JSON', async () => {
		const { did, partnerInfo } = await serveIssuer('no-issuer', {});
		for (const address of [did, partnerInfo]) {
			const answer = await fetch(address);
			expect([answer.status, answer.headers.get('content-type')]).toEqual([
				404,
				'application/json',
			]);
		}
	});
});

describe('behind an https proxy, for tools of others', () => {
	let front: HttpsFront;
	let browser: Browser;
	let distrust: () => void;

	beforeAll(async () => {
		front = await startHttpsFront();
		distrust = trusting(front.ca);
		browser = await launchChromium({ log: (line) => process.stderr.write(`${line}\n`) });
	}, 900_000);

	afterAll(async () => {
		await browser.close();
		distrust();
		await front.close();
	}, 60_000);

	const expectResolved = async (did: string) => {
		const expected = { id: did, assertionMethod: [`${did}#${PARTNER_ID}`] };
		expect(await resolveDid(did)).toMatchObject(expected);
		expect(await resolveInBrowser(browser, did)).toMatchObject(expected);
	};

	test('a DID with a path resolves, and one of the root where the proxy leads from there', async () => {
		const did = `${front.did}:webhook:with-path`;
		await serveIssuer('with-path', { issuerDocuments: true }, did);
		front.lead((path) => `${host.n8n.url}${path}`);
		await expectResolved(did);

		await serveIssuer('for-root', { issuerDocuments: true }, front.did);
		front.lead((path) => `${host.n8n.url}${path.replace('/.well-known/', '/webhook/for-root/')}`);
		await expectResolved(front.did);
	});

	test('a rotation as the docs say: what the old key signed verifies for as long as it is published', async () => {
		const did = `${front.did}:webhook:rotated`;
		front.lead((path) => `${host.n8n.url}${path}`);
		const { credentials, jwks } = await serveIssuer('rotated', { issuerDocuments: true }, did);
		const [partner] = control().overview().partners;
		control().registerPartner({
			partnerId: PARTNER_ID,
			programs: partner?.programs ?? [],
			jwksUrl: jwks,
		});
		const save = async (fields: Record<string, string>) => {
			await host.api.credentials.update(credentials[CREDENTIAL].id, fields);
		};
		const issueTo = async (email: string) => {
			const issuing = node('Issue', 'n8n-nodes-moca-air.mocaAir', directly, { credentials });
			const { status } = await host.run(inRow(start(), items([{ email }]), issuing));
			expect(status).toBe('success');
			const [{ compact = '' } = {}] = await control().wallet(email);
			return compact;
		};
		const before = await issueTo('before@example.com');
		expect(await verifyByDid(before)).toMatchObject({ iss: did, level: 'basic' });

		const fresh = makeKey('RS256');
		const old = JSON.stringify({ keys: [host.air.key.jwk(PARTNER_ID)] });
		await save({ furtherPublicJwks: JSON.stringify({ keys: [fresh.jwk('2026-11')] }) });
		expect(await verifyByDid(before)).toMatchObject({ iss: did });
		await save({ privateKey: fresh.pem, kid: '2026-11', furtherPublicJwks: old });
		const after = await issueTo('after@example.com');
		expect(decodeProtectedHeader(after).kid).toBe(`${did}#2026-11`);
		expect(await verifyByDid(before)).toMatchObject({ iss: did });
		expect(await verifyByDid(after)).toMatchObject({ iss: did, level: 'basic' });

		await save({ furtherPublicJwks: '' });
		expect(await verifyByDid(after)).toMatchObject({ iss: did });
		await expect(verifyByDid(before)).rejects.toThrow('its key is not published');
	});
});

describe('executions', () => {
	test('a test event ends by itself, and says where to register what', async () => {
		await host.api.workflows.listen(servingId, { trigger: 'JWKS' });
		const answer = await host.api.webhook(WELL_KNOWN, { method: 'GET', test: true });
		expect(answer.json()).toMatchObject({ keys: [{ kid: PARTNER_ID }] });
		const [execution] = await host.api.executions.waitForCount(servingId, 1);
		expect(execution?.status).toBe('success');
		expect(jsonOf(execution?.data ?? fail(), 'JWKS')).toMatchObject([
			{
				method: 'GET',
				statusCode: 200,
				keyIds: [PARTNER_ID],
				url,
				warning: expect.stringMatching(/^AIR cannot fetch this address: /) as string,
			},
		]);
	});

	test('Start Executions: one for each fetch, with the client', async () => {
		const path = 'seen/jwks.json';
		const { id } = await host.api.workflows.create(
			inRow(jwksNode({ path, options: { startExecutions: true, cacheSeconds: 0 } })),
		);
		await host.api.workflows.activate(id);
		const answer = await host.api.webhook(path, {
			method: 'GET',
			headers: { 'user-agent': 'AIR/1.0', authorization: 'Bearer of-nobody' },
		});
		expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
		const [execution] = await host.api.executions.waitForCount(id, 1);
		expect(jsonOf(execution?.data ?? fail(), 'JWKS')).toMatchObject([
			{ method: 'GET', userAgent: 'AIR/1.0', statusCode: 200 },
		]);
		expect(JSON.stringify(execution)).not.toContain('of-nobody');
	});

	test('a credential that breaks: a failed execution says why, and the client learns nothing', async () => {
		await host.api.credentials.update(credentialId, { furtherPublicJwks: makeKey().pem });
		try {
			const answer = await fetch(url);
			expect(answer.status).toBe(500);
			expect(await answer.text()).not.toMatch(/PRIVATE|Further/);
			const failed = await poll('a failed execution', 60_000, async () => {
				const filter = { workflowId: servingId, status: ['error'] };
				const [newest] = await host.api.executions.list(filter);
				return newest === undefined ? undefined : await host.api.executions.get(newest.id);
			});
			expect(failed.data.resultData.error).toMatchObject({
				message: expect.stringMatching(/PRIVATE key.*Further Public Keys/) as string,
				description: expect.stringMatching(/Remove it/) as string,
			});
		} finally {
			await host.api.credentials.update(credentialId, { furtherPublicJwks: '' });
		}
		expect((await fetch(url)).status).toBe(200);
	});
});

const fail = (): never => {
	throw new Error('no execution');
};

describe('what is not published, with its reason', () => {
	/** n8n's reason, whether it refuses at once or tells later. */
	async function refusal(serving: Node): Promise<string> {
		const { id } = await host.api.workflows.create(inRow(serving));
		try {
			const { status, triggers } = await host.api.workflows.tryActivate(id);
			expect(status).not.toBe('published');
			return triggers.map(({ errorMessage }) => errorMessage ?? '').join();
		} catch (error) {
			return String(error);
		}
	}

	const other = async (changes: Json) => {
		const data = { ...host.air.credential, ...changes } as Record<string, string | number>;
		const { id, name } = await host.api.credentials.create(CREDENTIAL, 'other', data);
		return { [CREDENTIAL]: { id, name } };
	};

	test('a path that another workflow has', async () => {
		expect(await refusal(jwksNode())).toMatch(/conflict with one of the webhooks|already taken/);
	});

	/** At once, because n8n tries each for a while before it gives up. */
	test('keys that must not be published, another partner, no path', async () => {
		const credentials = await other({ furtherPublicJwks: makeKey().pem });
		const refusals = await Promise.all([
			refusal(jwksNode({ path: 'b/jwks.json' }, credentials)),
			refusal(jwksNode({ path: `${randomUUID()}/jwks.json` })),
			refusal(jwksNode({ path: 'a b/jwks.json' })),
		]);
		expect(refusals).toEqual([
			expect.stringMatching(/PRIVATE key.*Further Public Keys/),
			expect.stringMatching(/different partner IDs/),
			expect.stringMatching(/path of the JWKS/),
		]);
	});
});

const waitMs = documentedWait('jwks-trigger.md');

describe('changing the key', () => {
	let current: { key: TestKey; kid: string };
	let changes = 0;

	/** The workflow is not touched: it reads the credential for each fetch. */
	beforeEach(async () => {
		current = { key: makeKey(), kid: `key-${++changes}` };
		await save(current, '');
	});

	afterAll(async () => {
		const { privateKey = '' } = host.air.credential;
		await host.api.credentials.update(credentialId, {
			privateKey,
			kid: '',
			furtherPublicJwks: '',
		});
	});

	const save = async ({ key, kid }: { key: TestKey; kid: string }, furtherPublicJwks: string) => {
		await host.api.credentials.update(credentialId, {
			privateKey: key.pem,
			kid,
			furtherPublicJwks,
		});
	};

	const wait = () => {
		control().setTime({ advanceMs: waitMs });
	};

	const refused = () => control().counts().byStatus[401] ?? 0;

	/** The new public key as people have it: a PEM, whose kid is then its thumbprint. */
	async function next() {
		const key = makeKey('RS256');
		const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
		return { key, pem, kid: await calculateJwkThumbprint(key.publicKey.export({ format: 'jwk' })) };
	}

	const caches = [0, 60, 3600].flatMap((seconds) => [
		[seconds, true] as const,
		[seconds, false] as const,
	]);

	test.each(caches)(
		'as the docs say, under load: no 401 (AIR caches for %d s, fetches an unknown kid again: %s)',
		async (jwksCacheSeconds, refetchOnUnknownKid) => {
			control().setSettings({ jwksCacheSeconds, refetchOnUnknownKid });
			const path = `load-${changes}`;
			const { id } = await host.api.workflows.create(
				inRow(
					node(
						'Webhook',
						'n8n-nodes-base.webhook',
						{ path, httpMethod: 'POST', responseMode: 'lastNode' },
						{ typeVersion: 2, webhookId: randomUUID() },
					),
					host.issueNode({}, { recipient: '={{ $json.body.email }}' }),
				),
			);
			await host.api.workflows.activate(id);
			let stop = false;
			const issued = [0, 0, 0];
			const load = issued.map(async (_none, lane) => {
				for (let index = 0; !stop; index++) {
					const body = { email: `p${changes}-${lane}-${index}@example.com` };
					const { status } = await host.api.webhook(path, { body });
					expect(status).toBe(200);
					issued[lane] = index + 1;
				}
			});
			/** A step is over when everything that began before it has ended, and something after it. */
			const more = async () => {
				const enough = issued.map((count) => count + 2);
				while (issued.some((count, lane) => count < (enough[lane] ?? 0))) {
					await Promise.race([...load, new Promise((resolve) => setTimeout(resolve, 50))]);
				}
			};
			try {
				const before = current;
				const after = await next();
				await more();
				await save(before, after.pem);
				expect(await keyIds()).toEqual([before.kid, after.kid]);
				await more();
				wait();
				await more();
				await save(after, JSON.stringify(before.key.jwk(before.kid)));
				await more();
				wait();
				await save(after, '');
				expect(await keyIds()).toEqual([after.kid]);
				await more();
			} finally {
				stop = true;
				await Promise.allSettled(load);
			}
			await Promise.all(load);
			await host.api.workflows.deactivate(id);
			expect(refused()).toBe(0);
			expect(control().counts().issuances).toBe(issued.reduce((sum, count) => sum + count));
		},
	);

	test.each(caches)(
		'without waiting (AIR caches for %d s, fetches an unknown kid again: %s)',
		async (jwksCacheSeconds, refetchOnUnknownKid) => {
			control().setSettings({ jwksCacheSeconds, refetchOnUnknownKid });
			expect(await issue('before@example.com')).toBe('success');
			const after = await next();
			await save(current, after.pem);
			await save(after, JSON.stringify(current.key.jwk(current.kid)));
			const fails = jwksCacheSeconds > 0 && !refetchOnUnknownKid;
			expect(await issue('after@example.com')).toBe(fails ? 'error' : 'success');
			expect(refused() > 0).toBe(fails);
			wait();
			expect(await issue('later@example.com')).toBe('success');
		},
	);

	test('an old key that is taken away too soon is refused, while its tokens still live', async () => {
		const { identity } = await readSettings({
			...host.air.credential,
			privateKey: current.key.pem,
			kid: current.kid,
		});
		const client = new AirClient(identity);
		const unknown = async () =>
			await client.getStatus('ada@example.com', '0'.repeat(64)).catch((error: unknown) => error);
		expect(await unknown()).toMatchObject({ code: 'AIR_HASH_NOT_FOUND' });
		const after = await next();
		await save(after, '');
		expect(await unknown()).toMatchObject({ httpStatus: 401 });
	});
});

describe('an editor who serves a key of their own on the path', () => {
	let theirs: string | undefined;

	/** What n8n gives to the first to publish, once the workflow that serves is taken away. */
	async function takePath(keys: unknown[]): Promise<void> {
		await host.api.workflows.deactivate(servingId);
		const { id } = await host.api.workflows.create(
			inRow(
				node(
					'Theirs',
					'n8n-nodes-base.webhook',
					{ path: WELL_KNOWN, httpMethod: 'GET', responseMode: 'responseNode' },
					{ typeVersion: 2, webhookId: randomUUID() },
				),
				node(
					'Answer',
					'n8n-nodes-base.respondToWebhook',
					{ respondWith: 'json', responseBody: `=${JSON.stringify({ keys })}` },
					{ typeVersion: 1.1 },
				),
			),
		);
		theirs = id;
		await host.api.workflows.activate(id);
		await host.api.webhook(WELL_KNOWN, { method: 'GET' });
	}

	afterEach(async () => {
		if (theirs !== undefined) await host.api.workflows.delete(theirs);
		theirs = undefined;
		await host.api.workflows.activate(servingId);
		await host.api.webhook(WELL_KNOWN, { method: 'GET' });
	});

	async function findings() {
		const { data, status } = await host.run(
			inRow(
				start(),
				node(
					'Check',
					'n8n-nodes-moca-air.mocaAir',
					{ operation: 'checkSetup' },
					{ credentials: host.credentials },
				),
			),
		);
		expect(status).toBe('success');
		return jsonOf(data, 'Check');
	}

	beforeAll(async () => {
		await host.api.credentials.update(credentialId, { jwksUrl: url });
	});

	afterAll(async () => {
		const { jwksUrl = '' } = host.air.credential;
		await host.api.credentials.update(credentialId, { jwksUrl });
	});

	test('nobody: nothing fails', async () => {
		expect((await findings()).filter(({ status }) => status === 'fail')).toEqual([]);
	});

	test('instead of ours: Check Setup fails, and so does the credential’s test, in the same words', async () => {
		await takePath([makeKey().jwk(PARTNER_ID)]);
		const [, first] = (await findings()).filter(({ status }) => status === 'fail');
		expect(first).toMatchObject({
			check: 'Published key',
			detail: expect.stringMatching(/^Your JWKS publishes another key under the Key ID/) as string,
		});
		const { status, message } = await host.api.credentials.test(credentialId);
		expect(status).toBe('Error');
		expect(message).toContain(String(first?.detail));
		expect(message).toContain(String(first?.fix));
	});

	test('beside ours, so that all goes on as before: Check Setup names it', async () => {
		const { keys } = (await (await fetch(url)).json()) as { keys: unknown[] };
		await takePath([...keys, makeKey().jwk('theirs')]);
		const found = await findings();
		expect(found.find(({ check }) => check === 'AIR accepts the key')).toMatchObject({
			status: 'pass',
		});
		expect(found.find(({ check }) => check === 'Other published keys')).toMatchObject({
			status: 'warn',
			detail: expect.stringMatching(/a key that this credential does not know: “theirs”/) as string,
			fix: expect.stringMatching(/remove it from the JWKS/) as string,
		});
	});
});

test('after a restart n8n serves it again, without anybody', async () => {
	await host.n8n.restart();
	const answer = await host.api.webhook(WELL_KNOWN, { method: 'GET' });
	expect(answer.status).toBe(200);
});

test('n8n logged that AIR cannot fetch an address on loopback, and no key', () => {
	const logged = host.n8n.logs.join('\n');
	expect(logged).toMatch(/JWKS: AIR cannot fetch the JWKS at http:/);
	expect(logged).not.toMatch(/PRIVATE KEY-|eyJ[\w-]+\.[\w-]+\.[\w-]+/);
});
