import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import { issuerDocuments } from '../../../../air/direct/issuerDocuments';
import {
	signStatusList,
	STATUS_LIST_TYPE,
	type StatusListInput,
} from '../../../../air/direct/statusList';
import { webIssuer } from '../../../../air/direct/webIssuer';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { importPrivateKey } from '../../../../air/keys/privateKey';
import { publicJwkOf, type PublicJwk } from '../../../../air/keys/PublicJwk';
import { embeddedLedgerFile } from '../../../../issuance/session/openLedger';
import { checkSetup, type Finding } from '../../../../issuance/setup/checkSetup';
import type { CheckOptions } from '../../../../issuance/setup/gatherFacts';
import { setupProblem } from '../../../../issuance/setup/setupProblem';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { PARTNER_ID, startTestAir, type TestAir } from '../../../engine/air';
import { makeKey, type TestKey } from '../../../support/keys';
import { trusting } from '../../../support/trusting';
import { startIssuerHost, type IssuerHost } from '../../../support/issuerHost';
import { LIST, oldKey, withList } from './brokenSetups';

/** What an issuer publishes, fetched over HTTPS as verifiers do. */
let air: TestAir;
let host: IssuerHost;
let distrust: () => void;

const DID = '/.well-known/did.json';
const VC_ISSUER = '/.well-known/jwt-vc-issuer';

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	host = await startIssuerHost();
	distrust = trusting(host.ca);
});

const publicJwk = async ({ pem }: TestKey, kid: string) =>
	publicJwkOf(await importPrivateKey(pem), kid);

/** Publishes the documents that the package makes. */
function publish(...keys: PublicJwk[]) {
	const { did, vcIssuer } = issuerDocuments(webIssuer(host.did), PARTNER_ID, keys);
	host.pages.set(DID, { type: did.contentType, body: structuredClone(did.content) });
	host.pages.set(VC_ISSUER, {
		type: vcIssuer.contentType,
		body: structuredClone(vcIssuer.content),
	});
}

beforeEach(async () => {
	publish(await publicJwk(air.key, PARTNER_ID));
});

afterEach(() => {
	air.emulator.control.reset();
});

afterAll(async () => {
	distrust();
	await host.close();
	await air.close();
	await closeDispatchers();
});

const check = async (
	change: ICredentialDataDecryptedObject = {},
	options: CheckOptions = { documents: true },
) => {
	const direct = { directIssuer: host.did, accountUrl: air.emulator.accountUrl, issuerDid: '' };
	return await checkSetup({ ...air.credential, ...direct, ...change }, options);
};

const realm = () => `${air.emulator.baseUrl} ${PARTNER_ID}`;

const found = (findings: readonly Finding[], name: string) =>
	findings.find(({ check: own }) => own === name);

/** What is said of direct issuance, by check. */
const said = (findings: readonly Finding[]) =>
	Object.fromEntries(
		findings
			.filter(({ check: name }) => name.startsWith('direct'))
			.map(({ check: name, status }) => [name, status]),
	);

/** The issuer of these tests is on loopback, and nobody's account is looked up. */
const GOOD = {
	directIssuer: 'pass',
	directReachable: 'warn',
	directType: 'pass',
	directDid: 'pass',
	directPrivateMembers: 'pass',
	directKey: 'pass',
	directVcIssuer: 'pass',
	directAccountHost: 'warn',
};

