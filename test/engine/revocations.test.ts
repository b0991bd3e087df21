import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { request } from 'undici';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, openLedger } from '../../issuance/session/openLedger';
import { MocaAirJwksTrigger } from '../../nodes/MocaAirJwksTrigger/MocaAirJwksTrigger.node';
import '../support/forgetLimits';
import { sdJwtVerifiers } from '../support/sdJwtVerifiers';
import { assertValid, type FetchedList } from '../support/statusVerifier';
import { KID, SCHEMA, useDirectRig } from '../unit/emulator/directSupport';
import { newSigner, PARTNER, type Signer } from '../unit/emulator/support';
import { runWorkflow } from './runWorkflow';
import { serveJwksNode, WEBHOOK_ID, type ServedJwks } from './serveJwksNode';
import { mocaAirWorkflow } from './workflows';

/** From Issue Directly over Revoke to verifiers, who fetch what Moca AIR JWKS Trigger serves. */
const rig = useDirectRig();
let folder = '';
let served: ServedJwks | undefined;
let people = 0;

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});
afterAll(async () => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
	await closeDispatchers();
});
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-revocations-'));
	process.env.N8N_USER_FOLDER = folder;
});
afterEach(async () => {
	await served?.close();
	served = undefined;
	await closeLedgers();
	delete process.env.N8N_USER_FOLDER;
	rmSync(folder, { recursive: true, force: true });
});

const PATH = '/webhook/issuer/status-list';

const credential = (changes: IDataObject = {}) => ({
	environment: 'custom',
	baseUrl: rig().emulator.baseUrl,
	accountUrl: rig().emulator.accountUrl,
	partnerId: PARTNER,
	privateKey: rig().signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
	kid: KID,
	directIssuer: rig().issuer.did,
	statusListUrl: `${rig().issuer.origin}${PATH}?id=`,
	ledger: 'embedded',
	...changes,
});

async function run(
	item: IDataObject,
	parameters: INode['parameters'],
	settings: Partial<INode> = {},
	changes: IDataObject = {},
) {
	const workflow = mocaAirWorkflow([item], { resource: 'credential', ...parameters }, settings);
	return await runWorkflow(workflow, credential(changes));
}

const text = (value: unknown) => (typeof value === 'string' ? value : 'no text');
const person = () => `revoked-${++people}@example.com`;

async function issue(
	email: string,
	options: INode['parameters'] = { revocable: 'list' },
	more = {},
) {
	const ran = await run(
		{ email },
		{
			operation: 'issueDirectly',
			recipient: email,
			credentialType: 'kyc-level',
			schemaId: SCHEMA,
			subjectMode: 'json',
			subjectJson: '{"level":2}',
			idempotency: 'off',
			ifHeld: 'another',
			options,
			...more,
		},
	);
	expect(ran.error).toBeUndefined();
	const [item = {}] = ran.json('Done');
	return item;
}

const revoke = async (parameters: INode['parameters'], settings: Partial<INode> = {}) =>
	await run({}, { operation: 'revoke', ...parameters }, settings);

const revokePerson = async (email: string) =>
	await revoke({ revokeBy: 'person', recipient: email, credentialType: 'kyc-level' });

async function serve(parameters: IDataObject = {}, changes: IDataObject = {}) {
	served = await serveJwksNode({
		credential: credential(changes),
		node: {
			parameters: {
				path: 'issuer/.well-known/jwks.json',
				revocations: true,
				...parameters,
			},
		},
	});
	return served;
}

/** As a verifier fetches an address of the issuer, which a proxy takes to n8n. */
async function fetchList(uri: string): Promise<FetchedList> {
	const url = new URL(uri);
	if (served === undefined) throw new Error('nothing is served');
	const answer = await fetch(`${served.origin}${url.pathname}${url.search}`);
	return {
		status: answer.status,
		contentType: answer.headers.get('content-type') ?? '',
		text: await answer.text(),
	};
}

