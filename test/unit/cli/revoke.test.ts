import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { createPublicKey } from 'node:crypto';
import { decodeJwt, jwtVerify } from 'jose';
import { importPrivateKey } from '../../../air/keys/privateKey';
import { makeKey } from '../../support/keys';
import { issuedDirectly, VCT } from '../../support/issuedDirectly';
import { cli, scratch, type Scratch } from './support';

const REALM = 'https://api.sandbox.mocachain.org/v1 partner-1';
const LIST = 'AAAAAAAAAAAAAAAA';

/** The key of the issuer. */
const { pem } = makeKey();

let at: Scratch;
beforeEach(async () => {
	at = scratch();
	const { thumbprint: keyThumbprint } = await importPrivateKey(pem);
	const own = { realm: REALM, keyThumbprint };
	await at.fill(async (ledger) => {
		await ledger.openList(REALM, { id: LIST, size: 64 });
		await issuedDirectly(ledger, 1, { list: LIST, index: 9 }, own);
		await issuedDirectly(ledger, 2, 'number', own);
		await issuedDirectly(ledger, 3, 'number', { ...own, recipient: 'bob@example.com' });
	});
});
afterEach(() => {
	at.remove();
});

const revoke = async (...argv: string[]) => await cli(['revoke', ...argv, '--file', at.file]);
const states = async () => {
	let found: Record<string, unknown> = {};
	await at.fill(async (ledger) => (found = await ledger.totals()));
	return found;
};