describe('good', () => {
	test('each check is one finding; what is on loopback is said, and Issue on Behalf is not missed', async () => {
		const findings = await check();
		expect(said(findings)).toEqual(GOOD);
		expect(found(findings, 'directReachable')?.code).toBe('AIR_DID_PRIVATE');
		expect(found(findings, 'directAccountHost')?.code).toBe('AIR_ACCOUNT_NOT_CHECKED');
		expect(found(findings, 'issueOnBehalf')).toBeUndefined();
	});

	test('the key is proven where AIR has no Issue on Behalf, and nothing is stored', async () => {
		air.emulator.control.injectFault({
			...{ kind: 'answer', operation: 'status', status: 404, times: null },
			body: { type: 'text', text: 'no such endpoint' },
		} as const);
		const findings = await check();
		expect(found(findings, 'airAccepts')).toMatchObject({ status: 'pass' });
		expect(found(findings, 'clock')).toMatchObject({ status: 'pass' });
		expect(setupProblem(findings)).toBeUndefined();
		expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
		expect(found(await check({ privateKey: makeKey().pem }), 'airAccepts')).toMatchObject({
			status: 'fail',
		});
	});

	test('anyone who uses both ways is told that Issue on Behalf was not checked', async () => {
		const findings = await check({ issuerDid: 'did:air:id:test:engine' });
		expect(found(findings, 'issueOnBehalf')?.code).toBe('AIR_FEATURE_NOT_CHECKED');
	});

	test('during a change of the key both are there', async () => {
		const next = makeKey('RS256');
		publish(await publicJwk(air.key, PARTNER_ID), await publicJwk(next, 'next'));
		const furtherPublicJwks = JSON.stringify(next.jwk('next'));
		const findings = await check({ furtherPublicJwks });
		expect(said(findings)).toEqual({ ...GOOD, directFurtherKeys: 'pass' });
	});

	test('the documents are fetched only when that is asked for, as the credential’s test does not', async () => {
		host.pages.clear();
		const findings = await check({}, {});
		expect(said(findings)).toEqual({ directIssuer: 'pass', directAccountHost: 'warn' });
		expect(setupProblem(findings)).toBeUndefined();
	});
});

describe('status list and keys', () => {
	const names = ['directList', 'directListType', 'directListSigned', 'directListPlaces'];
	const all = (status: string) => Object.fromEntries(names.map((name) => [name, status]));
	const about = (findings: readonly Finding[]) =>
		Object.fromEntries(
			findings
				.filter(({ check: name }) => [...names, 'directLiveKeys'].includes(name))
				.map(({ check: name, status }) => [name, status]),
		);
	const file = () => embeddedLedgerFile(process.env);
	const fill = async (work: (ledger: Ledger) => Promise<unknown>) => {
		const { ledger } = await openSqliteLedger({ file: file() });
		await work(ledger);
		await ledger.close();
	};

	beforeEach(() => {
		process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'moca-air-setup-'));
	});
	afterEach(() => {
		rmSync(process.env.N8N_USER_FOLDER ?? '', { recursive: true, force: true });
		delete process.env.N8N_USER_FOLDER;
	});

	test('as the package publishes them', async () => {
		const findings = await check(await withList(air, host, fill));
		expect(about(findings)).toEqual({ ...all('pass'), directLiveKeys: 'pass' });
		expect(found(findings, 'directList')?.detail).toContain('The status list can be fetched');
	});

	test('there is no ledger: nothing is said, and none is made', async () => {
		expect(about(await check({ ledger: 'embedded' }))).toEqual({});
		expect(existsSync(file())).toBe(false);
	});

	test('a ledger without a list: nothing is said of lists', async () => {
		await fill(async (ledger) => await ledger.totals());
		expect(about(await check({ ledger: 'embedded' }))).toEqual({});
	});

	test('a ledger that cannot be read is said', async () => {
		mkdirSync(dirname(file()), { recursive: true });
		writeFileSync(file(), 'no ledger at all'.repeat(100));
		const findings = await check({ ledger: 'embedded' });
		expect(about(findings)).toEqual({ directList: 'warn' });
		expect(found(findings, 'directList')?.code).toMatch(/^AIR_LEDGER_/);
	});

	test('a key that AIR does not accept sees nothing of the ledger', async () => {
		const credential = await withList(air, host, fill);
		expect(about(await check({ ...credential, privateKey: makeKey().pem }))).toEqual({});
	});

	test('the credential’s test does not look into the ledger', async () => {
		const credential = await withList(air, host, fill);
		expect(about(await check(credential, {}))).toEqual({});
	});

	test('a list that says that it is another one, or has expired', async () => {
		const credential = await withList(air, host, fill);
		const path = `/status-lists/${LIST}`;
		const list: StatusListInput = {
			...{ issuer: webIssuer(host.did), issuerAs: 'did' as const, kid: PARTNER_ID },
			...{ size: 64, revoked: [] },
			...{ key: await importPrivateKey(air.key.pem), uri: `${host.origin}${path}` },
		};
		const publish = async (changes: Partial<StatusListInput>, at = Date.now()) => {
			host.pages.set(path, {
				...{ type: STATUS_LIST_TYPE, body: await signStatusList({ ...list, ...changes }, at) },
			});
			return found(await check(credential), 'directListSigned');
		};
		expect(await publish({})).toMatchObject({ status: 'pass' });
		expect((await publish({ uri: 'https://x.example/a' }))?.detail).toContain('x.example');
		const old = await publish({ lifetimeSeconds: 3_600 }, Date.now() - 2 * 3_600_000);
		expect(old).toMatchObject({ status: 'fail', code: 'AIR_STATUS_LIST_INVALID' });
		expect(old?.detail).toContain('it has expired');
	});

	test('after a change of the key the old one is published, or given up', async () => {
		const old = await oldKey(air, fill);
		publish(await publicJwk(air.key, PARTNER_ID));
		const credential = { ledger: 'embedded' };
		expect(about(await check(credential))).toEqual({ directLiveKeys: 'fail' });
		host.publish(air.key.jwk(PARTNER_ID), old);
		const further = { ...credential, furtherPublicJwks: JSON.stringify(old) };
		expect(about(await check(further))).toEqual({ directLiveKeys: 'pass' });
		// There, but not for what an issuer signs.
		const body = host.pages.get(DID)?.body as Record<string, unknown>;
		body.assertionMethod = [`${host.did}#${PARTNER_ID}`];
		expect(about(await check(further))).toEqual({ directLiveKeys: 'fail' });
		publish(await publicJwk(air.key, PARTNER_ID));
		await fill(async (ledger) => {
			await ledger.unpublishKey({ realm: realm(), kid: 'old', givenUp: 1 });
		});
		expect(about(await check(credential))).toEqual({ directLiveKeys: 'pass' });
	});
});

