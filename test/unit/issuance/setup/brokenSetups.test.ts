import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import { MocaAirApi } from '../../../../credentials/MocaAirApi.credentials';
import { embeddedLedgerFile } from '../../../../issuance/session/openLedger';
import { checkSetup, type Finding } from '../../../../issuance/setup/checkSetup';
import { CHECKS } from '../../../../issuance/setup/checks';
import type { Ledger } from '../../../../ledger/Ledger';
import { openSqliteLedger } from '../../../../ledger/sqlite/openSqliteLedger';
import { PARTNER_ID, startTestAir, type TestAir } from '../../../engine/air';
import { startForeignServer, type ForeignServer } from '../../../host/httpServer';
import { trusting } from '../../../support/trusting';
import { startIssuerHost, type IssuerHost } from '../../../support/issuerHost';
import { BROKEN_SETUPS, type BrokenSetup } from './brokenSetups';

const documented = readFileSync(
	join(__dirname, '../../../../docs/internals/setup-mistakes.md'),
	'utf8',
).split('\n');

let air: TestAir;
let issuer: IssuerHost;
let distrust: () => void;
const servers: ForeignServer[] = [];

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	issuer = await startIssuerHost();
	distrust = trusting(issuer.ca);
});

beforeEach(() => {
	process.env.N8N_USER_FOLDER = mkdtempSync(join(tmpdir(), 'moca-air-setup-'));
	issuer.publish(air.key.jwk(PARTNER_ID));
});

afterEach(async () => {
	expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	air.emulator.control.reset();
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
	for (const server of servers.splice(0)) await server.close();
	rmSync(process.env.N8N_USER_FOLDER ?? '', { recursive: true, force: true });
	delete process.env.N8N_USER_FOLDER;
});

afterAll(async () => {
	distrust();
	await issuer.close();
	await air.close();
	await closeDispatchers();
});

async function serve(body: string, status = 200, headers: Record<string, string> = {}) {
	const server = await startForeignServer((_request, response) => {
		response.writeHead(status, headers).end(body);
	});
	servers.push(server);
	return `${server.url}/jwks.json`;
}

async function fill(work: (ledger: Ledger) => Promise<unknown>): Promise<void> {
	const { ledger } = await openSqliteLedger({ file: embeddedLedgerFile(process.env) });
	try {
		await work(ledger);
	} finally {
		await ledger.close();
	}
}

async function credentialOf({ arrange }: BrokenSetup): Promise<ICredentialDataDecryptedObject> {
	return { ...air.credential, ...(await arrange(air, serve, issuer, fill)) };
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;

/** The test of the credential asks nothing in anybody's name, and fetches no documents of an issuer. */
const isUnseen = (name: string) =>
	name === 'issueOnBehalf' || (name.startsWith('direct') && name !== 'directIssuer');

/** The tests' issuer has a port of its own each time. */
const withoutPort = (text: string) =>
	text.replace(/localhost(:|%3A)\d+/g, 'localhost').replace(/20\d\d-\d\d-\d\d/g, 'DATE');

/** What the Test button of the credential shows; undefined when it is green. */
async function testButton(credential: ICredentialDataDecryptedObject): Promise<string | undefined> {
	const type = new MocaAirApi();
	if (typeof type.authenticate !== 'function') throw new Error('authenticate is not a function');
	const request = structuredClone(type.test.request) as IHttpRequestOptions;
	try {
		await type.authenticate(credential, request);
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

describe.each(BROKEN_SETUPS)('$mistake', (setup) => {
	let credential: ICredentialDataDecryptedObject;
	let findings: Finding[];
	let finding: Finding | undefined;

	beforeEach(async () => {
		credential = await credentialOf(setup);
		const { ownAddress, accountAddress } = setup;
		findings = await checkSetup(credential, { ownAddress, accountAddress, documents: true });
		finding = findings.find(({ check: name }) => name === setup.check);
	});

	test('is found by the check for it, which says what to do', () => {
		expect(finding).toMatchObject({ status: setup.status });
		expect(finding?.detail).not.toBe('');
		expect(finding?.fix).toMatch(/^[A-Z].{20,}/s);
	});

	test('is the first thing to fix', () => {
		// All hosts of these tests are on loopback, where AIR could not reach them.
		const broken = findings.filter(
			({ check: name, status }) =>
				name === setup.check ||
				!(name === 'jwksPublic' || (name === 'directReachable' && status === 'warn')),
		);
		expect(broken.find(({ status }) => status === setup.status)).toEqual(finding);
	});

	test('is what the test of the credential says, if it fails and the test can see it', async () => {
		const first = findings.find(({ check: name, status }) => status === 'fail' && !isUnseen(name));
		const words = first === undefined ? undefined : `${first.detail}. ${first.fix}`;
		if (setup.status === 'fail' && !isUnseen(setup.check)) expect(first).toEqual(finding);
		expect(await testButton(credential)).toBe(words);
	});

	test('is in the documentation, in the same words', () => {
		const { check: name = '', status = '', detail = '', fix = '' } = finding ?? {};
		expect(documented).toContain(
			withoutPort(row(cell(setup.mistake), `\`${name}\``, status, cell(detail), cell(fix))),
		);
	});
});

test('there is a broken setup for every check', () => {
	const names = new Set(BROKEN_SETUPS.map(({ check: name }) => name));
	expect([...names].sort()).toEqual(Object.keys(CHECKS).sort());
});

test('the documentation lists the checks in their order, and no broken setup that is not tested', () => {
	const listed = Object.entries(CHECKS).map(([name, { label, makesSure }]) =>
		row(cell(label), `\`${name}\``, cell(makesSure)),
	);
	const from = documented.indexOf(listed[0] ?? '');
	expect(documented.slice(from, from + listed.length)).toEqual(listed);
	const setups = documented.filter((line) => /^\|.*\| `\w+` \| (warn|fail) \|/.test(line));
	expect(setups).toHaveLength(BROKEN_SETUPS.length);
});
