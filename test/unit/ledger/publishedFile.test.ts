import { appendFile, copyFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Ledger, Revocable, SealedCredential, SettleAs } from '../../../ledger/Ledger';
import { markerOf } from '../../../ledger/sqlite/ledgerFile';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { PublishedFile, revokedFileOf } from '../../../ledger/sqlite/PublishedFile';
import { answer, DAY, REALM, request } from './contract/requests';

/** What was published as revoked lies beside the embedded ledger, and no backup takes it back. */
let folder: string;
let file: string;
let ledger: Ledger;
const others: Ledger[] = [];

const open = async () => (await openSqliteLedger({ file })).ledger;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'moca-air-published-'));
	file = join(folder, 'ledger.sqlite');
	ledger = await open();
	await ledger.openList(REALM, { id: 'list-1', size: 64 });
});
afterEach(async () => {
	await Promise.all(
		[ledger, ...others.splice(0)].map(async (one) => {
			await one.close();
		}),
	);
	await rm(folder, { recursive: true, force: true });
});

const sealedAs = (number: number): SealedCredential => ({
	externalId: `urn:uuid:${number}`,
	body: '{}',
	revocationNumber: String(number),
	expiresAt: Date.now() + 9 * DAY,
	issuer: 'did:web:example.com',
	kid: 'k1',
	publicJwk: '{}',
	holderDid: 'did:air:id:test:ada',
	holderKey: '302a',
});

async function issue(number: number, revocable: Revocable, on = ledger): Promise<void> {
	const key = { idempotencyKey: `event:${number}`, recipient: `p${number}@example.com` };
	const begun = await on.beginDirect(
		{ ...request({ ...key, rememberMs: null }), ifHeld: 'another' },
		{
			sealed: sealedAs(number),
			outlives: true,
			revocable,
			instead: null,
		},
	);
	if (begun.outcome !== 'started') throw new Error(begun.outcome);
	await on.answered(begun, answer(`dstorage://vc/${number}`, { nextCheckMs: null }));
}

const revoke = async (number: number, on = ledger) => {
	const by = { instance: '', workflowId: '', executionId: '' };
	const target = { number: String(number) };
	expect(await on.revoke({ realm: REALM, target, by, note: null })).toMatchObject({
		outcome: 'revoked',
	});
};

const status = async (number: number) => await ledger.numberStatus(REALM, String(number));
const bits = async () => (await ledger.statusList(REALM, 'list-1'))?.revoked;
const place = (index: number) => ({ list: 'list-1', index });

/** As `ledger.sqlite` is copied and put back, and nothing else. */
async function putBackAfter(since: () => Promise<void>): Promise<void> {
	const backup = join(folder, 'backup.sqlite');
	const other = new DatabaseSync(file, { readOnly: true });
	other.exec(`VACUUM INTO '${backup}'`);
	other.close();
	await since();
	await ledger.close();
	for (const beside of ['-wal', '-shm']) await rm(`${file}${beside}`, { force: true });
	await copyFile(backup, file);
	ledger = await open();
}

test('a ledger that is put back, and nobody says so: what was revoked since stays revoked', async () => {
	await issue(1, place(1));
	await issue(2, 'number');
	await putBackAfter(async () => {
		await revoke(1);
		await revoke(2);
	});
	expect(await bits()).toEqual([1]);
	expect([await status(1), await status(2)]).toEqual(['revoked', 'revoked']);
});

test('after ledger restored: who held what was revoked since holds none', async () => {
	await issue(1, place(1));
	await issue(2, 'number');
	await putBackAfter(async () => {
		await revoke(1);
	});
	const states = async () =>
		(await ledger.list({ limit: 9, sort: 'oldest' })).map(({ state }) => state);
	expect(await states()).toEqual(['stored', 'stored']);
	await ledger.restored([], true);
	expect(await states()).toEqual(['revoked', 'stored']);
	expect(await status(2)).toBe('valid');
});

test('what was issued and revoked since the backup: its place is still revoked', async () => {
	await putBackAfter(async () => {
		await issue(1, place(9));
		await revoke(1);
	});
	expect(await bits()).toEqual([9]);
	expect(await status(1)).toBe('revoked');
});

