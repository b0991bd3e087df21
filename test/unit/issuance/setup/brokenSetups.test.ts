import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeDispatchers } from '../../../../air/dispatchers';
import { checkSetup, type Finding } from '../../../../issuance/checkSetup';
import { CHECKS } from '../../../../issuance/setup/checks';
import { PARTNER_ID, startTestAir, type TestAir } from '../../../engine/air';
import { startForeignServer, type ForeignServer } from '../../../host/httpServer';
import { BROKEN_SETUPS, type BrokenSetup } from './brokenSetups';

const docs = readFileSync(join(__dirname, '../../../../docs/setup-check.md'), 'utf8');
/** Prettier lines the columns up; words are what counts. */
const documented = docs.split('\n').map((line) => line.replace(/ +/g, ' '));

let air: TestAir;
const servers: ForeignServer[] = [];

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

afterEach(async () => {
	expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	air.emulator.control.reset();
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
	for (const server of servers.splice(0)) await server.close();
});

afterAll(async () => {
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

async function check({ arrange, ownAddress }: BrokenSetup): Promise<Finding[]> {
	const change = await arrange(air, serve);
	return await checkSetup({ ...air.credential, ...change }, { ownAddress });
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;

describe.each(BROKEN_SETUPS)('$mistake', (setup) => {
	let findings: Finding[];
	let finding: Finding | undefined;

	beforeEach(async () => {
		findings = await check(setup);
		finding = findings.find(({ check: name }) => name === setup.check);
	});

	test('is found by the check for it, which says what to do', () => {
		expect(finding).toMatchObject({ status: setup.status });
		expect(finding?.detail).not.toBe('');
		expect(finding?.fix).toMatch(/^[A-Z].{20,}/s);
	});

	test('is the first thing to mend', () => {
		// The JWKS of these tests is on loopback, where AIR could not reach it.
		const broken = findings.filter(({ check: name }) => name !== 'jwksPublic');
		const first =
			setup.check === 'jwksPublic' ? finding : broken.find(({ status }) => status === setup.status);
		expect(first).toEqual(finding);
	});

	test('is in the documentation, in the same words', () => {
		const { check: name = '', status = '', detail = '', fix = '' } = finding ?? {};
		expect(documented).toContain(
			row(cell(setup.mistake), `\`${name}\``, status, cell(detail), cell(fix)),
		);
	});
});

test('there is a broken set-up for every check', () => {
	const names = new Set(BROKEN_SETUPS.map(({ check: name }) => name));
	expect([...names].sort()).toEqual(Object.keys(CHECKS).sort());
});

test('the documentation lists the checks in their order, and no broken set-up that is not tested', () => {
	const listed = Object.entries(CHECKS).map(([name, { makesSure }]) =>
		row(`\`${name}\``, cell(makesSure)),
	);
	const from = documented.indexOf(listed[0] ?? '');
	expect(documented.slice(from, from + listed.length)).toEqual(listed);
	const setups = documented.filter((line) => /^\|.*\| `\w+` \| (warn|fail) \|/.test(line));
	expect(setups).toHaveLength(BROKEN_SETUPS.length);
});
