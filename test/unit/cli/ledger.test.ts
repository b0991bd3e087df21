import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { answer, CONFIRMED, issue, request, REALM, start } from '../ledger/contract/requests';
import { asNobody, giveToNobody } from '../../support/asNobody';
import { cli, scratch, type Scratch } from './support';

let at: Scratch;
beforeEach(() => {
	at = scratch();
});
afterEach(() => {
	at.remove();
});

const ledger = async (...argv: string[]) => await cli(['ledger', ...argv, '--file', at.file]);

/** Ada: confirmed and unknown; Grace: submitted. */
async function fillSome(): Promise<void> {
	await at.fill(async (store) => {
		await issue(store, 'hash-1', { reference: 'order 1' });
		await store.observed(REALM, 'hash-1', CONFIRMED);
		const lost = await start(store, { idempotencyKey: 'key-2', executionId: '2' });
		await store.failed(lost, { outcome: 'unknown', reason: 'AIR_TIMEOUT' });
		await issue(store, 'hash-3', { idempotencyKey: 'key-3', recipient: 'grace@example.com' });
	});
}

describe('which ledger', () => {
	test('by default that of the n8n of this user', async () => {
		const file = join(at.folder, '.n8n', 'moca-air', 'ledger.sqlite');
		const env = { N8N_USER_FOLDER: at.folder };
		const missing = await cli(['ledger', 'status'], { env });
		expect(missing).toMatchObject({ status: 1, stdout: '' });
		expect(missing.stderr).toContain(`There is no ledger at ${file}: `);

		await fillSome();
		mkdirSync(join(file, '..'), { recursive: true });
		writeFileSync(file, readFileSync(at.file));
		const { status, stdout } = await cli(['ledger', 'status'], { env });
		expect(status).toBe(0);
		expect(stdout).toContain(`Ledger: ${file}\n3 rows\n`);
	});

	test('--file takes precedence over the variable, and an empty variable counts as unset', async () => {
		await fillSome();
		const argv = ['ledger', 'status', '--file', at.file];
		const url = 'postgresql://n8n:s3cret@127.0.0.1:1/n8n';
		expect(await cli(argv, { env: { MOCA_AIR_LEDGER_URL: url } })).toMatchObject({ status: 0 });
		const chosen = await cli(['ledger', 'status'], { env: { MOCA_AIR_LEDGER_URL: url } });
		expect(chosen.stderr).toContain('connection refused');
		const env = { MOCA_AIR_LEDGER_URL: '', N8N_USER_FOLDER: at.folder };
		expect((await cli(['ledger', 'status'], { env })).stderr).toContain('There is no ledger at');
	});

	test.each([['status'], ['list'], ['export'], ['erase', 'ada@example.com', '--yes']])(
		'%s never makes one',
		async (...argv) => {
			expect(await ledger(...argv)).toMatchObject({ status: 1, stdout: '' });
			expect(existsSync(at.file)).toBe(false);
			writeFileSync(at.file, '');
			const empty = await ledger(...argv);
			expect(empty).toMatchObject({ status: 1, stdout: '' });
			expect(empty.stderr).toContain('it is empty');
			expect(statSync(at.file).size).toBe(0);
		},
	);

	test('a folder, another database, or no database is refused and left alone', async () => {
		expect((await cli(['ledger', 'status', '--file', at.folder])).stderr).toContain(
			'is not a file',
		);
		const other = new DatabaseSync(at.file);
		other.exec('CREATE TABLE workflow_entity (id)');
		other.close();
		const before = readFileSync(at.file);
		const { status, stderr } = await ledger('erase', 'ada@example.com', '--yes');
		expect(status).toBe(1);
		expect(stderr).toContain('another program');
		expect(readFileSync(at.file)).toEqual(before);
		writeFileSync(at.file, 'not a database, but long enough to be looked at'.repeat(50));
		expect((await ledger('status')).stderr).toMatch(/^The ledger cannot be opened.*\n$/);
	});

	test('of a newer version: says so', async () => {
		await fillSome();
		const newer = new DatabaseSync(at.file);
		newer.exec('PRAGMA user_version = 999');
		newer.close();
		expect(await ledger('list')).toMatchObject({ status: 1, stdout: '' });
		expect((await ledger('list')).stderr).toContain('newer version of this package');
	});

	test('looking changes nothing, and works while n8n has the ledger open', async () => {
		await fillSome();
		const before = readFileSync(at.file);
		for (const command of ['status', 'list', 'export']) {
			expect(await ledger(command)).toMatchObject({ status: 0 });
		}
		expect(readFileSync(at.file)).toEqual(before);
		await at.fill(async (store) => {
			await start(store, { idempotencyKey: 'key-4' });
			expect((await ledger('list')).stdout.split('\n')).toHaveLength(6);
		});
	});
});