const compactOf = async (email: string) =>
	(await rig().emulator.control.wallet()).find((one) => one.recipient === email)?.compact ?? '';

const textOf = async (uri: string) => (await fetchList(uri)).text;

/** What each verifier says of the credential: `valid`, or why not. */
async function verdicts(email: string, fetched = fetchList): Promise<Record<string, string>> {
	const compact = await compactOf(email);
	const key = createPublicKey(rig().signer.privateKey);
	const said = async (verify: () => Promise<unknown>) =>
		await verify().then(
			() => 'valid',
			(error: unknown) => (error instanceof Error ? error.message : String(error)),
		);
	const library = sdJwtVerifiers['@sd-jwt/sd-jwt-vc'];
	const other = sdJwtVerifiers['@meeco/sd-jwt'];
	return {
		library: await said(
			async () => await library?.(compact, key, async (uri) => (await fetched(uri)).text),
		),
		second: await said(async () => {
			const payload = (await other?.(compact, key)) ?? {};
			const keys = { [`${rig().issuer.did}#${KID}`]: key.export({ format: 'jwk' }) };
			await assertValid(payload, fetched, keys, Math.floor(Date.now() / 1000));
		}),
	};
}

describe('verifiers', () => {
	test('a valid credential is accepted by both, and refused by both after Revoke', async () => {
		await serve();
		const [ada, bob] = [person(), person()];
		await issue(ada);
		await issue(bob);
		expect(await verdicts(ada)).toEqual({ library: 'valid', second: 'valid' });
		const ran = await revokePerson(ada);
		expect(ran.json('Done')).toMatchObject([{ outcome: 'revoked', email: ada }]);
		expect(await verdicts(ada)).toEqual({
			library: expect.stringMatching(/status/i) as string,
			second: 'it is revoked',
		});
		expect(await verdicts(bob)).toEqual({ library: 'valid', second: 'valid' });
	});

	test('a list with unknown status: both refuse', async () => {
		await serve();
		const ada = person();
		await issue(ada);
		const opened = await openLedger({ store: 'embedded' });
		await opened?.ledger.restored([], false);
		const said = await verdicts(ada);
		expect(said.second).toBe('the list answers 503');
		expect(said.library).not.toBe('valid');
	});

	test('reissued: the old one is refused and the new one accepted', async () => {
		await serve();
		const ada = person();
		await issue(ada);
		const old = await compactOf(ada);
		const item = await issue(ada, { revocable: 'list' }, { ifHeld: 'reissue' });
		expect(item).toMatchObject({ outcome: 'reissued' });
		const key = createPublicKey(rig().signer.privateKey);
		const library = sdJwtVerifiers['@sd-jwt/sd-jwt-vc'];
		await expect(library?.(old, key, textOf)).rejects.toThrow(/status/i);
		const all = await rig().emulator.control.wallet();
		const newest = all.find(({ externalId }) => externalId === item.externalId)?.compact ?? '';
		await expect(library?.(newest, key, textOf)).resolves.toBeDefined();
	});
});

