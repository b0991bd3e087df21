import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode, IRunExecutionData } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, embeddedLedgerFile } from '../../issuance/session/openLedger';
import { LedgerTables } from '../host/ledgerTables';
import { makeKey } from '../support/keys';
import { startTestAir, type TestAir } from './air';
import { unbegun } from './engineAtHand';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person, statusWorkflow } from './workflows';

/** What Issue on Behalf says became of each item, and who may do away with what it remembers. */
let air: TestAir;
let folder: string;
let executions = 0;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-outcome-'));
	process.env.N8N_USER_FOLDER = folder;
});

afterEach(async () => {
	await closeLedgers();
	rmSync(folder, { recursive: true, force: true });
	air.emulator.control.reset();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;

interface Call {
	items?: readonly IDataObject[];
	parameters?: INode['parameters'];
	settings?: Partial<INode>;
	credential?: Record<string, string>;
	executionId?: string;
	saved?: IRunExecutionData;
}

const credentialOf = (changes: Record<string, string> = {}) => ({
	...air.credential,
	ledger: 'embedded',
	...changes,
});

async function execute({
	items = [person('ada')],
	parameters,
	settings,
	credential,
	executionId = String(++executions),
	saved,
}: Call = {}) {
	const finished = await runWorkflow(
		issueWorkflow(items, { idempotency: 'content', ...parameters }, settings),
		credentialOf(credential),
		{ executionId, ...(saved === undefined ? {} : { saved }) },
	);
	const hints = finished.run.data.resultData.runData.Issue?.at(-1)?.hints ?? [];
	return {
		...finished,
		outcomes: finished.json('Done').map(({ outcome }) => outcome),
		hints: hints
			.map(({ type, message }) => `${type ?? ''}: ${message}`)
			.filter((told) => !told.includes('ledger was created just now')),
	};
}

const ada = (level = 'basic') => person('ada', { level });
const keep: INode['parameters'] = { onDuplicate: 'ignore' };

describe('Keep Existing', () => {
	test('says that it kept what the person holds, since when, and that the values are others', async () => {
		const first = await execute({ parameters: keep });
		expect(first.outcomes).toEqual(['issued']);
		expect(first.hints).toEqual([]);
		const second = await execute({ parameters: keep, items: [ada('enhanced')] });
		const [given] = first.json('Done');
		expect(second.json('Done')).toMatchObject([
			{
				coreClaimHash: given?.coreClaimHash,
				submittedAt: given?.submittedAt,
				outcome: 'kept',
				sameClaims: false,
			},
		]);
		expect(second.hints).toEqual([
			expect.stringMatching(
				/^warning: This person already holds this credential\. It was kept; the new values were NOT issued\./,
			),
		]);
	});

	test('the same values cause no warning', async () => {
		await execute({ parameters: { ...keep, idempotency: 'event', eventId: 'a' } });
		const again = await execute({ parameters: { ...keep, idempotency: 'event', eventId: 'b' } });
		expect(again.json('Done')).toMatchObject([{ outcome: 'kept', sameClaims: true }]);
		expect(again.hints).toEqual([expect.stringMatching(/^info: .*nothing new was issued\.$/)]);
	});

	test('after a change of the key nobody can compare: that is a warning', async () => {
		await execute({ parameters: keep });
		const next = makeKey();
		air.jwks.keys.push(next.jwk('later'));
		const again = await execute({
			parameters: keep,
			credential: { privateKey: next.pem, kid: 'later' },
		});
		expect(again.json('Done')).toMatchObject([{ outcome: 'kept', sameClaims: null }]);
		expect(again.hints[0]).toMatch(/^warning: .*NOT issued/);
	});

	test('counts them among all people', async () => {
		await execute({ parameters: keep, items: [person('ada'), person('bob')] });
		const { hints, outcomes } = await execute({
			parameters: keep,
			items: [ada('enhanced'), person('bob', { level: 'enhanced' }), person('cy'), person('dan')],
		});
		expect(outcomes).toEqual(['kept', 'kept', 'issued', 'issued']);
		expect(hints[0]).toMatch(/^warning: 2 of 4 people already hold this credential\. It was kept;/);
	});

	test('what comes again was kept, and still not issued', async () => {
		await execute({ parameters: keep });
		const second = await execute({ parameters: keep, items: [ada('enhanced')] });
		const third = await execute({ parameters: keep, items: [ada('enhanced')] });
		expect(third.json('Done')).toMatchObject([
			{
				outcome: 'kept',
				sameClaims: false,
				submittedAt: second.json('Done')[0]?.submittedAt,
				state: 'submitted',
			},
		]);
		expect(third.hints[0]).toMatch(/NOT issued/);
		expect(control().counts().byOperation.issue).toBe(2);
	});

	test('what it kept is issued when the same comes again with Revoke and Reissue', async () => {
		const items = [ada('enhanced')];
		await execute({ parameters: keep });
		expect((await execute({ parameters: keep, items })).outcomes).toEqual(['kept']);
		expect((await execute({ items })).outcomes).toEqual(['reissued']);
		expect((await execute({ items })).outcomes).toEqual(['alreadyIssued']);
		expect(control().counts()).toMatchObject({ issuances: 2, revoked: 1 });
	});

	test.each([
		['with the ledger', { ledger: 'embedded' }],
		['within an execution with the ledger off', { ledger: 'off' }],
	])(
		'an address in other letters is the same person for AIR, if AIR says so: %s',
		async (_, off) => {
			const { json } = await execute({ parameters: keep, credential: off });
			const [given] = json('Done');
			control().injectFault({
				kind: 'answer',
				operation: 'issue',
				status: 200,
				recipient: 'Ada@example.com',
				body: { type: 'text', text: JSON.stringify({ coreClaimHash: given?.coreClaimHash }) },
				contentType: 'application/json',
			});
			const items = [{ ...ada(), email: 'Ada@example.com' }];
			const again = await execute({
				parameters: keep,
				credential: off,
				items: off.ledger === 'off' ? [ada(), ...items] : items,
			});
			expect(again.outcomes.at(-1)).toBe('kept');
		},
	);

	test('with the ledger off, the items of an execution are compared', async () => {
		const { json } = await execute({
			parameters: keep,
			credential: { ledger: 'off' },
			items: [person('ada'), person('bob'), ada('enhanced')],
		});
		expect(json('Done')).toMatchObject([
			{ outcome: 'issued' },
			{ outcome: 'issued' },
			{ outcome: 'kept', sameClaims: false, submittedAt: json('Done')[0]?.submittedAt },
		]);
	});
});

describe('what a colleague may do without thinking', () => {
	test('one person on two lines with other values: the second is kept, and counted as an item', async () => {
		const { outcomes, hints } = await execute({
			parameters: keep,
			items: [person('ada'), person('bob'), ada('enhanced')],
		});
		expect(outcomes).toEqual(['issued', 'issued', 'kept']);
		expect(hints[0]).toMatch(
			/^warning: 1 of 3 items is for a person who already holds this credential\. .*NOT issued/,
		);
	});

	test('Retry On Fail behind a kept item: it is kept still', async () => {
		await execute({ parameters: keep });
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bob@example.com',
		});
		const { outcomes, hints } = await execute({
			parameters: { ...keep, options: { concurrency: 1 } },
			items: [ada('enhanced'), person('bob')],
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(outcomes).toEqual(['kept', 'issued']);
		expect(hints.join()).toMatch(/1 of 2 people already holds this credential/);
	});

	test('Wait Until On-Chain on what was kept: asked at once, and still kept', async () => {
		const first = await execute({ parameters: keep });
		const parameters = { ...keep, options: { waitUntilOnChain: true } };
		const { json } = await execute({ parameters, items: [ada('enhanced')] });
		expect(json('Done')).toMatchObject([
			{
				outcome: 'kept',
				sameClaims: false,
				onChain: true,
				state: 'confirmed',
				submittedAt: first.json('Done')[0]?.submittedAt,
			},
		]);
		expect(json('Done')[0]?.waitedMs).toBeLessThan(900);
	});

	test('Issue Every Time: what AIR kept is kept anyway', async () => {
		const parameters = { ...keep, idempotency: 'off' };
		await execute({ parameters });
		expect((await execute({ parameters })).json('Done')).toMatchObject([
			{ outcome: 'kept', sameClaims: true },
		]);
	});

	test('an outcome that was unknown, sent again: issued, by the time of the answer', async () => {
		control().injectFault({ kind: 'reset', operation: 'issue', afterWork: true });
		await execute();
		const parameters = { options: { sendAgainWhenUnknown: true } };
		const again = await execute({ parameters });
		const replay = await execute();
		expect(again.outcomes).toEqual(['issued']);
		expect(replay.outcomes).toEqual(['alreadyIssued']);
		expect(replay.json('Done')[0]?.submittedAt).toBe(again.json('Done')[0]?.submittedAt);
	});
});

describe('Revoke and Reissue', () => {
	test.each([{ ledger: 'embedded' }, { ledger: 'off' }])(
		'says what replaced something: %j',
		async (credential) => {
			const { outcomes, hints } = await execute({
				items: [ada(), person('bob'), ada('enhanced')],
				credential,
			});
			expect(outcomes).toEqual(['issued', 'issued', 'reissued']);
			expect(hints).toContain('info: 1 item replaced a credential that the person already held.');
		},
	);

	test('in a later execution, too', async () => {
		await execute();
		expect((await execute({ items: [ada('enhanced')] })).outcomes).toEqual(['reissued']);
	});
});

describe('a replay', () => {
	test('is the first answer, to the millisecond', async () => {
		const first = await execute();
		const again = await execute();
		expect(again.json('Done')).toEqual([
			{ ...first.json('Done')[0], outcome: 'alreadyIssued', state: 'submitted' },
		]);
		expect(again.hints).toEqual([
			'info: 1 item had already been issued, so it was not sent again. Its output is the original answer.',
		]);
	});

	test('of several items is reported for all', async () => {
		const items = [person('ada'), person('bob')];
		await execute({ items });
		const again = await execute({ items });
		expect(again.hints).toEqual([
			'info: 2 items had already been issued, so they were not sent again. Their output is the original answer.',
		]);
	});
});

describe('a failed item', () => {
	const failing = () => {
		control().injectFault({
			kind: 'reset',
			operation: 'issue',
			afterWork: true,
			recipient: 'bob@example.com',
		});
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'cy@example.com',
		});
		return [person('ada'), person('bob'), person('cy'), person('nobody', { email: 'no address' })];
	};

	test.each([
		['continueRegularOutput', 'Done', 0],
		['continueErrorOutput', 'Failed', 1],
	] as const)('says whether it was issued, with %s', async (onError, sink, output) => {
		const { json, items, hints } = await execute({ items: failing(), settings: { onError } });
		const failed = json(sink).filter(({ error }) => error !== undefined);
		expect(failed.map(({ outcome }) => outcome)).toEqual(['unknown', 'notIssued', 'notIssued']);
		for (const { error, message, code } of failed) {
			expect([typeof error, typeof message, typeof code]).toEqual(['string', 'string', 'string']);
		}
		expect(items('Issue', output).length).toBe(output === 0 ? 4 : 3);
		expect(json('Done').filter(({ outcome }) => outcome === 'issued')).toHaveLength(1);
		expect(hints).toContain(
			'warning: 3 of 4 items failed, for 3 different reasons. See “message” on each failed item.',
		);
	});

	test('of the item itself nothing passes for what the node says', async () => {
		const { json } = await execute({
			items: [person('x', { email: 'no address', outcome: 'issued', message: 'fine' })],
			settings: { onError: 'continueErrorOutput' },
		});
		expect(json('Failed')).toMatchObject([{ outcome: 'notIssued' }]);
		expect(json('Failed')[0]?.message).not.toBe('fine');
	});

	describe('because n8n cannot evaluate an expression', () => {
		const broken = [
			['Recipient Email', { recipient: "={{ $('Nobody').item.json.email }}" }],
			['Recipient Email', { recipient: "={{ $('Nobody').item.json.email }}x" }],
			['Issuance Program', { issuanceProgram: "={{ $('Nobody').item.json.program }}" }],
			['JSON', { subjectMode: 'json', subjectJson: '={ "a": {{ $(\'Nobody\').item.json.a }} }' }],
		] as const;

		test.each(broken)('the item has a code and advice, and names %s: %j', async (label, change) => {
			const { json, hints } = await execute({
				parameters: { ...keep, ...change },
				items: [person('ada'), person('bob')],
				settings: { onError: 'continueErrorOutput' },
			});
			const failed = {
				outcome: 'notIssued',
				error: `An expression of this node cannot be evaluated: ${label}: Referenced node doesn't exist`,
				message: expect.stringMatching(/named field.*drag the field from the input/) as string,
				code: 'AIR_EXPRESSION_FAILED',
				kind: 'input',
				retryable: false,
			};
			expect(json('Failed')).toMatchObject([failed, failed]);
			expect(hints.join()).toMatch(/Referenced node doesn't exist\. See “message”/);
		});

		test('that stops the run: n8n’s error with our advice, and the row', async () => {
			const { error } = await execute({
				parameters: { ...keep, recipient: "={{ $('Nobody').item.json.email }}" },
				items: [person('ada'), person('bob')],
			});
			expect(error?.message).toMatch(/Referenced node doesn't exist/);
			expect(error?.description).toMatch(/^Row 1 of 2\. Open the node.*AIR_EXPRESSION_FAILED/);
		});
	});

	test('and is issued in a second try has nothing of its first one', async () => {
		const first = {
			...{ error: 'e', message: 'm', code: 'AIR_SERVER_FAILURE', kind: 'outcome-unknown' },
			...{ retryable: false, httpStatus: 500, outcome: 'unknown' },
		};
		const parameters = { ...keep, options: { includeInput: true } };
		const { json } = await execute({
			parameters,
			items: [person('ada', { ...first, row: 1 }), person('bob', { code: 'B', message: 'm' })],
		});
		expect(json('Done')).toMatchObject([
			{ outcome: 'issued', row: 1 },
			{ code: 'B', message: 'm' },
		]);
		for (const name of ['error', 'message', 'code', 'kind', 'retryable', 'httpStatus']) {
			expect(json('Done')[0]).not.toHaveProperty(name);
		}
	});

	test('that stops the run: what was kept is not counted as issued', async () => {
		await execute({ parameters: keep, items: [person('ada')] });
		failing();
		const { error } = await execute({
			parameters: { ...keep, options: { concurrency: 1 } },
			items: [ada('enhanced'), person('dan'), person('cy')],
		});
		expect(error?.description).toMatch(
			/1 of 3 rows was issued before it stopped: row 2\. 1 of 3 rows was kept before it stopped: row 1\./,
		);
	});
});

test('what AIR answers under our names is passed on under others', async () => {
	const answer = {
		coreClaimHash: 'a'.repeat(64),
		outcome: 'kept',
		replayed: true,
		recorded: false,
		email: 'eve@example.com',
		submittedAt: '1970',
		issuerDid: 'did:eve',
		state: 'confirmed',
		onChain: true,
		error: 'none',
		message: 'ok',
	};
	const body = { type: 'text', text: JSON.stringify(answer) } as const;
	const contentType = 'application/json';
	control().injectFault({ kind: 'answer', status: 200, body, contentType, operation: 'issue' });
	const { json, hints } = await execute();
	expect(json('Done')).toMatchObject([
		{
			email: 'ada@example.com',
			outcome: 'issued',
			onChain: false,
			airOutcome: 'kept',
			airReplayed: true,
			airRecorded: false,
			airEmail: 'eve@example.com',
			airSubmittedAt: '1970',
			airIssuerDid: 'did:eve',
			airState: 'confirmed',
			airOnChain: true,
			airError: 'none',
			airMessage: 'ok',
		},
	]);
	for (const name of ['replayed', 'recorded', 'state', 'error', 'message']) {
		expect(json('Done')[0]).not.toHaveProperty(name);
	}
	expect(hints).toEqual([]);

	const text = JSON.stringify({ ...answer, vcStatus: 'REMOVE' });
	const status = { type: 'text', text } as const;
	control().injectFault({ kind: 'answer', status: 200, body: status, contentType });
	const item = { coreClaimHash: answer.coreClaimHash, email: 'ada@example.com' };
	const asked = await runWorkflow(statusWorkflow([item]), credentialOf());
	expect(asked.json('Done')).toMatchObject([
		{ email: 'ada@example.com', state: 'unusable', onChain: false, airEmail: 'eve@example.com' },
	]);
});

describe('a key that AIR refuses, with the owner’s partner ID and a retention of a day', () => {
	test('does away with nothing of the owner’s, and an old event still issues nothing', async () => {
		const event = { idempotency: 'event', eventId: 'evt_1' };
		const { json } = await execute({ parameters: event });
		const coreClaimHash = json('Done')[0]?.coreClaimHash;
		await runWorkflow(statusWorkflow([{ coreClaimHash, email: '' }]), credentialOf());
		// n8n was restarted two days later.
		await closeLedgers();
		await LedgerTables.inFile(embeddedLedgerFile(process.env)).ageStates(2 * 86_400_000);

		const stranger = { privateKey: makeKey().pem, ledgerRetention: '1' };
		const attack = await execute({ parameters: event, credential: stranger });
		expect(attack.error?.httpCode).toBe('401');
		await runWorkflow(
			statusWorkflow([{ coreClaimHash: 'b'.repeat(64), email: 'x@example.com' }]),
			credentialOf(stranger),
		);
		const again = await execute({ parameters: event });
		expect(again.outcomes).toEqual(['alreadyIssued']);
		expect(control().counts().issuances).toBe(1);
	});
});

describe('Recognize Within This Execution', () => {
	const only: INode['parameters'] = { idempotency: 'execution' };
	const begun = unbegun(
		issueWorkflow([person('ada')], only).nodes.find(({ name }) => name === 'Items'),
	);
	/** n8n before 2.20 makes no token for an execution; there its number has to do. */
	const testToken = begun === undefined ? test.skip : test;
	const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

	const refuseBobOnce = () => {
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: 'bob@example.com',
		});
	};
	const both = [person('ada'), person('bob')];

	testToken('another execution with the same number, as in a new database, issues', async () => {
		await execute({ parameters: only, executionId: '381' });
		const later = await execute({ parameters: only, executionId: '381' });
		expect(later.outcomes).toEqual(['reissued']);
		const other = await execute({ parameters: only, executionId: '381', items: [person('bob')] });
		expect(other.outcomes).toEqual(['issued']);
	});

	test('Retry On Fail repeats nothing', async () => {
		refuseBobOnce();
		const { outcomes } = await execute({
			parameters: only,
			items: both,
			settings: { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 },
		});
		expect(outcomes).toEqual(['alreadyIssued', 'issued']);
	});

	test('the Retry button repeats nothing, nor does a second one', async () => {
		refuseBobOnce();
		const parameters = { ...only, options: { concurrency: 1 } };
		const failed = await execute({ parameters, items: both });
		expect(failed.error?.httpCode).toBe('400');
		// As n8n takes it from its database: the failed run of the last node is done away with.
		const retry = async () => {
			const saved = copy(failed.run.data);
			delete saved.resultData.error;
			saved.resultData.runData.Issue?.pop();
			return (await execute({ parameters, items: both, saved })).outcomes;
		};
		expect(await retry()).toEqual(['alreadyIssued', 'issued']);
		expect(await retry()).toEqual(['alreadyIssued', 'alreadyIssued']);
		expect(control().counts().issuances).toBe(2);
	});

	testToken('what n8n saved at the beginning, after a crash or in another process', async () => {
		const run = async (executionId: string) =>
			await execute({
				parameters: only,
				executionId,
				...(begun === undefined ? {} : { saved: copy(begun) }),
			});
		expect((await run('7')).outcomes).toEqual(['issued']);
		expect((await run('7')).outcomes).toEqual(['alreadyIssued']);
		// The Retry button of the crashed execution.
		expect((await run('8')).outcomes).toEqual(['alreadyIssued']);
	});

	testToken('n8n’s token is neither in the ledger nor in what is saved of the node', async () => {
		const { run } = await execute({ parameters: only });
		const token = String(Reflect.get(run.data, 'resumeToken'));
		expect(token.length).toBeGreaterThan(15);
		expect(JSON.stringify(run.data.executionData?.contextData)).not.toContain(token);
	});
});