describe('revoke', () => {
	test.each([
		[['--external-id', 'urn:uuid:2'], 'urn:uuid:2'],
		[['--event-id', '2'], 'urn:uuid:2'],
		[['--event-id', '2', '--type', VCT], 'urn:uuid:2'],
		[['--event-id', ' 2', '--type', `${VCT} `], 'urn:uuid:2'],
		[['--number', '2'], 'urn:uuid:2'],
	])('%j', async (argv, name) => {
		const ran = await revoke(...argv, '--note', 'left');
		expect(ran).toMatchObject({
			status: 0,
			stdout: `Revoked: ${name}, ${VCT} of ada@example.com\n`,
		});
		expect(ran.stderr).toContain('revocation number');
		expect(await states()).toEqual({ revoked: 1, stored: 2 });
		expect((await revoke(...argv)).stdout).toMatch(/^Was revoked before \(20/);
	});

	test('a person and a type: all of them, and what to publish is said once', async () => {
		const ran = await revoke('--person', 'ada@example.com', '--type', VCT);
		expect(ran.stdout.split('\n')).toHaveLength(3);
		expect(ran.stderr.split('\n')).toHaveLength(3);
		expect(ran.stderr).toContain('published again');
		const none = await revoke('--person', 'ada@example.com', '--type', VCT);
		expect(none).toMatchObject({ status: 1, stdout: '' });
		expect(none.stderr).toContain('Nothing was revoked');
		expect(await states()).toEqual({ revoked: 2, stored: 1 });
	});

	test.each([
		[[], 'one of'],
		[['--number', '2', '--external-id', 'x'], 'one of'],
		[['--person', 'ada@example.com'], '--type'],
		[['--number', '4e18'], 'digits'],
	])('%j is a wrong call', async (argv, words) => {
		const ran = await revoke(...argv);
		expect(ran.status).toBe(2);
		expect(ran.stderr).toContain(words);
		expect(await states()).toEqual({ stored: 3 });
	});

	test('what is not there is an error, and no ledger is made', async () => {
		expect(await revoke('--number', '99')).toMatchObject({ status: 1, stdout: '' });
		const nowhere = join(at.folder, 'none.sqlite');
		const ran = await cli(['revoke', '--number', '1', '--file', nowhere]);
		expect(ran.stderr).toContain('There is no ledger at');
	});
});

describe('status-lists', () => {
	const write = async (...argv: string[]) => {
		const key = join(at.folder, 'private.pem');
		writeFileSync(key, pem);
		const out = join(at.folder, 'lists');
		const who = ['--issuer', 'issuer.example.com', '--partner', 'partner-1'];
		const ran = await cli([
			...['status-lists', '--key', key, '--kid', 'k1', ...who, '--out', out, '--file', at.file],
			...argv,
		]);
		return { ran, file: join(out, LIST) };
	};

	test('a signed list for each, written again after a revocation', async () => {
		const { ran, file } = await write();
		const url = `https://issuer.example.com/status-lists/${LIST}`;
		expect(ran).toMatchObject({ status: 0, stderr: '' });
		expect(ran.stdout).toContain(`at ${url}: 1 credentials, 0 revoked`);
		const before = readFileSync(file, 'utf8');
		const { payload, protectedHeader } = await jwtVerify(before, createPublicKey(pem));
		expect(protectedHeader).toMatchObject({ typ: 'statuslist+jwt' });
		expect(payload).toMatchObject({ sub: url, ttl: 3_600 });
		expect(payload.exp).toBeUndefined();
		await revoke('--number', '1');
		expect((await write()).ran.stdout).toContain('1 revoked');
		expect(decodeJwt(readFileSync(file, 'utf8')).status_list).not.toEqual(payload.status_list);
	});

	test('another key under the same Key ID overwrites none: no verifier would accept the lists', async () => {
		const { file } = await write();
		const before = readFileSync(file, 'utf8');
		const other = join(at.folder, 'other.pem');
		writeFileSync(other, makeKey().pem);
		const { ran } = await write('--key', other);
		expect(ran).toMatchObject({ status: 1, stdout: '' });
		expect(ran.stderr).toMatch(/^Valid credentials need another key under this Key ID: .*“k1”, 3 /);
		expect(readFileSync(file, 'utf8')).toBe(before);
		// A new key of its own is fine.
		expect((await write('--key', other, '--kid', 'k2')).ran.status).toBe(0);
	});

	test('--expire-days, --bare and --list-url', async () => {
		const { file } = await write(
			'--expire-days',
			'7',
			'--list-url',
			'https://lists.example.com/a/',
		);
		const payload = decodeJwt(readFileSync(file, 'utf8'));
		expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(7 * 86_400);
		expect(payload.sub).toBe(`https://lists.example.com/a/${LIST}`);
		await write('--bare');
		const bare = decodeJwt(readFileSync(file, 'utf8'));
		expect(Object.keys(bare)).toEqual(['iss', 'sub', 'iat', 'status_list']);
	});

	test('--as url: the issuer is named as in credentials that name it by its URL', async () => {
		const { file } = await write();
		expect(decodeJwt(readFileSync(file, 'utf8')).iss).toBe('did:web:issuer.example.com');
		await write('--as', 'url');
		expect(decodeJwt(readFileSync(file, 'utf8')).iss).toBe('https://issuer.example.com');
	});

	test('another realm has none, and is named: it may be the wrong environment', async () => {
		expect((await write('--air', 'production')).ran.stdout).toBe(
			'There is no status list of what partner-1 issued at https://mocachain-mainnet.api.air3.com/v1 in the ledger.\n',
		);
	});
});

describe('unpublish-key', () => {
	const unpublish = async (...argv: string[]) =>
		await cli(['unpublish-key', '--partner', 'partner-1', ...argv, '--file', at.file]);
	const givenUp = async () => {
		let found: unknown;
		await at.fill(async (ledger) => (found = await ledger.liveKeys(REALM)));
		return found;
	};

	test('a key that live credentials need is given up only with their number', async () => {
		for (const argv of [[], ['--give-up', '2']]) {
			const ran = await unpublish('--kid', 'k1', ...argv);
			expect(ran).toMatchObject({ status: 1, stdout: '' });
			expect(ran.stderr).toMatch(/key ID “k1”, 3 credentials, the last until 20\d\d-\d\d-\d\d/);
		}
		expect(await givenUp()).toMatchObject([{ unpublishedAt: null }]);
		const ran = await unpublish('--kid', 'k1', '--give-up', '3');
		expect(ran).toMatchObject({
			status: 0,
			stdout: 'Given up: 3 credentials. The key k1 may go.\n',
		});
		expect(ran.stderr).toContain('Further Public Keys');
		expect(await givenUp()).toMatchObject([{ unpublishedAt: expect.any(Number) as number }]);
	});

	test('one that nothing lives by may go', async () => {
		for (const number of ['1', '2', '3']) await revoke('--number', number);
		const ran = await unpublish('--kid', 'k1');
		expect(ran.stdout).toBe(
			'Nothing that partner-1 issued at https://api.sandbox.mocachain.org/v1 needs the key k1: it may go.\n',
		);
		expect(ran.stderr).toContain('No other key is needed there.');
		expect((await unpublish('--kid', 'k1', '--give-up', 'all')).status).toBe(2);
	});

	test('a misspelt key ID is seen before the key is removed', async () => {
		const misspelt = await unpublish('--kid', 'K1');
		expect(misspelt.stderr).toContain('Still needed there: k1.');
	});

	test('of another environment it is not said that the key may go', async () => {
		const elsewhere = await unpublish('--kid', 'k1', '--air', 'production');
		expect(elsewhere).toMatchObject({ status: 1, stdout: '' });
		expect(elsewhere.stderr).toBe(
			'Nothing that partner-1 issued directly at https://mocachain-mainnet.api.air3.com/v1 is in the ledger, so it cannot say whether the key k1 may go. Compare --partner and --air (sandbox, if not given). Nothing was changed.\n',
		);
	});
});

describe('ledger restored', () => {
	const restored = async (...argv: string[]) =>
		await cli(['ledger', 'restored', ...argv, '--file', at.file]);
	const status = async (number: string) => {
		let found: unknown;
		await at.fill(async (ledger) => (found = await ledger.numberStatus(REALM, number)));
		return found;
	};

	test('closes the lists, and says what is answered with 503', async () => {
		const ran = await restored();
		expect(ran.status).toBe(0);
		expect(ran.stdout).toContain('take nothing new any more: 1.');
		expect(ran.stderr).toContain('503 from now on: 1 status lists');
		expect(await status('2')).toBe('doubtful');
		expect((await restored('--all-known')).stderr).toBe('');
		expect(await status('2')).toBe('valid');
	});

	test('takes over what was published last', async () => {
		const key = join(at.folder, 'private.pem');
		writeFileSync(key, pem);
		await revoke('--number', '1');
		const out = join(at.folder, 'lists');
		await cli([
			...['status-lists', '--key', key, '--kid', 'k1', '--issuer', 'issuer.example.com'],
			...['--partner', 'partner-1', '--out', out, '--file', at.file],
		]);
		const ran = await restored('--published', join(out, LIST));
		expect(ran.stderr).toContain('Taken over: 1');
		expect(ran.stderr).toContain('0 status lists');
		await at.fill(async (ledger) => {
			expect(await ledger.statusList(REALM, LIST)).toMatchObject({ revoked: [9], doubtful: false });
		});
	});

	test('a list of another ledger is not said to be taken over', async () => {
		const payload = { sub: `https://a.example/${'B'.repeat(16)}`, iat: 1 };
		const bits = deflateSync(Buffer.alloc(8)).toString('base64url');
		const body = JSON.stringify({ ...payload, status_list: { bits: 1, lst: bits } });
		const token = `e30.${Buffer.from(body).toString('base64url')}.x`;
		writeFileSync(join(at.folder, 'other'), token);
		const ran = await restored('--published', join(at.folder, 'other'));
		expect(ran.stderr).toContain(`Not taken over: ${'B'.repeat(16)}.`);
		expect(ran.stderr).toContain('Taken over: 0.');
	});

	test.each([
		['no such file', 'none', /cannot be read/],
		['no list', 'page', /not a status list/],
	])('%s is refused, and nothing is changed', async (_, name, words) => {
		writeFileSync(join(at.folder, 'page'), '<html>');
		const ran = await restored('--published', join(at.folder, name));
		expect(ran.status).toBe(1);
		expect(ran.stderr).toMatch(words);
		expect(await status('2')).toBe('valid');
	});
});