describe('status', () => {
	test('totals by state, and what to do about unknown rows', async () => {
		await fillSome();
		const { status, stdout, stderr } = await ledger('status');
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		expect(stdout).toMatch(/^confirmed {3}1 /m);
		expect(stdout).toMatch(/^submitted {3}1 /m);
		expect(stdout).toMatch(/^unknown {5}1 /m);
		expect(stdout).toMatch(/^sending {5}0 /m);
		expect(stdout).toContain('1 row has an unknown outcome.\n');
		expect(stdout).toContain('ledger list --unanswered');
		expect(stdout).toContain('Issuer → Claim Records');
		expect(stdout).toContain('Keep Existing');
		expect(stdout).not.toContain('never answered');
	});

	test('nothing to do', async () => {
		await at.fill(async () => Promise.resolve());
		const { stdout } = await ledger('status');
		expect(stdout).toContain('\n0 rows\n');
		expect(stdout).toContain('No outcome is unknown.');
		expect(stdout).not.toContain('Keep Existing');
	});

	test('attempts that ended without anybody noticing are told', async () => {
		await at.fill(async (store) => {
			await start(store, { leaseMs: 1 });
			await start(store, { idempotencyKey: 'key-2' });
		});
		await sleep(5);
		const { stdout } = await ledger('status');
		expect(stdout).toMatch(/^sending {5}2 /m);
		expect(stdout).toContain('1 row in sending was never answered');
	});
});