test('an emptied ledger: the list is served with what was revoked, and nothing is put into it', async () => {
	await issue(1, place(1));
	await issue(2, place(2));
	await revoke(1);
	await bits();
	await ledger.close();
	for (const gone of [file, `${file}-wal`, `${file}-shm`, markerOf(file)]) {
		await rm(gone, { force: true });
	}
	ledger = await open();
	expect(await ledger.statusList(REALM, 'list-1')).toMatchObject({
		size: 64,
		revoked: [1],
		doubtful: false,
	});
	expect(await status(1)).toBe('revoked');
	// Nobody knows of this one: anyone who asks is told so, and never that it is valid.
	expect(await status(2)).toBeUndefined();
	expect(await ledger.freePlace(REALM, [5])).toBeUndefined();
	expect(await ledger.statusList('https://air.example other', 'list-1')).toBeUndefined();
	expect(await ledger.statusList(REALM, 'list-2')).toBeUndefined();
});

test('a reissue is kept as well, and so is one that revokes first', async () => {
	await issue(1, place(1));
	const lines = async () => (await readFile(revokedFileOf(file), 'utf8')).split('\n');
	const sealed = { externalId: 'urn:uuid:5', body: '{}', revocationNumber: '5' };
	await ledger.beginDirect(
		{
			...request({ recipient: 'p1@example.com', idempotencyKey: 'event:5' }),
			ifHeld: 'reissue',
			revokeFirst: true,
		},
		{
			sealed: {
				...sealed,
				...{ expiresAt: Date.now() + DAY, issuer: 'x', kid: 'k', publicJwk: '{}' },
				...{ holderDid: 'd', holderKey: 'k' },
			},
			outlives: true,
			revocable: 'number',
			instead: null,
		},
	);
	expect(await lines()).toEqual(expect.arrayContaining([expect.stringContaining('"number":"1"')]));
});