describe('from a host of files', () => {
	/** What Get Public Documents gives is uploaded: by address, as it is to be served. */
	async function publish(options: INode['parameters'] = {}) {
		const parameters = { resource: 'setup', operation: 'getPublicDocuments', options };
		const ran = await run({}, parameters);
		expect(ran.error).toBeUndefined();
		const files = ran.items('Done').map(({ json, binary }) => {
			const data = Buffer.from(binary?.data?.data ?? '', 'base64').toString();
			return [text(json.url), { type: text(json.mediaType), data }] as const;
		});
		const hosted = new Map(files);
		return async (uri: string): Promise<FetchedList> => {
			const file = hosted.get(uri);
			const found = { status: 200, contentType: file?.type ?? '', text: file?.data ?? '' };
			return await Promise.resolve(file === undefined ? { ...found, status: 404 } : found);
		};
	}

	const valid = { library: 'valid', second: 'valid' };

	test('both verifiers take a list as it was published last', async () => {
		const [ada, bob] = [person(), person()];
		await issue(ada);
		await issue(bob);
		const before = await publish();
		expect(await verdicts(ada, before)).toEqual(valid);
		await revokePerson(ada);
		// Nobody knows of it before it is published again.
		expect(await verdicts(ada, before)).toEqual(valid);
		const after = await publish();
		expect((await verdicts(ada, after)).second).toBe('it is revoked');
		expect((await verdicts(ada, after)).library).toMatch(/status/i);
		expect(await verdicts(bob, after)).toEqual(valid);
	});

	test('it never expires, unless Lists Expire After Days says so', async () => {
		await issue(person());
		const lived = async (options: INode['parameters']) => {
			const fetched = await publish(options);
			const { url } = (await lists())[0] ?? { url: '' };
			const { exp, iat = 0, ttl } = decodeJwt((await fetched(url)).text);
			return [ttl, exp === undefined ? undefined : exp - iat];
		};
		expect(await lived({})).toEqual([3_600, undefined]);
		expect(await lived({ listsExpireAfterDays: 2 })).toEqual([3_600, 2 * 86_400]);
		expect(await lived({ bareStatusList: true })).toEqual([undefined, undefined]);
	});

	const lists = async () => {
		const wallet = await rig().emulator.control.wallet();
		return wallet.flatMap(({ claims }) => {
			const reference = claims?.status as { status_list: { uri: string } } | undefined;
			return reference === undefined ? [] : [{ url: reference.status_list.uri }];
		});
	};
});