describe('list', () => {
	test('a table, newest first', async () => {
		await fillSome();
		const { status, stdout, stderr } = await ledger('list');
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		const [head, ...lines] = stdout.trimEnd().split('\n');
		expect(head?.split(/ +/)).toEqual(
			'ROW STATE SINCE RECIPIENT PROGRAM REFERENCE CORECLAIMHASH ATTEMPTS REASON WORKFLOW EXECUTION'.split(
				' ',
			),
		);
		expect(lines.map((line) => line.split(/ {2,}/).filter((_, i) => i !== 2))).toEqual([
			[
				'3',
				'submitted',
				'grace@example.com',
				request().program,
				'-',
				'hash-3',
				'1',
				'-',
				'workflow-1',
				'1',
			],
			[
				'2',
				'unknown',
				'ada@example.com',
				request().program,
				'-',
				'-',
				'1',
				'AIR_TIMEOUT',
				'workflow-1',
				'2',
			],
			[
				'1',
				'confirmed',
				'ada@example.com',
				request().program,
				'order 1',
				'hash-1',
				'1',
				'-',
				'workflow-1',
				'1',
			],
		]);
		expect(lines.every((line) => /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/.test(line))).toBe(true);
	});

	test.each([
		[['--state', 'unknown'], ['2']],
		[
			['--state', 'unknown,submitted'],
			['3', '2'],
		],
		[
			['--state', 'unknown', '--state', 'confirmed'],
			['2', '1'],
		],
		[
			['--recipient', 'ada@example.com'],
			['2', '1'],
		],
		[['--recipient', 'ada@example.com', '--state', 'confirmed'], ['1']],
		[['--unanswered'], ['2']],
		[['--execution', '2'], ['2']],
		[
			['--execution', ' 1 '],
			['3', '1'],
		],
		[['--execution', '1', '--state', 'submitted'], ['3']],
		[
			['--outcome', 'issued'],
			['3', '1'],
		],
		[
			['--outcome', 'issued,unknown', '--sort', 'oldest'],
			['1', '2', '3'],
		],
		[['--outcome', 'unknown', '--way', 'on-behalf', '--since', '2020-01-01'], ['2']],
		[
			['--recipient', 'ADA@example.com', '--any-spelling'],
			['2', '1'],
		],
		[['--until', '2099-12-31T23:59', '--reference', 'order 1'], ['1']],
		[
			['--limit', '3'],
			['3', '2', '1'],
		],
	])('%j', async (filter, ids) => {
		await fillSome();
		const { stdout, stderr } = await ledger('list', ...filter);
		expect(
			stdout
				.trimEnd()
				.split('\n')
				.slice(1)
				.map((line) => line.split(' ')[0]),
		).toEqual(ids);
		expect(stderr).toBe('');
	});

	test.each([
		['--outcome', 'lost', 'there is no outcome “lost”; there are: issued, kept'],
		['--way', 'sideways', 'Allowed choices are on-behalf, direct'],
		['--sort', 'up', 'Allowed choices are newest, oldest'],
		['--since', 'yesterday', '“yesterday” is not a date and time'],
		['--until', '2027-02-30', '“2027-02-30” is not a date and time'],
		['--until', '2027-02-30T00:00:00Z', '“2027-02-30T00:00:00Z” is not a date and time'],
		['--until', '2026-13-01', 'is not a date and time'],
		['--external-id', ' ', '--external-id is empty'],
	])('%s %s is refused', async (option, value, words) => {
		await fillSome();
		const { status, stdout, stderr } = await ledger('list', option, value);
		expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
		expect(stderr).toContain(words);
	});

	test('what fits nobody: begun before, issued directly, another external ID', async () => {
		await fillSome();
		for (const filter of [
			['--until', '2020-01-01T00:00:00Z'],
			['--way', 'direct'],
			['--external-id', 'urn:uuid:1'],
			['--recipient', 'eve@example.com'],
		]) {
			expect((await ledger('list', ...filter)).stderr).toBe('No rows.\n');
		}
		const alone = await ledger('list', '--any-spelling');
		expect(alone.stderr).toContain('--any-spelling goes with --recipient');
		const never = await ledger('list', '--since', '2026-02-01', '--until', '2026-01-01');
		expect(never.stderr).toContain('--since must be earlier than --until');
		const { stderr } = await ledger('list', '--sort', 'oldest', '--limit', '1');
		expect(stderr).toContain('Only the oldest 1 row; there are more');
	});

	test('another spelling of an address is named, and not mixed in', async () => {
		await fillSome();
		for (const command of ['list', 'export']) {
			const { stdout, stderr } = await ledger(command, '--recipient', 'ADA@example.com');
			expect(stdout).not.toContain('ada@example.com');
			expect(stderr).toMatch(/Other spellings, .*: ada@example\.com \(\d+ rows?\)\.\n$/);
		}
		const all = await ledger('list', '--recipient', 'ADA@example.com', '--any-spelling');
		expect(all.stderr).toBe('');
	});

	test('--unanswered: with its execution, and never what may still be under way', async () => {
		await at.fill(async (store) => {
			await start(store, { executionId: '381', leaseMs: 1 });
			await start(store, { executionId: '382', idempotencyKey: 'under way' });
			await sleep(5);
		});
		const { stdout } = await ledger('list', '--unanswered');
		expect(stdout.trimEnd().split('\n')).toHaveLength(2);
		expect(stdout).toMatch(/1 +sending .* never answered +workflow-1 +381$/m);
		const under = await ledger('list', '--execution', '382');
		expect(under.stdout).not.toContain('never answered');
		expect((await ledger('list', '--execution', '')).stderr).toContain('--execution is empty');
	});

	test('says that there are more, or none', async () => {
		await fillSome();
		const { stdout, stderr } = await ledger('list', '--limit', '2');
		expect(stdout.trimEnd().split('\n')).toHaveLength(3);
		expect(stderr).toBe('Only the newest 2 rows; there are more: raise --limit.\n');
		const none = await ledger('list', '--recipient', 'nobody@example.com');
		expect(none).toMatchObject({ status: 0, stdout: '', stderr: 'No rows.\n' });
		const json = await ledger('list', '--recipient', 'nobody@example.com', '--json');
		expect(json).toMatchObject({ status: 0, stdout: '[]\n', stderr: '' });
	});

	test('--json: what the row holds, dates as ISO, and no HMAC', async () => {
		await fillSome();
		const { stdout } = await ledger('list', '--json', '--state', 'confirmed');
		const rows = JSON.parse(stdout) as Record<string, unknown>[];
		expect(rows).toMatchObject([
			{
				id: 1,
				state: 'confirmed',
				recipient: 'ada@example.com',
				reference: 'order 1',
				coreClaimHash: 'hash-1',
				vcId: 'vc-1',
				vcStatus: 'ONCHAIN',
				realm: REALM,
				idempotencyKey: 'key-1',
				instance: 'instance-1',
				attempts: [{ number: 1, outcome: 'accepted', coreClaimHash: 'hash-1' }],
			},
		]);
		expect(rows[0]?.since).toBe(rows[0]?.confirmedAt);
		expect(rows[0]?.confirmedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
		expect(stdout).not.toContain('hmac');
	});

	test('no value can steer the terminal or forge a line', async () => {
		const reference = 'x\u001b[2J\n9  confirmed\u202e\u009b';
		await at.fill(async (store) => {
			await issue(store, 'hash-1', { reference });
		});
		const table = (await ledger('list')).stdout;
		expect(table.split('\n')).toHaveLength(3);
		expect(table).toContain('x\\u{1b}[2J\\n9  confirmed\\u{202e}\\u{9b}');
		const json = (await ledger('list', '--json')).stdout;
		expect(json).not.toMatch(/[\u001b\u009b\u202e]/);
		expect(JSON.parse(json)).toMatchObject([{ reference }]);
	});
});

describe('export', () => {
	test('JSON: an array with a row on each line', async () => {
		await fillSome();
		const { status, stdout, stderr } = await ledger('export');
		expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
		expect(JSON.parse(stdout)).toMatchObject([{ id: 3 }, { id: 2 }, { id: 1 }]);
		expect(stdout.split('\n')).toHaveLength(6);
	});

	test('of one person', async () => {
		await fillSome();
		const { stdout } = await ledger('export', '--recipient', 'grace@example.com');
		expect(JSON.parse(stdout)).toMatchObject([{ id: 3, recipient: 'grace@example.com' }]);
		expect((await ledger('export', '--recipient', 'nobody@example.com')).stdout).toBe('[]\n');
	});

	test('CSV: no cell is a formula, a row is a line', async () => {
		await at.fill(async (store) => {
			const references = ['=1+1', ' @SUM(A1)', '+1', '-1', '＝1', 'a;=1', 'say "hi", both', 'a\nb'];
			for (const [i, reference] of references.entries()) {
				await start(store, { idempotencyKey: `key-${i}`, reference });
			}
		});
		const { stdout } = await ledger('export', '--format', 'csv');
		const [head, ...lines] = stdout.split('\r\n');
		expect(head).toMatch(/^id,state,since,recipient,realm,program,way,issuerDid,reference,/);
		expect(lines.pop()).toBe('');
		const cells = lines.map((line) => /did:air:id:test:issuer,(.*),key-\d/.exec(line)?.[1]);
		expect(cells.reverse()).toEqual([
			"'=1+1",
			`" '@SUM(A1)"`,
			"'+1",
			"'-1",
			"'＝1",
			`"a;'=1"`,
			'"say ""hi"", both"',
			'a\\nb',
		]);
	});

	test('CSV: further issuances of a row are not lost', async () => {
		await at.fill(async (store) => {
			const first = await start(store, { leaseMs: 1, repeatUnknown: true });
			await sleep(5);
			const second = await start(store, { repeatUnknown: true });
			await store.answered(second, answer('hash-second'));
			await store.answered(first, answer('hash-first'));
		});
		const [, line] = (await ledger('export', '--format', 'csv')).stdout.split('\r\n');
		expect(line).toMatch(/,hash-second,.*,2,hash-first$/);
	});

	test('a reader that closes early ends it without an error', async () => {
		await fillSome();
		const argv = ['ledger', 'export', '--file', at.file, '--format', 'csv'];
		expect(await cli(argv, { reads: 1 })).toMatchObject({ status: 0, stderr: '' });
	});
});

test('list: by program, reference and event ID', async () => {
	await at.fill(async (store) => {
		await issue(store, 'hash-1', { reference: 'order 1', idempotencyKey: 'event:evt_1' });
		await issue(store, 'hash-2', { program: 'other', idempotencyKey: 'key-2' });
	});
	const hashes = async (...argv: string[]) =>
		(
			JSON.parse((await ledger('list', '--json', ...argv)).stdout) as { coreClaimHash: string }[]
		).map(({ coreClaimHash }) => coreClaimHash);
	expect(await hashes('--program', 'other')).toEqual(['hash-2']);
	expect(await hashes('--reference', 'order 1')).toEqual(['hash-1']);
	expect(await hashes('--event-id', 'evt_1')).toEqual(['hash-1']);
	for (const [option, text] of [
		['--reference', 'order 1'],
		['--event-id', 'evt_1'],
	] as const) {
		expect(await hashes(option, ` ${text} `)).toEqual(['hash-1']);
	}
	expect(await hashes('--event-id', 'evt_1', '--program', 'other')).toEqual([]);
});

describe('settle', () => {
	const settle = async (...argv: string[]) =>
		await ledger('settle', '2', '--note', 'Bob, in Claim Records', ...argv);
	const row = async () => {
		const rows = JSON.parse((await ledger('list', '--json')).stdout) as Record<string, unknown>[];
		return rows.find(({ id }) => id === 2);
	};

	test.each([
		[['--issued', '--hash', 'seen'], 'submitted', 'seen', 'answered from the ledger'],
		[['--issued'], 'submitted', null, 'answered from the ledger'],
		[['--not-issued'], 'rejected', null, 'sent when the item'],
		[['--send-again'], 'rejected', null, 'sent when the item'],
	])('%j', async (argv, state, coreClaimHash, words) => {
		await fillSome();
		const ran = await settle(...argv);
		expect(ran).toMatchObject({ status: 0, stderr: '' });
		expect(ran.stdout).toMatch(
			new RegExp(`^Row 2 of ada@example.com is now ${state}\\. .*${words}`),
		);
		expect(await row()).toMatchObject({ state, coreClaimHash });
		await at.fill(async (store) => {
			expect(await store.settlements(REALM, 2)).toMatchObject([
				{ executionId: '', note: 'Bob, in Claim Records', state: 'unknown', attempt: 1 },
			]);
		});
	});

	test('what is known by now, or not there, is left as it is', async () => {
		await fillSome();
		await settle('--issued', '--hash', 'seen');
		const again = await settle('--not-issued');
		expect(again).toMatchObject({ status: 1, stdout: '' });
		expect(again.stderr).toMatch(/^The outcome of this row is known already: row 2 is submitted\./);
		expect(await row()).toMatchObject({ state: 'submitted', coreClaimHash: 'seen' });
		const none = await ledger('settle', '9', '--not-issued', '--note', 'Bob');
		expect(none).toMatchObject({ status: 1 });
		expect(none.stderr).toMatch(
			/^There is no row 9\. Nothing was changed\. .*list --state unknown$/m,
		);
	});

	test.each([
		['what another person was given', { recipient: 'bob@example.com' }],
		['what another program gave', { program: 'other' }],
	])('the hash of %s settles nothing', async (_what, changes) => {
		await fillSome();
		await at.fill(async (store) => {
			await issue(store, 'theirs', { idempotencyKey: 'theirs', ...changes });
		});
		const ran = await settle('--issued', '--hash', 'theirs');
		expect(ran).toMatchObject({ status: 1, stdout: '' });
		expect(ran.stderr).toMatch(/Core Claim Hash is that of row \d+, of another person or program/);
		expect(await row()).toMatchObject({ state: 'unknown', coreClaimHash: null });
	});

	test('the hash of what the same person held before is what AIR kept', async () => {
		await fillSome();
		await at.fill(async (store) => {
			await issue(store, 'held', { idempotencyKey: 'held', recipient: 'Ada@example.com' });
		});
		expect(await settle('--issued', '--hash', 'held')).toMatchObject({ status: 0, stderr: '' });
		expect(await row()).toMatchObject({ state: 'submitted', coreClaimHash: 'held' });
	});

	test('while an attempt is under way, it says for how long', async () => {
		await at.fill(async (store) => {
			await start(store);
		});
		const ran = await ledger('settle', '1', '--not-issued', '--note', 'Bob');
		expect(ran.stderr).toMatch(/^An attempt to issue this is under way: row 1, for \d+ s at most/);
	});

	test.each([
		[[], 'needs just one of --issued'],
		[['--issued', '--not-issued'], 'needs just one of --issued'],
		[['--not-issued', '--hash', 'seen'], '--hash goes with --issued'],
		[['--issued', '--hash', 'a b'], '--hash: '],
	])('%j is a wrong call', async (argv, words) => {
		await fillSome();
		const ran = await settle(...argv);
		expect(ran).toMatchObject({ status: 2, stdout: '' });
		expect(ran.stderr).toContain(words);
		expect(await row()).toMatchObject({ state: 'unknown' });
	});

	test('the note about who looked is required', async () => {
		await fillSome();
		expect(await ledger('settle', '2', '--issued')).toMatchObject({ status: 2 });
		expect((await ledger('settle', '2', '--issued', '--note', ' ')).stderr).toContain('is empty');
	});
});

describe('erase', () => {
	test('waits for an attempt that is under way, and says so when it lasts', async () => {
		await at.fill(async (store) => {
			await start(store);
		});
		const ran = await ledger('erase', 'ada@example.com', '--yes');
		expect(ran).toMatchObject({ status: 1, stdout: '' });
		expect(ran.stderr).toMatch(
			/^An attempt .* for \d+ s at most; nothing was erased\. .*AIR_ERASE_BUSY/,
		);
	}, 30_000);

	const erase = async (given: string, ...more: string[]) =>
		await cli(['ledger', 'erase', 'ada@example.com', '--file', at.file, ...more], {
			answer: given,
		});
	const left = async () => JSON.parse((await ledger('export')).stdout) as { recipient: string }[];

	test.each(['yes', 'y', ' YES '])('asks, and erases after %j', async (given) => {
		await fillSome();
		const { status, stdout, stderr, questions } = await erase(given);
		expect(status).toBe(0);
		expect(questions).toEqual(['Erase them for good? (yes/no) ']);
		expect(stderr).toContain(`2 rows of ada@example.com in ${at.file}.\n`);
		expect(stderr).toContain('can issue again');
		expect(stderr).toContain('Backups');
		expect(stdout).toBe(`Erased 2 rows of ada@example.com from ${at.file}.\n`);
		expect(await left()).toMatchObject([{ recipient: 'grace@example.com' }]);
		for (const name of readdirSync(at.folder)) {
			expect(readFileSync(join(at.folder, name), 'latin1')).not.toContain('ada@example.com');
		}
	});

	test.each(['no', '', 'yess'])('erases nothing after %j', async (given) => {
		await fillSome();
		const { status, stdout, stderr } = await erase(given);
		expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
		expect(stderr).toMatch(/Nothing was erased\.\n$/);
		expect(await left()).toHaveLength(3);
	});

	test('--yes: nobody is asked, and the consequences are shown', async () => {
		await fillSome();
		const { status, stdout, stderr } = await ledger('erase', ' ada@example.com', '--yes');
		expect({ status, stdout }).toEqual({
			status: 0,
			stdout: `Erased 2 rows of ada@example.com from ${at.file}.\n`,
		});
		expect(stderr).toContain('can issue again');
		expect(await left()).toHaveLength(1);
	});

	test('no such person: nothing to ask, and no error', async () => {
		await fillSome();
		const { status, stdout, questions } = await cli(
			['ledger', 'erase', 'Ada@example.com', '--file', at.file],
			{ answer: 'yes' },
		);
		expect({ status, questions }).toEqual({ status: 0, questions: [] });
		expect(stdout).toContain('No rows of Ada@example.com');
		expect(stdout).toContain('Other spellings, which stay: ada@example.com (2 rows).');
		expect(await left()).toHaveLength(3);
		const nobody = await ledger('erase', 'nobody@example.com', '--yes');
		expect(nobody.stdout).toContain('Upper and lower case count');
	});
});

describe('where nothing can be written', () => {
	/** What is kept of a ledger, as it is found on a disk that is mounted read-only. */
	async function readOnly(...kept: readonly string[]): Promise<string> {
		const folder = join(at.folder, 'mounted');
		mkdirSync(folder);
		await at.fill(async (store) => {
			await issue(store, 'hash-1');
			// While it is open, the newest rows are beside the file.
			for (const end of kept) copyFileSync(`${at.file}${end}`, join(folder, `ledger.sqlite${end}`));
		});
		if (kept.length === 1) copyFileSync(at.file, join(folder, 'ledger.sqlite'));
		for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
		chmodSync(folder, 0o555);
		giveToNobody(at.folder);
		return join(folder, 'ledger.sqlite');
	}
	afterEach(() => {
		chmodSync(join(at.folder, 'mounted'), 0o755);
	});

	test.each([
		['closed', ['']],
		['that an n8n elsewhere has open', ['', '-wal', '-shm']],
	])('a ledger %s is read', async (_, kept) => {
		const file = await readOnly(...kept);
		const ran = await asNobody(async () => [
			await cli(['ledger', 'status', '--file', file]),
			await cli(['ledger', 'list', '--file', file]),
			await cli(['ledger', 'export', '--file', file]),
		]);
		expect(ran.map(({ status, stderr }) => [status, stderr])).toEqual(Array(3).fill([0, '']));
		expect(ran[0]?.stdout).toContain('1 row\n');
		expect(ran[1]?.stdout).toContain('hash-1');
		expect(ran[2]?.stdout).toContain('hash-1');
	});

	test('a copy whose newest rows cannot be read is not read without them', async () => {
		const file = await readOnly('', '-wal');
		const ran = await asNobody(async () => await cli(['ledger', 'list', '--file', file]));
		expect(ran).toMatchObject({ status: 1, stdout: '' });
		expect(ran.stderr).toContain('copy the folder to a place where this user can write');
	});

	test('a ledger of somebody else says so', async () => {
		const file = await readOnly('');
		chmodSync(file, 0o000);
		const ran = await asNobody(async () => await cli(['ledger', 'list', '--file', file]));
		expect(ran).toMatchObject({ status: 1, stdout: '' });
		expect(ran.stderr).toMatch(/cannot be (read|opened)/);
	});
});
