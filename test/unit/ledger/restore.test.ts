import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FeedEvent, Ledger } from '../../../ledger/Ledger';
import { openSqliteLedger } from '../../../ledger/sqlite/openSqliteLedger';
import { root } from '../../../scripts/package';
import { issuedDirectly } from '../../support/issuedDirectly';
import { cli } from '../cli/support';
import { ALL, KEY } from './contract/feed';
import { CONFIRMED, issue, MINUTE, REALM, request, REVOKED, start } from './contract/requests';

/** What docs/ledger.md, "Restoring a backup", says of a ledger that has forgotten what happened since. */
let folder: string;
let file: string;
let backup: string;
let ledger: Ledger;
let offset: number;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'moca-air-restore-'));
	file = join(folder, 'ledger.sqlite');
	backup = join(folder, 'backup.sqlite');
	offset = 0;
	await open();
});
afterEach(async () => {
	await ledger.close();
	await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
	({ ledger } = await openSqliteLedger({ file, clockOffsetMs: () => offset }));
}

/** While n8n runs, as `sqlite3 ledger.sqlite ".backup copy.sqlite"` does it. */
function makeBackup(): void {
	const other = new DatabaseSync(file, { readOnly: true });
	other.exec(`VACUUM INTO '${backup}'`);
	other.close();
}

/** The step of the page that gives the ledger a new ID. */
async function renew(): Promise<void> {
	const page = await readFile(join(root, 'docs', 'ledger.md'), 'utf8');
	const command = /^ *npx n8n-nodes-moca-air (ledger restored)$/m.exec(page)?.[1] ?? '';
	const ran = await cli([...command.split(' '), '--file', file]);
	expect([ran.status, ran.stdout]).toEqual([0, expect.stringContaining('has a new ID')]);
}

async function restore(withNewId = true): Promise<void> {
	await ledger.close();
	for (const beside of ['-wal', '-shm']) await rm(`${file}${beside}`, { force: true });
	await copyFile(backup, file);
	if (withNewId) await renew();
	await open();
}

test('what was issued before the backup is a replay; what was issued since is issued again', async () => {
	await issue(ledger, 'before', { idempotencyKey: 'before' });
	makeBackup();
	await issue(ledger, 'since', { idempotencyKey: 'since', recipient: 'bob@example.com' });
	await restore();
	const asked = (idempotencyKey: string, recipient = 'ada@example.com') =>
		ledger.begin(request({ idempotencyKey, recipient }));
	expect(await asked('before')).toMatchObject({
		outcome: 'answered',
		row: { coreClaimHash: 'before' },
	});
	expect((await asked('since', 'bob@example.com')).outcome).toBe('started');
});

test('an attempt that was under way at the backup has an unknown outcome', async () => {
	await start(ledger);
	makeBackup();
	await ledger.answered(
		{ issuanceId: 1, attempt: 1 },
		{
			coreClaimHash: 'h1',
			userUuid: null,
			nextCheckMs: 0,
			supersedes: false,
		},
	);
	offset = MINUTE;
	await restore();
	expect((await ledger.begin(request())).outcome).toBe('unknown');
	expect(await ledger.list({ unanswered: true, limit: 9 })).toHaveLength(1);
});

test('a trigger learns a confirmation again, and tells it once more under an ID of its own', async () => {
	const told: string[] = [];
	const ids: string[] = [];
	const poll = async () => {
		const { delivered } = await ledger.openCursor(KEY, 'beginning');
		const query = { ...ALL, types: ['confirmed'], after: delivered, limit: 99 } as const;
		const { events, upTo } = await ledger.feed(query);
		told.push(...events.map(({ row }: FeedEvent) => row.coreClaimHash ?? ''));
		ids.push(...events.map(({ ledgerId, id }) => `${ledgerId}-${id}`));
		await ledger.moveCursor(KEY, { delivered: upTo });
	};
	await ledger.openCursor(KEY, 'now');
	await issue(ledger, 'old', { idempotencyKey: 'old' });
	await ledger.observed(REALM, 'old', CONFIRMED);
	await poll();
	await issue(ledger, 'h1', { idempotencyKey: 'key', recipient: 'bob@example.com' });
	makeBackup();
	await ledger.observed(REALM, 'h1', CONFIRMED);
	await poll();
	await restore();
	const due = await ledger.claimDue({ realm: REALM, limit: 9, leaseMs: MINUTE });
	expect(due).toMatchObject([{ coreClaimHash: 'h1' }]);
	await ledger.observed(REALM, 'h1', CONFIRMED);
	await poll();
	expect(told).toEqual(['old', 'h1', 'h1']);
	expect(new Set(ids).size).toBe(3);
});

test('without a new ID another event has the ID of one that was told before', async () => {
	const idOf = async (hash: string, recipient: string) => {
		await issue(ledger, hash, { idempotencyKey: hash, recipient });
		await ledger.observed(REALM, hash, CONFIRMED);
		const newest = await ledger.newestInFeed({ ...ALL, types: ['confirmed'] });
		return `${newest?.ledgerId ?? ''}-${newest?.id ?? 0}`;
	};
	makeBackup();
	const told = await idOf('since', 'bob@example.com');
	await restore(false);
	expect(await idOf('after', 'cem@example.com')).toBe(told);
	await restore();
	expect(await idOf('after', 'cem@example.com')).not.toBe(told);
});

test('what was replaced since is asked about as if it stood, until AIR says that it is revoked', async () => {
	await issue(ledger, 'old', { idempotencyKey: 'old' });
	await ledger.observed(REALM, 'old', CONFIRMED);
	makeBackup();
	offset = MINUTE;
	await issue(ledger, 'new', { idempotencyKey: 'new' }, { supersedes: true });
	await restore();
	const found = async () => await ledger.find(REALM, { coreClaimHash: 'old' });
	expect(await found()).toMatchObject({ state: 'confirmed' });
	await ledger.observed(REALM, 'old', REVOKED);
	expect(await found()).toMatchObject({ state: 'unusable' });
});

test('what was revoked since is not to be renewed: the file .revoked says so', async () => {
	await issuedDirectly(ledger, 1, 'number');
	await issuedDirectly(ledger, 2, 'number', { recipient: 'bob@example.com' });
	makeBackup();
	const by = { instance: '', workflowId: '', executionId: '' };
	await ledger.revoke({ realm: REALM, target: { number: '1' }, by, note: 'left the club' });
	await restore();
	const due = { realm: REALM, minutes: 2 * 1440, start: 'now', limit: 9 } as const;
	await ledger.appendDelayed({ ...due, before: 'expiry' });
	const soon = { ...ALL, types: ['expiring'], expiringMinutes: 2 * 1440 } as const;
	const { events } = await ledger.feed({ ...soon, after: 0, limit: 9 });
	expect(events.map(({ row }) => row.recipient)).toEqual(['bob@example.com']);
	expect(await ledger.list({ id: 1, limit: 1 })).toMatchObject([{ state: 'revoked' }]);
});

test('people erased since are there again', async () => {
	await issue(ledger, 'h1');
	makeBackup();
	await ledger.forget('ada@example.com');
	await restore();
	expect(await ledger.list({ recipient: 'ada@example.com', limit: 9 })).toHaveLength(1);
	expect(await ledger.forget('ada@example.com')).toBe(1);
});

test('the log of another file beside the copy is what the page warns of: it is taken for the copy’s', async () => {
	await issue(ledger, 'h1');
	makeBackup();
	await issue(ledger, 'h2', { idempotencyKey: 'key-2', recipient: 'bob@example.com' });
	// n8n was killed, so that its log is still there, and only the file was put back.
	await copyFile(`${file}-wal`, join(folder, 'log'));
	await ledger.close();
	await copyFile(backup, file);
	await copyFile(join(folder, 'log'), `${file}-wal`);
	const outcome = await open().then(
		async () => (await ledger.list({ limit: 9 })).map(({ coreClaimHash }) => coreClaimHash),
		(error: unknown) => error,
	);
	expect(outcome).not.toEqual(['h1']);
	await restore();
	expect(await ledger.list({ limit: 9 })).toMatchObject([{ coreClaimHash: 'h1' }]);
});
