import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../../issuance/setup/checkSetup';
import { CHECKS } from '../../../issuance/setup/checks';
import { PARTNER_ID, startTestAir, type TestAir } from '../../engine/air';
import { startIssuerHost, type IssuerHost } from '../../support/issuerHost';
import { makeKey } from '../../support/keys';
import { trusting } from '../../support/trusting';
import { withList } from '../issuance/setup/brokenSetups';
import { cli, scratch } from './support';

let air: TestAir;
let folder: string;
let keyFile: string;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	folder = mkdtempSync(join(tmpdir(), 'moca-air-check-'));
	keyFile = save('private.pem', air.key.pem);
});

afterEach(() => {
	expect(air.emulator.control.counts()).toMatchObject({ issuances: 0, usersCreated: 0 });
	air.emulator.control.reset();
	air.jwks.keys = [air.key.jwk(PARTNER_ID)];
});

afterAll(async () => {
	await air.close();
	rmSync(folder, { recursive: true, force: true });
});

function save(name: string, text: string): string {
	writeFileSync(join(folder, name), text);
	return join(folder, name);
}

const check = async (...args: string[]) => await cli(['check', '--url', air.jwks.url, ...args]);
const withKey = () => ['--key', keyFile, '--kid', PARTNER_ID];
const asking = () => ['--partner', PARTNER_ID, '--air', air.emulator.baseUrl];

async function findings(...args: string[]) {
	const { status, stdout, stderr } = await check(...args, '--json');
	expect(stderr).toBe('');
	const found = JSON.parse(stdout) as Finding[];
	return { status, found, broken: found.filter((finding) => finding.status === 'fail') };
}

const ABOUT_JWKS = Object.keys(CHECKS).filter((name) => name.startsWith('jwks'));

test('a URL alone: what can be said of the JWKS; warnings are not a failure', async () => {
	const { status, found } = await findings();
	expect(status).toBe(0);
	expect(found.map(({ check: name }) => name)).toEqual(
		// Nobody said which key is one's own.
		ABOUT_JWKS.filter((name) => !['jwksKeyId', 'jwksSameKey', 'jwksKnownKeys'].includes(name)),
	);
	expect(air.emulator.control.requests()).toEqual([]);
});

test('with the key: whether it belongs to the published one', async () => {
	const { status, found } = await findings(...withKey());
	expect(status).toBe(0);
	const passed = found.filter((finding) => finding.status === 'pass');
	expect(passed.map(({ check: name }) => name)).toEqual(
		expect.arrayContaining([
			'privateKey',
			'algorithm',
			'keyId',
			'jwksKeyId',
			'jwksSameKey',
			'jwksKnownKeys',
		]),
	);
	expect(air.emulator.control.requests()).toEqual([]);
});

test('with the partner ID: whether AIR accepts a token, by asking about a hash that does not exist', async () => {
	const { status, found } = await findings('--key', keyFile, ...asking());
	expect(status).toBe(0);
	expect(found.at(-1)).toMatchObject({ check: 'airAccepts', status: 'pass' });
	expect(air.emulator.control.requests()).toMatchObject([{ operation: 'status', status: 404 }]);
});

test('lines for people: what fails, what to do, and nothing of the key', async () => {
	const { pem } = makeKey();
	const { status, stdout, stderr } = await check(
		'--key',
		save('other.pem', pem),
		'--kid',
		PARTNER_ID,
	);
	expect([status, stderr]).toEqual([1, '']);
	expect(stdout).toMatch(/^pass {2}privateKey {10}The private key can be read/m);
	expect(stdout).toMatch(
		/^fail {2}jwksSameKey .*publishes another key under the Key ID.*\n +→ Wrong key:/m,
	);
	expect(stdout).toMatch(/\n\n1 check fails, \d warnings?\. Fix the first failure/);
	expect(stdout).not.toContain(pem.split('\n')[1]);
});

test('a JWKS that publishes the private key fails, whatever else is given', async () => {
	air.jwks.keys = [
		{ ...air.key.jwk(PARTNER_ID), ...createPrivateKey(air.key.pem).export({ format: 'jwk' }) },
	];
	for (const args of [[], withKey(), ['--key', keyFile, ...asking()]]) {
		const { status, broken } = await findings(...args);
		expect([status, broken.map(({ check: name }) => name)]).toEqual([1, ['jwksPrivateMembers']]);
	}
	const { d } = createPrivateKey(air.key.pem).export({ format: 'jwk' });
	expect((await check()).stdout).not.toContain(d);
});

test.each([
	['a key that is none', () => ['--key', save('none.pem', 'hunter2'), '--kid', 'k'], 'privateKey'],
	['a public key', () => ['--key', save('pub.pem', publicPem()), '--kid', 'k'], 'privateKey'],
	['another kid', () => ['--key', keyFile, '--kid', 'another'], 'jwksKeyId'],
	[
		'a base URL that is refused',
		() => ['--key', keyFile, '--partner', PARTNER_ID, '--air', 'https://a:b@air.example'],
		'baseUrl',
	],
	[
		'an unknown partner',
		() => ['--key', keyFile, '--kid', PARTNER_ID, '--partner', 'p', '--air', air.emulator.baseUrl],
		'airAccepts',
	],
])('%s', async (_what, args, name) => {
	const { status, broken } = await findings(...args());
	expect([status, broken[0]?.check]).toEqual([1, name]);
	expect(broken[0]?.fix).not.toBe('');
});

const publicPem = () => air.key.publicKey.export({ type: 'spki', format: 'pem' }).toString();

