import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AirClient } from '../../../air/AirClient';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { closeLedgers, openLedger } from '../../../issuance/session/openLedger';
import { reportRow } from '../../support/report';
import { startTestAir, type TestAir } from '../air';
import { runWorkflow } from '../runWorkflow';
import { issueWorkflow, person } from '../workflows';
import { cellImbalances, type Ending } from './books';
import { execute, settings, type Setting } from './execution';

/**
 * The clock of the machine is set while something is under way: back and forward, by an hour for a
 * moment, and by the few seconds of an NTP step for good. AIR has the right time, and takes no `iat`
 * from its future.
 */
const HOUR_MS = 3_600_000;
const STEP_MS = 5_000;

jest.setTimeout(120_000);

let folder: string;
let air: TestAir;
/** Of the clock of the machine. */
let offset = 0;
const realNow = Date.now.bind(Date);

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-clocks-'));
	process.env.N8N_USER_FOLDER = folder;
	offset = 0;
	jest.spyOn(Date, 'now').mockImplementation(() => realNow() + offset);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await closeLedgers();
	await air.close();
	rmSync(folder, { recursive: true, force: true });
});

afterAll(async () => {
	await closeDispatchers();
});

const startAir = async (options: Parameters<typeof startTestAir>[0] = {}) =>
	(air = await startTestAir({ now: realNow, iatToleranceSeconds: 0, ...options }));
const credential = () => ({ ...air.credential, ledger: 'embedded' });

async function until(happened: () => boolean): Promise<void> {
	const deadline = performance.now() + 60_000;
	while (!happened()) {
		if (performance.now() > deadline) throw new Error('it did not happen');
		await sleep(5);
	}
}

/** Except for the question whether AIR accepts the key, which comes first. */
const statusQuestions = () =>
	air.emulator.control
		.requests()
		.filter(
			({ operation, outcome, ms }) =>
				operation === 'status' && outcome !== 'refused' && ms !== undefined,
		).length;

async function assertBalanced(people: readonly string[], ...executions: Map<string, Ending>[]) {
	const opened = await openLedger({ store: 'embedded' });
	if (opened === undefined) throw new Error('no ledger');
	const rows = await opened.ledger.list({ limit: 100 });
	const endings = new Map(
		people.map((name) => {
			const recipient = `${name}@example.com`;
			const each = executions.map((execution) => execution.get(recipient));
			return [recipient, each.filter((ending) => ending !== undefined)];
		}),
	);
	const requests = air.emulator.control.requests();
	const books = { rows, requests, endings, sendAgain: false, revoked: new Set<string>() };
	expect(cellImbalances(books)).toEqual([]);
	expect(air.emulator.control.counts().issuances).toBe(people.length);
}

/** Of tokens; that a hash is not known is an answer. */
const refusals = () => air.emulator.control.requests().filter(({ status }) => status === 401);
const words = (execution: Map<string, Ending>) =>
	[...execution.values()].map((end) => (end.how === 'issued' ? 'issued' : end.code));

const report = (fault: string, setting: Setting) => {
	reportRow({
		Place: 'clock',
		Fault: fault,
		Setting: setting.name,
		First: 'issued',
		Again: 'issued',
		Accepted: air.emulator.control.counts().issuances,
	});
};

const [revoke, , ignore] = settings as [Setting, Setting, Setting, Setting];
const jumps = [
	['back by an hour, for a moment', -HOUR_MS, true],
	['forward by an hour, for a moment', HOUR_MS, true],
	['back by five seconds', -STEP_MS, false],
	['forward by five seconds', STEP_MS, false],
] as const;

describe.each([revoke, ignore])('$name', (setting) => {
	test.each(jumps)(
		'set %s, during Wait Until On-Chain: it lasts as long as it was told, and learns the end',
		async (name, jump, momentary) => {
			await startAir({ confirmAfterMs: null });
			const began = performance.now();
			const waiting = runWorkflow(
				issueWorkflow([person('ada')], {
					onDuplicate: setting.onDuplicate,
					idempotency: 'event',
					eventId: 'ada@example.com',
					options: { waitUntilOnChain: true, waitTimeout: 9 },
				}),
				credential(),
			);
			await until(() => statusQuestions() > 0);
			offset = jump;
			if (momentary) {
				await sleep(300);
				offset = 0;
			}
			// The questions at 3 and 7 s learn of it.
			air.emulator.control.setSettings({ confirmAfterMs: 0 });
			const { json } = await waiting;
			expect(performance.now() - began).toBeLessThan(30_000);
			expect(json('Done')[0]).toMatchObject({ onChain: true });
			expect(json('Done')[0]?.waitedMs).toBeLessThan(9_500);
			expect(refusals()).toEqual([]);
			offset = 0;
			const again = await execute(credential(), ['ada'], setting);
			expect(words(again)).toEqual(['issued']);
			await assertBalanced(['ada'], again);
			report(`set ${name}, during Wait Until On-Chain`, setting);
		},
	);

	test.each(jumps)(
		'set %s, while an execution waits for the attempt of another: one issuance, and a replay',
		async (name, jump, momentary) => {
			await startAir({ latencyMs: 2_000 });
			const first = execute(credential(), ['ada'], setting);
			await until(() => air.emulator.control.requests().length > 0);
			const second = execute(credential(), ['ada'], setting);
			await sleep(300);
			offset = jump;
			if (momentary) {
				await sleep(700);
				offset = 0;
			}
			const [one, other] = await Promise.all([first, second]);
			expect([words(one), words(other)]).toEqual([['issued'], ['issued']]);
			expect([...other.values()]).toMatchObject([{ replayed: true }]);
			expect(refusals()).toEqual([]);
			await assertBalanced(['ada'], one, other);
			report(`set ${name}, while another attempt is waited for`, setting);
		},
	);

	test.each(jumps)(
		'set %s, between signing and sending: issued, once',
		async (name, jump, momentary) => {
			await startAir();
			const token = Reflect.get<AirClient, 'token'>(AirClient.prototype, 'token');
			jest.spyOn(AirClient.prototype, 'token').mockImplementation(async function (
				this: AirClient,
				recipient: string,
			) {
				if (momentary) offset = 0;
				const signed = await token.call(this, recipient);
				offset = jump;
				return signed;
			});
			const people = ['ada', 'bob', 'cyd'];
			const first = await execute(credential(), people, setting, { concurrency: 1 });
			expect(words(first)).toEqual(['issued', 'issued', 'issued']);
			const second = await execute(credential(), people, setting);
			expect([...second.values()]).toMatchObject(
				people.map(() => ({ how: 'issued', replayed: true })),
			);
			expect(refusals()).toEqual([]);
			await assertBalanced(people, first, second);
			report(`set ${name}, between signing and sending`, setting);
		},
	);
});