/** A reissue of what the first person holds, that AIR did not answer clearly. */
const reissueUnknown = async (revokeFirst: boolean, instead: string | null) => {
	const begun = await ledger.beginDirect(
		{
			...request({
				...{ recipient: 'p1@example.com', idempotencyKey: 'event:5' },
				...{ rememberMs: null, repeatUnknown: true },
			}),
			...{ ifHeld: 'reissue', revokeFirst },
		},
		{ sealed: sealedAs(5), outlives: true, revocable: 'number', instead },
	);
	if (begun.outcome !== 'started') throw new Error(begun.outcome);
	await ledger.failed(begun, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
	return begun.issuanceId;
};

const settle = async (issuanceId: number, as: SettleAs) => {
	const by = { instance: '', workflowId: '', executionId: '' };
	const seen = { state: 'unknown', attempt: 1 } as const;
	const request = { realm: REALM, issuanceId, seen, as, by, note: 'looked' };
	expect(await ledger.settle(request)).toMatchObject({ outcome: 'settled' });
};

/** As another process reads it. */
const isNoted = async (number: number) =>
	await new PublishedFile(revokedFileOf(file), true).isRevoked(REALM, String(number));

test('what a reissue replaces when somebody settles it as issued is kept as well', async () => {
	await issue(1, 'number');
	const id = await reissueUnknown(false, null);
	await settle(id, { outcome: 'issued', coreClaimHash: null, userUuid: null });
	expect(await status(1)).toBe('revoked');
	expect(await isNoted(1)).toBe(true);
});

test('the same bytes sent again with Revoke First: what they replace is kept as well', async () => {
	await issue(1, 'number');
	await reissueUnknown(false, null);
	await reissueUnknown(true, sealedAs(5).externalId);
	expect(await status(1)).toBe('revoked');
	expect(await isNoted(1)).toBe(true);
});

test('the number of what was settled as not issued is kept when it is sealed again', async () => {
	const id = await reissueUnknown(false, null);
	await settle(id, { outcome: 'not-issued' });
	const asked = request({ recipient: 'p1@example.com', idempotencyKey: 'event:5' });
	await ledger.beginDirect(
		{ ...asked, ifHeld: 'another' },
		{ sealed: sealedAs(6), outlives: true, revocable: 'number', instead: null },
	);
	expect(await status(5)).toBe('revoked');
	expect(await isNoted(5)).toBe(true);
});

test('what a published list tells after a restore is kept as well', async () => {
	await issue(1, place(1));
	await ledger.restored([{ id: 'list-1', revoked: [1] }], false);
	expect(await status(1)).toBe('revoked');
	expect(await isNoted(1)).toBe(true);
});

test('a process that was killed before it kept a number: it is kept before anybody is told', async () => {
	await issue(1, 'number');
	await revoke(1);
	await rm(revokedFileOf(file));
	await ledger.close();
	ledger = await open();
	expect(await status(1)).toBe('revoked');
	expect(await isNoted(1)).toBe(true);
});

test('two processes add to it, and each knows what the other has added', async () => {
	const other = await open();
	others.push(other);
	for (let i = 0; i < 6; i++) await issue(i, place(i));
	await Promise.all([0, 1, 2, 3, 4, 5].map((i) => revoke(i, i % 2 === 0 ? ledger : other)));
	const lines = (await readFile(revokedFileOf(file), 'utf8')).split('\n').filter(Boolean);
	for (const line of lines) expect(JSON.parse(line)).toBeDefined();
	const numbers = lines.flatMap((line) => (JSON.parse(line) as { number?: string }).number ?? []);
	expect([...new Set(numbers)].sort()).toEqual(['0', '1', '2', '3', '4', '5']);
	expect(await bits()).toEqual([0, 1, 2, 3, 4, 5]);
});

test('half a line, of a process that was killed, spoils nothing', async () => {
	await issue(1, place(1));
	await issue(2, place(2));
	await revoke(1);
	await appendFile(revokedFileOf(file), '{"realm":"https://air');
	await revoke(2);
	await putBackAfter(async () => {
		await Promise.resolve();
	});
	expect(await bits()).toEqual([1, 2]);
	expect([await status(1), await status(2)]).toEqual(['revoked', 'revoked']);
});

test('a file that is lost is made again of what the ledger knows', async () => {
	await issue(1, place(1));
	await revoke(1);
	await ledger.close();
	await rm(revokedFileOf(file));
	ledger = await open();
	expect(await bits()).toEqual([1]);
	expect(await readFile(revokedFileOf(file), 'utf8')).toContain('"number":"1"');
});

test('a file that was cut takes nothing back from a process that has read it', async () => {
	await issue(1, place(1));
	await revoke(1);
	await truncate(revokedFileOf(file), 0);
	expect(await bits()).toEqual([1]);
	expect(await status(1)).toBe('revoked');
});

test('it is for its owner only, and holds nobody’s address', async () => {
	await issue(1, place(1));
	await revoke(1);
	await bits();
	expect((await stat(revokedFileOf(file))).mode & 0o777).toBe(0o600);
	expect(await readFile(revokedFileOf(file), 'utf8')).not.toContain('@');
});

test('it is read by several at once, and what is added after that is not passed over', async () => {
	const path = revokedFileOf(file);
	const mark = (number: string) => ({ realm: REALM, number, list: null, index: null, at: 1 });
	const own = new PublishedFile(path, false);
	const other = new PublishedFile(path, false);
	await other.note([], [mark('1000')]);
	await Promise.all([own.isRevoked(REALM, '1000'), own.list(REALM, 'list-1')]);
	await other.note([], [mark('2000')]);
	expect(await own.isRevoked(REALM, '2000')).toBe(true);
});

test('what is revoked after the clock was set back is kept as well', async () => {
	let offset = DAY;
	const { ledger: late } = await openSqliteLedger({ file, clockOffsetMs: () => offset });
	others.push(late);
	await issue(7, place(7), late);
	await revoke(7, late);
	offset = 0;
	await issue(8, place(8), late);
	await revoke(8, late);
	const published = new PublishedFile(revokedFileOf(file), true);
	expect(await published.isRevoked(REALM, '7')).toBe(true);
	expect(await published.isRevoked(REALM, '8')).toBe(true);
});