describe('serving', () => {
	const listUrl = async (email = person()) => {
		await issue(email);
		const { control } = rig().emulator;
		const claims = (await control.wallet()).find((one) => one.recipient === email)?.claims;
		const reference = claims?.status as { status_list: { uri: string; idx: number } };
		return reference.status_list.uri;
	};
	const path = (uri: string) =>
		`${served?.origin ?? ''}${new URL(uri).pathname}${new URL(uri).search}`;

	test('the type, how long to keep it, an ETag of the content; HEAD and 304', async () => {
		await serve();
		const uri = await listUrl();
		const answer = await fetch(path(uri));
		expect(answer.headers.get('content-type')).toBe('application/statuslist+jwt');
		expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
		expect(answer.headers.get('access-control-allow-origin')).toBe('*');
		const etag = answer.headers.get('etag') ?? '';
		// Not by fetch(), which adds `no-cache` to it.
		const known = await request(path(uri), { headers: { 'if-none-match': etag } });
		expect(known.statusCode).toBe(304);
		await known.body.dump();
		const head = await fetch(path(uri), { method: 'HEAD' });
		expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
		expect(await (await fetch(path(uri))).text()).toBe(await answer.text());
	});

	test('signed once for each change', async () => {
		await serve();
		const ada = person();
		const uri = await listUrl(ada);
		const tokens = new Set<string>();
		const fetchAll = async () => {
			for (let i = 0; i < 5; i++) tokens.add(await textOf(uri));
		};
		await fetchAll();
		expect(tokens.size).toBe(1);
		await revokePerson(ada);
		await fetchAll();
		expect(tokens.size).toBe(2);
	});

	test('Cache For longer than an hour is an hour for lists', async () => {
		await serve({ options: { cacheSeconds: 86_400 } });
		const answer = await fetch(path(await listUrl()));
		expect(answer.headers.get('cache-control')).toBe('public, max-age=3600');
	});

	test('Bare Status List: as AIR’s documents have it', async () => {
		await serve({ options: { bareStatusList: true } });
		const [, body = ''] = (await textOf(await listUrl())).split('.');
		const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
		expect(Object.keys(payload)).toEqual(['iss', 'sub', 'iat', 'status_list']);
	});

	test.each(['', '?id=', '?id=AAAAAAAAAAAAAAA', '?id=../../etc/passwd', '?id=a&id=b'])(
		'%s is not a list: 404',
		async (query) => {
			await serve();
			await listUrl();
			const answer = await fetch(`${served?.origin ?? ''}${PATH}${query}`);
			expect(answer.status).toBe(404);
			expect(answer.headers.get('content-type')).toBe('application/json');
		},
	);

	test('a list that this ledger does not know may be one of a ledger that was lost: 503', async () => {
		await serve();
		await listUrl();
		const answer = await fetch(`${served?.origin ?? ''}${PATH}?id=AAAAAAAAAAAAAAAA`);
		expect(answer.status).toBe(503);
		expect(answer.headers.get('retry-after')).toBe('60');
	});

	test('a number: revoked or not, and 404 for one that is unknown', async () => {
		await serve();
		const ada = person();
		const { revocationNumber } = await issue(ada, {});
		const ask = async (number: string) => {
			const base = `${served?.origin ?? ''}/webhook/${WEBHOOK_ID}/issuer/revocation-status`;
			const answer = await fetch(`${base}/${number}`);
			return [answer.status, await answer.json()];
		};
		expect(await ask(text(revocationNumber))).toEqual([200, { isRevoked: false }]);
		await revokePerson(ada);
		expect(await ask(text(revocationNumber))).toEqual([200, { isRevoked: true }]);
		for (const number of ['1', 'x', '%20', '-1']) {
			expect((await ask(number))[0]).toBe(404);
		}
	});

	test('off: 404 and never HTML', async () => {
		await serve({ revocations: false });
		for (const one of [PATH, `/webhook/${WEBHOOK_ID}/issuer/revocation-status/1`]) {
			const answer = await fetch(`${served?.origin ?? ''}${one}`);
			expect([answer.status, answer.headers.get('content-type')]).toEqual([
				404,
				'application/json',
			]);
		}
	});

	test('a ledger that fails, or is off: 503, and the reason is in the log only', async () => {
		const { log } = await serve({}, { ledger: 'off' });
		const answer = await fetch(`${served?.origin ?? ''}${PATH}?id=AAAAAAAAAAAAAAAA`);
		expect(answer.status).toBe(503);
		expect(await answer.text()).not.toContain('ledger');
		expect(JSON.stringify(log)).toContain('AIR_LEDGER_OFF');
	});

	test('a key that AIR has accepted serves on while AIR cannot be reached', async () => {
		await serve();
		const uri = await listUrl();
		rig().emulator.control.injectFault({
			kind: 'answer',
			operation: 'any',
			status: 500,
			times: 99,
		});
		expect((await fetchList(uri)).status).toBe(200);
		rig().emulator.control.clearFaults();
	});

	test('the addresses are shown, whole, while it is on', () => {
		const { webhooks = [] } = new MocaAirJwksTrigger().description;
		const shown = webhooks.filter(({ name }) => ['statusList', 'revocation'].includes(name));
		expect(
			shown.map(({ path: one, isFullPath, ndvHideUrl }) => [one, isFullPath, ndvHideUrl]),
		).toEqual([
			[expect.stringContaining('/status-list'), true, '={{ !$parameter["revocations"] }}'],
			[
				expect.stringContaining('/revocation-status/:number'),
				true,
				'={{ !$parameter["revocations"] }}',
			],
		]);
	});

	test('publishing is refused if nobody could learn about a revocation', async () => {
		const withoutLedger = await serve({}, { ledger: 'off' });
		await expect(withoutLedger.create()).rejects.toThrow(/ledger is off/);
		await withoutLedger.close();
		const withoutIssuer = await serve({}, { directIssuer: '' });
		await expect(withoutIssuer.create()).rejects.toThrow(/not set up/);
	});
});