test.each([
	['ftp://example.com/jwks.json', 'jwksUrl'],
	['http://127.0.0.1:9/jwks.json', 'jwksReachable'],
])('the URL %s', async (url) => {
	const { status, stdout } = await cli(['check', '--url', url]);
	expect(status).toBe(1);
	expect(stdout).toMatch(/^fail {2}\w+/m);
});

test.each([
	[[], /^required option '--url <URL>' not specified/],
	[['--url', 'x', '--key', 'k.pem'], /^--kid is missing/],
	[['--url', 'x', '--kid', ''], /^--kid: “” is not a key ID/],
	[['--url', 'x', '--air', 'sandbox'], /^--partner is missing/],
	[['--url', 'x', '--partner', 'p'], /^--key is missing/],
	[['--url', 'x', '--partner', ' ', '--key', 'k.pem'], /^--partner is empty/],
	[
		['--url', 'not an address'],
		/^--url: “not an address” is not a complete address such as https:/,
	],
	[
		['--url', 'https://a.example/j', '--key', 'k', '--partner', 'p', '--air', 'sandbx'],
		/^--air: “sandbx” is neither sandbox, production nor a base URL/,
	],
	[['--url', 'x', 'y'], /Expected 0 arguments but got 1: y/],
	[['--url', 'x', '--verbose'], /--verbose/],
])('called in a wrong way: %j', async (args, words) => {
	const { status, stdout, stderr } = await cli(['check', ...args]);
	expect([status, stdout]).toEqual([2, '']);
	expect(stderr).toMatch(words);
	expect(stderr).toMatch(/^[^\n]*check --help\)\n$/);
});

test('a key file that is not there: one line, and nothing is fetched', async () => {
	const { status, stdout, stderr } = await check('--key', join(folder, 'no.pem'), '--kid', 'k');
	expect([status, stdout]).toEqual([1, '']);
	expect(stderr).toMatch(/no\.pem: there is no such file\n$/);
});

test('what the host of the JWKS says is printed on one line, and steers no terminal', async () => {
	air.jwks.keys = [{ ...air.key.jwk('\u001b[2J\nfail  x'), alg: '\u001b]0;x\u0007' }];
	const { stdout } = await check(...withKey());
	expect(stdout).not.toMatch(/[\u001b\u0007]/);
	expect(stdout).not.toMatch(/^fail {2}x/m);
});

test('help', async () => {
	const { status, stdout } = await cli(['check', '--help']);
	expect(status).toBe(0);
	for (const option of ['--url', '--key', '--kid', '--partner', '--air', '--json', 'Exit status']) {
		expect(stdout).toContain(option);
	}
	expect((await cli(['--help'])).stdout).toMatch(/check .*checks a JWKS URL/);
});

describe('an issuer of direct issuance', () => {
	let issuer: IssuerHost;
	let distrust: () => void;

	beforeAll(async () => {
		issuer = await startIssuerHost();
		distrust = trusting(issuer.ca);
	});

	afterAll(async () => {
		distrust();
		await issuer.close();
	});

	const directly = async (...args: string[]) =>
		await findings(...withKey(), ...args, '--issuer', issuer.did);

	test('the checks of Check Setup except for the account host, which would make an account', async () => {
		issuer.publish({ ...air.key.jwk(PARTNER_ID) });
		const { status, found, broken } = await directly();
		expect(broken).toEqual([]);
		expect(status).toBe(0);
		const named = found.map(({ check: name }) => name).filter((name) => name.startsWith('direct'));
		const known = Object.keys(CHECKS).filter((name) => name.startsWith('direct'));
		// There are no further keys here, and no ledger.
		const leftOut = /AccountHost|FurtherKeys|List|LiveKeys/;
		expect(named).toEqual(known.filter((name) => !leftOut.test(name)));
		expect(air.emulator.control.requests()).toEqual([]);
	});

	test('a key that is not in did.json fails, in the words of the node', async () => {
		issuer.publish({ ...makeKey().jwk(PARTNER_ID) });
		const { status, broken } = await directly();
		expect(status).toBe(1);
		expect(broken.map(({ check: name }) => name)).toContain('directKey');
	});

	test('--ledger: what the ledger has is compared with what is published', async () => {
		issuer.publish({ ...air.key.jwk(PARTNER_ID) });
		const at = scratch();
		const looking = async (...args: string[]) =>
			(await directly(...asking(), ...args)).found.filter(({ check: name }) =>
				/List|LiveKeys/.test(name),
			);
		try {
			await withList(air, issuer, async (work) => {
				await at.fill(work);
			});
			const found = await looking('--ledger', at.file);
			expect(found.map(({ status }) => status)).toEqual(Array(5).fill('pass'));
			const elsewhere = `${issuer.origin}/elsewhere`;
			expect(await looking('--ledger', at.file, '--list-url', elsewhere)).toMatchObject([
				{
					check: 'directList',
					status: 'fail',
					detail: expect.stringContaining(elsewhere) as string,
				},
				{ check: 'directLiveKeys', status: 'pass' },
			]);
		} finally {
			at.remove();
		}
	});

	test.each([
		[['--ledger'], 2, '--ledger needs'],
		[['--issuer', 'localhost', '--ledger', 'nowhere.sqlite'], 1, 'There is no ledger at'],
	])('%j is refused', async (args, status, words) => {
		const ran = await check(...withKey(), ...(status === 1 ? asking() : []), ...args);
		expect(ran).toMatchObject({ status, stdout: '' });
		expect(ran.stderr).toContain(words);
	});

	test('what is not an issuer is said by the name of the option', async () => {
		const { broken } = await findings('--issuer', '127.0.0.1');
		expect(broken).toMatchObject([
			{ check: 'directIssuer', detail: expect.stringContaining('--issuer') as string },
		]);
	});
});
