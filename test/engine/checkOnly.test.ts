import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, openLedger } from '../../issuance/session/openLedger';
import { startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

/** Check Only, and how items leave the node, through n8n's own engine. */
let air: TestAir;
let folder: string;
let executions = 0;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-check-only-'));
	process.env.N8N_USER_FOLDER = folder;
	air.emulator.control.reset();
});

afterEach(async () => {
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	delete process.env.N8N_USER_FOLDER;
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const run = async (
	items: readonly IDataObject[],
	parameters: INode['parameters'] = {},
	{ ledger = 'embedded', ...settings }: Partial<INode> & { ledger?: string } = {},
) => {
	executions += 1;
	const {
		json,
		error,
		run: finished,
	} = await runWorkflow(
		issueWorkflow(items, { idempotency: 'content', simplify: true, ...parameters }, settings),
		{ ...air.credential, ledger },
		{ executionId: `check-${executions}` },
	);
	const hints = finished.data.resultData.runData.Issue?.at(-1)?.hints ?? [];
	return {
		error,
		done: json('Done'),
		failed: json('Failed'),
		hints: hints.map(({ message }) => message).join('\n'),
	};
};

const check = async (
	items: readonly IDataObject[],
	parameters: INode['parameters'] = {},
	settings: Partial<INode> & { ledger?: string } = {},
) => await run(items, { operation: 'checkOnly', ...parameters }, settings);

const outcomes = (items: readonly IDataObject[]) => items.map(({ outcome }) => outcome);
const asked = () => air.emulator.control.requests().length;
const keep = { onDuplicate: 'ignore' };

describe('Check Only', () => {
	test('says of each item what issuing would do, and sends nothing', async () => {
		await run([person('ada'), person('bob')], keep);
		const before = asked();
		const { done, error, hints } = await check(
			[
				person('ada'),
				person('bob', { level: 'enhanced' }),
				person('cy'),
				person('cy'),
				{ ...person('dan'), email: 'dan' },
			],
			keep,
		);
		expect(error).toBeUndefined();
		expect(outcomes(done)).toEqual([
			'alreadyIssued',
			'wouldKeep',
			'wouldIssue',
			'alreadyIssued',
			'refused',
		]);
		expect(done[3]).toMatchObject({ sameAsRow: 3 });
		expect(done[4]).toMatchObject({
			reason: expect.stringMatching(/not a valid e-mail address: it has no @/) as string,
			message: expect.stringMatching(/exactly one e-mail address/) as string,
			code: 'AIR_RECIPIENT_INVALID',
		});
		expect(hints).toMatch(
			/Check Only: nothing was sent\. Of 5: 1 would be issued, 1 would be kept .*, 2 issued already, 1 refused/,
		);
		expect(asked()).toBe(before);
		const opened = await openLedger({ store: 'embedded' });
		expect(await opened?.ledger.totals()).toEqual({ submitted: 2 });
	});

	test('under Revoke and Reissue it says what would be replaced', async () => {
		await run([person('ada')]);
		const { done } = await check([person('ada', { level: 'enhanced' })]);
		expect(outcomes(done)).toEqual(['wouldReissue']);
	});

	test('a key that AIR has never accepted reads no ledger, and the output says so', async () => {
		const { done, hints } = await check([person('ada')]);
		expect(outcomes(done)).toEqual(['wouldIssue']);
		expect(hints).toMatch(/AIR has not accepted this key yet, so the ledger was not read/);
		expect((await check([person('ada')], {}, { ledger: 'off' })).hints).toMatch(
			/Issuance Ledger is off/,
		);
		expect(asked()).toBe(0);
	});

	test('a credential that does not work is an error, and no list of refusals', async () => {
		const { error } = await runWorkflow(
			issueWorkflow([person('ada')], { operation: 'checkOnly' }),
			{ ...air.credential, privateKey: '' },
			{},
		);
		expect(error?.message).toMatch(/key/);
	});

	test('what is checked afterwards issues as if nothing had happened', async () => {
		await check([person('ada')], keep);
		const { done } = await run([person('ada')], keep);
		expect(outcomes(done)).toEqual(['issued']);
	});

	test('500 rows take a second', async () => {
		await run([person('ada')], keep);
		const people = Array.from({ length: 500 }, (_, index) => person(`p${index}`));
		const began = performance.now();
		const { done } = await check(people, keep);
		const took = performance.now() - began;
		expect(done).toHaveLength(500);
		// A busy machine is not a failure.
		expect(took).toBeLessThan(4_000);
	});
});

describe('the output', () => {
	test('begins with what people look for, and has the hash last', async () => {
		const { done } = await run([person('ada')], keep);
		expect(Object.keys(done[0] ?? {})).toEqual([
			...['email', 'outcome', 'onChain', 'credentialId', 'submittedAt', 'coreClaimHash'],
		]);
	});

	test('not simplified, it is whole, in the same order at its beginning', async () => {
		const { done } = await run([person('ada')], { ...keep, simplify: false });
		const names = Object.keys(done[0] ?? {});
		expect(names.slice(0, 3)).toEqual(['email', 'outcome', 'onChain']);
		expect(names).toContain('issuerDid');
	});

	test('with Include Input Fields the fields of the row are behind those of the issuance', async () => {
		const rows = [
			person('ada', { row: 2, outcome: 'mine', error: 'not of a node' }),
			{ ...person('bob'), row: 3, email: 'bob' },
		];
		const { done } = await run(
			rows,
			{ ...keep, options: { includeInput: true } },
			{ onError: 'continueRegularOutput' },
		);
		expect(done[0]).toMatchObject({ outcome: 'issued', row: 2, level: 'basic' });
		expect(done[0]).not.toHaveProperty('error');
		expect(done[1]).toMatchObject({ outcome: 'notIssued', row: 3, email: 'bob' });
		expect(Object.keys(done[1] ?? {})[0]).toBe('outcome');
	});
});

describe('several items and one typed address', () => {
	const typed = { recipient: 'ada@example.com', ...keep };

	test('are refused, and nothing is sent', async () => {
		const { error } = await run([person('ada'), person('bob')], typed);
		expect(error?.message).toMatch(/^Several items would go to one typed e-mail address: 2 items/);
		expect(asked()).toBe(0);
	});

	test('are issued where that is allowed, and one item is', async () => {
		const allowed = { ...typed, options: { sameRecipient: true } };
		const levels = [person('ada'), person('ada', { level: 'enhanced' })];
		expect((await run(levels, allowed)).error).toBeUndefined();
		expect((await run([person('ada')], typed)).error).toBeUndefined();
	});
});

test('one that fails among many says that all of them may be run again', async () => {
	const items = [person('ada'), person('bob'), { ...person('cy'), email: 'cy' }];
	const again = /run it all again: what was issued is not sent again/;
	expect((await run(items, keep)).error?.description).toMatch(again);
	expect((await run(items, { ...keep, idempotency: 'off' })).error?.description).not.toMatch(again);
	expect((await run(items, keep, { ledger: 'off' })).error?.description).not.toMatch(again);
});