describe('Revoke', () => {
	test.each([
		['externalId', 'externalId', 'externalId'],
		['number', 'revocationNumber', 'revocationNumber'],
	])('by %s', async (revokeBy, field, parameter) => {
		const item = await issue(person(), {});
		const ran = await revoke({ revokeBy, [parameter]: text(item[field]), note: 'test' });
		expect(ran.json('Done')).toMatchObject([
			{ outcome: 'revoked', revocationNumber: item.revocationNumber },
		]);
	});

	test('by event', async () => {
		const ada = person();
		await issue(ada, {}, { idempotency: 'event', eventId: 'evt_1' });
		const ran = await revoke({ revokeBy: 'event', eventId: 'evt_1' });
		expect(ran.json('Done')).toMatchObject([{ outcome: 'revoked', email: ada }]);
	});

	test('nobody holds one: the item says so; an ID that names nothing is an error', async () => {
		await issue(person());
		const none = await revokePerson('nobody@example.com');
		expect(none.json('Done')).toMatchObject([{ outcome: 'nothingToRevoke' }]);
		const ran = await revoke({ revokeBy: 'externalId', externalId: 'urn:uuid:none' });
		expect(ran.error?.message).toContain('knows no such credential');
	});

	test('a number that has lost digits is refused', async () => {
		const ran = await revoke({
			revokeBy: 'number',
			revocationNumber: '={{ 4882047529106284031 }}',
		});
		expect(ran.error?.message).toContain('Revocation Number');
	});

	test('agents do not revoke', async () => {
		const email = person();
		await issue(email);
		const tool = { type: 'n8n-nodes-moca-air.mocaAirTool' };
		const parameters = { revokeBy: 'person', recipient: email, credentialType: 'kyc-level' };
		const ran = await revoke(parameters, tool);
		expect(ran.error?.message ?? JSON.stringify(ran.json('Done'))).toMatch(/agent/i);
		expect((await revokePerson(email)).json('Done')).toMatchObject([{ outcome: 'revoked' }]);
	});

	test('Revoke First: says that it was reissued', async () => {
		const ada = person();
		await issue(ada);
		const item = await issue(ada, { revocable: 'list', revokeFirst: true }, { ifHeld: 'reissue' });
		expect(item).toMatchObject({ outcome: 'reissued' });
	});
});