describe('broken', () => {
	const page = (path: string) => {
		const found = host.pages.get(path);
		if (found === undefined) throw new Error('no page');
		return found as { body: Record<string, unknown>; type: string };
	};
	const methods = () => page(DID).body.verificationMethod as Record<string, unknown>[];
	const privateJwk = () => createPrivateKey(makeKey().pem).export({ format: 'jwk' });

	test.each<[string, () => unknown, string, string, RegExp]>([
		[
			'there is no did.json',
			() => host.pages.delete(DID),
			'directReachable',
			'fail',
			/did\.json at https:\/\/localhost:\d+\/\.well-known\/did\.json: it answers HTTP 404/,
		],
		[
			'did.json is a page',
			() => host.pages.set(DID, { type: 'text/html', body: '<html></html>' }),
			'directDid',
			'fail',
			/it does not answer JSON/,
		],
		[
			'did.json is another document',
			() => host.pages.set(DID, { type: 'application/json', body: { keys: [] } }),
			'directDid',
			'fail',
			/it does not answer a DID document/,
		],
		['octets', () => (page(DID).type = 'application/octet-stream'), 'directType', 'fail', /octet/],
		['a page’s type', () => (page(DID).type = 'text/html'), 'directType', 'fail', /text\/html/],
		['plain JSON', () => (page(DID).type = 'application/json'), 'directType', 'warn', /json/],
		[
			'another DID',
			() => (page(DID).body.id = 'did:web:other.example'),
			'directDid',
			'fail',
			/it says “did:web:other\.example”/,
		],
		[
			'no key',
			() => (page(DID).body.verificationMethod = []),
			'directKey',
			'fail',
			/no entry with the id “did:web:localhost%3A\d+#engine-partner”/,
		],
		[
			'a relative ID, which resolvers do not put together',
			() => Object.assign(methods()[0] ?? {}, { id: `#${PARTNER_ID}` }),
			'directKey',
			'fail',
			/no entry/,
		],
		[
			'another key under the ID',
			() => Object.assign(methods()[0] ?? {}, { publicKeyJwk: makeKey().jwk(PARTNER_ID) }),
			'directKey',
			'fail',
			/is another key/,
		],
		[
			'a key in another form',
			() => Object.assign(methods()[0] ?? {}, { publicKeyJwk: undefined }),
			'directKey',
			'fail',
			/has no publicKeyJwk/,
		],
		[
			'not for assertions',
			() => (page(DID).body.assertionMethod = []),
			'directKey',
			'fail',
			/not listed under assertionMethod/,
		],
		[
			'a private key under a name of its own',
			() => Object.assign(methods()[0] ?? {}, { privateKeyJwk: privateJwk() }),
			'directPrivateMembers',
			'fail',
			/PRIVATE key: did\.json has the members d/,
		],
		[
			'a private key in jwt-vc-issuer',
			() => Object.assign(page(VC_ISSUER).body, { jwks: { keys: [privateJwk()] } }),
			'directPrivateMembers',
			'fail',
			/PRIVATE key: jwt-vc-issuer has the members d/,
		],
	])('%s', async (_what, breakIt, name, status, words) => {
		breakIt();
		const finding = found(await check(), name);
		expect(finding).toMatchObject({
			status,
			detail: expect.stringMatching(words) as string,
			fix: expect.stringMatching(/^[A-Z].{40,}/s) as string,
		});
	});

	test('a change of keys whose old key is not published', async () => {
		const furtherPublicJwks = JSON.stringify(makeKey().jwk('old'));
		expect(found(await check({ furtherPublicJwks }), 'directFurtherKeys')).toMatchObject({
			status: 'warn',
			detail: expect.stringMatching(/no entry with the id “.*#old”/) as string,
		});
	});

	test('a host that does not answer', async () => {
		const findings = await check({ directIssuer: 'did:web:localhost%3A1' });
		expect(found(findings, 'directReachable')).toMatchObject({
			status: 'fail',
			detail: expect.stringMatching(/did\.json at .*: the connection was refused/) as string,
		});
		expect(Object.keys(said(findings))).toEqual([
			...['directIssuer', 'directReachable', 'directVcIssuer', 'directAccountHost'],
		]);
	});

	test('a private host where none is allowed is not asked', async () => {
		delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
		const findings = await check();
		process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
		expect(found(findings, 'directReachable')).toMatchObject({
			status: 'fail',
			code: 'AIR_DID_PRIVATE',
		});
		expect(found(findings, 'directDid')).toBeUndefined();
	});

	test('an invalid issuer: nothing is fetched', async () => {
		expect(said(await check({ directIssuer: 'http://a.example' }))).toEqual({
			directIssuer: 'fail',
			directAccountHost: 'warn',
		});
	});

	test.each<[string, () => unknown, RegExp]>([
		['is missing', () => host.pages.delete(VC_ISSUER), /jwt-vc-issuer: it answers HTTP 404/],
		[
			'names another issuer',
			() => (page(VC_ISSUER).body.issuer = 'https://other.example'),
			/it says “https:\/\/other\.example”, and not https:\/\/localhost/,
		],
		[
			'has another key',
			() => (page(VC_ISSUER).body.jwks = { keys: [makeKey().jwk(PARTNER_ID)] }),
			/does not have the key of the credential as “engine-partner”/,
		],
		['has no keys', () => delete page(VC_ISSUER).body.jwks, /an issuer with its keys/],
	])(
		'jwt-vc-issuer %s: fails only where credentials name the https issuer',
		async (_what, breakIt, words) => {
			breakIt();
			const detail = expect.stringMatching(words) as string;
			expect(found(await check(), 'directVcIssuer')).toMatchObject({ status: 'warn', detail });
			const asUrl = await check({ directIssuerAs: 'url' });
			expect(found(asUrl, 'directVcIssuer')).toMatchObject({ status: 'fail', detail });
		},
	);
});

describe('the account host', () => {
	const OWN = 'me@example.com';
	const ask = async (accountAddress: unknown, change: ICredentialDataDecryptedObject = {}) =>
		found(await check(change, { accountAddress }), 'directAccountHost');
	const asked = () => air.emulator.control.counts().byOperation.account;

	test('is asked only for an address that was given', async () => {
		await check();
		expect(asked()).toBe(0);
		expect(await ask(OWN)).toMatchObject({ status: 'pass' });
		expect(asked()).toBe(1);
		expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 1 });
		await ask(OWN);
		expect(asked()).toBe(2);
	});

	test.each([[''], ['me'], [null]])('%j is not an address: nothing is asked', async (address) => {
		expect(await ask(address)).toMatchObject({ status: 'fail', code: 'AIR_ADDRESS_INVALID' });
		expect(asked()).toBe(0);
	});

	test('something else answers', async () => {
		expect(await ask(OWN, { accountUrl: new URL(air.jwks.url).origin })).toMatchObject({
			status: 'fail',
			fix: expect.stringMatching(/Account URL/) as string,
		});
	});

	test('AIR refuses the key', async () => {
		expect(await ask(OWN, { privateKey: makeKey().pem })).toMatchObject({ status: 'fail' });
	});
});