describe('a change of the key', () => {
	const pemOf = ({ privateKey }: Signer) =>
		privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
	const setup = async (parameters: INode['parameters'], changes: IDataObject) =>
		await run({}, { resource: 'setup', ...parameters }, {}, changes);
	const documents = async (changes: IDataObject) =>
		await setup({ operation: 'getPublicDocuments' }, changes);
	const unpublish = async (givenUp: number, changes: IDataObject) =>
		await setup({ operation: 'unpublishKey', kid: KID, givenUp }, changes);

	test('the old key stays in the documents, or its credentials are given up by their number', async () => {
		const [ada, next] = [person(), newSigner()];
		await issue(ada);
		rig().publish(rig().signer, next);
		const rotated = { privateKey: pemOf(next), kid: 'key-2' };
		const old = JSON.stringify({ ...rig().signer.publicJwk, kid: KID });

		// The next documents would end the credential.
		const lacking = await documents(rotated);
		expect(lacking.error?.message).toContain('key ID “key-1”, 1 credential, the last until 20');
		const both = await documents({ ...rotated, furtherPublicJwks: old });
		expect(both.error).toBeUndefined();
		expect(both.json('Done').map(({ fileName }) => fileName)).toEqual(
			expect.arrayContaining(['did.json', expect.stringMatching(/^[\w-]{16}$/)]),
		);

		expect((await unpublish(0, rotated)).error?.message).toContain('1 credential,');
		expect((await unpublish(2, rotated)).error?.message).toContain('1 credential,');
		expect((await unpublish(1, rotated)).json('Done')).toEqual([
			{ keyId: KID, mayGo: true, credentialsGivenUp: 1, stillNeeded: [] },
		]);
		expect((await documents(rotated)).error).toBeUndefined();
	});

	test('a key that AIR does not know yet makes no documents that lack the old one either', async () => {
		const [ada, next] = [person(), newSigner()];
		await issue(ada);
		// The JWKS that AIR fetches is still the old one: the documents are made to change that.
		const swapped = { privateKey: pemOf(next), kid: 'key-2' };
		const lacking = await documents(swapped);
		expect(lacking.error?.message).toContain('key ID “key-1”');
		// Who is not known at AIR learns nothing from the ledger but what did.json shows.
		expect(lacking.error?.message).not.toMatch(/credential,|until/);

		const old = JSON.stringify({ ...rig().signer.publicJwk, kid: KID });
		const both = await documents({ ...swapped, furtherPublicJwks: old });
		expect(both.error).toBeUndefined();
		expect(both.json('Done').map(({ fileName }) => fileName)).toEqual([
			'jwks.json',
			'did.json',
			'jwt-vc-issuer.json',
			'air-partner-info.json',
		]);
	});

	test('another private key under the same Key ID makes no documents, and is told to take another ID', async () => {
		const next = newSigner();
		await issue(person());
		rig().publish(next);
		const lacking = await documents({ privateKey: pemOf(next) });
		expect(lacking.error?.message).toContain('another key under this Key ID');
		expect(lacking.error?.description).toContain('Give the new key a Key ID of its own');
	});

	test('of a misspelt key ID the item shows which keys are needed', async () => {
		await issue(person());
		const misspelt = { operation: 'unpublishKey', kid: KID.toUpperCase(), givenUp: 0 };
		expect((await setup(misspelt, {})).json('Done')).toEqual([
			{ keyId: KID.toUpperCase(), mayGo: true, credentialsGivenUp: 0, stillNeeded: [KID] },
		]);
	});

	test('where the ledger cannot be read, a hint says that keys may be lacking', async () => {
		const unreachable = { ledger: 'postgres', ledgerSecret: 'postgresql://air@127.0.0.1:1/air' };
		const ran = await documents(unreachable);
		const [{ hints = [] } = {}] = ran.run.data.resultData.runData.Auth ?? [];
		expect(ran.json('Done').length).toBe(4);
		expect(hints.map(({ message }) => message).join()).toMatch(
			/lists are left out, and nobody knows whether valid credentials need a key/,
		);
	});

	test('a key that nothing lives by may go; agents let none go', async () => {
		const ada = person();
		await issue(ada);
		await revokePerson(ada);
		expect((await unpublish(0, {})).json('Done')).toMatchObject([{ credentialsGivenUp: 0 }]);
		const tool = { type: 'n8n-nodes-moca-air.mocaAirTool' };
		const parameters = { resource: 'setup', operation: 'unpublishKey', kid: KID, givenUp: 0 };
		const ran = await run({}, parameters, tool);
		expect(ran.error?.message ?? JSON.stringify(ran.json('Done'))).toMatch(/agent/i);
	});

	test('the list is signed by the new key, and a verifier takes what the old one has signed', async () => {
		const [ada, next] = [person(), newSigner()];
		await issue(ada);
		await serve({}, {});
		const compact = await compactOf(ada);
		const published = Object.fromEntries(
			[rig().signer, next].map(({ privateKey }, index) => [
				`${rig().issuer.did}#key-${index + 1}`,
				createPublicKey(privateKey).export({ format: 'jwk' }),
			]),
		);
		const kids = new Set<unknown>();
		const check = async () => {
			const key = createPublicKey(rig().signer.privateKey);
			const payload = (await sdJwtVerifiers['@meeco/sd-jwt']?.(compact, key)) ?? {};
			const fetched = async (uri: string) => {
				const list = await fetchList(uri);
				kids.add(decodeProtectedHeader(list.text).kid);
				return list;
			};
			await assertValid(payload, fetched, published, Math.floor(Date.now() / 1000));
		};
		await check();
		rig().publish(rig().signer, next);
		if (served !== undefined) {
			served.credential = credential({ privateKey: pemOf(next), kid: 'key-2' });
		}
		await check();
		await revokePerson(ada);
		await expect(check()).rejects.toThrow('it is revoked');
		expect([...kids]).toEqual(Object.keys(published));
	});
});
