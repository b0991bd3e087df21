import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeDispatchers } from '../../../air/http/dispatchers';
import { closeLedgers, openLedger } from '../../../issuance/session/openLedger';
import { makeKey } from '../../support/keys';
import { reportRow } from '../../support/report';
import { PARTNER_ID, startTestAir, type TestAir } from '../air';
import { runWorkflow } from '../runWorkflow';
import { issueWorkflow, person } from '../workflows';
import { cellImbalances, type Ending } from './books';
import { execute, settings, type Setting } from './execution';

/** Clocks that differ, keys that change while a batch is being issued, and tokens that grow old. */
const PEOPLE = ['ada', 'bob', 'cyd'];
const MINUTE_MS = 60_000;
const SLOW_MS = 150;

jest.setTimeout(120_000);

let folder: string;
let air: TestAir;

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-keys-'));
	process.env.N8N_USER_FOLDER = folder;
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

const [revoke, , ignore] = settings as [Setting, Setting, Setting, Setting];
const credential = () => ({ ...air.credential, ledger: 'embedded' });
const wordOf = (ending?: Ending) =>
	ending === undefined ? 'none' : ending.how === 'issued' ? 'issued' : ending.code;
const wordsOf = (endings: ReadonlyMap<string, Ending>) => [...endings.values()].map(wordOf);

/** Something that happens soon, while an execution is under way. */
async function until(happened: () => boolean): Promise<void> {
	const deadline = performance.now() + 60_000;
	while (!happened()) {
		if (performance.now() > deadline) throw new Error('it did not happen');
		await sleep(5);
	}
}

async function assertBalanced(...executions: readonly ReadonlyMap<string, Ending>[]) {
	const opened = await openLedger({ store: 'embedded' });
	if (opened === undefined) throw new Error('no ledger');
	const rows = await opened.ledger.list({ limit: 100 });
	const endings = new Map(
		PEOPLE.map((name) => {
			const recipient = `${name}@example.com`;
			const each = executions.map((execution) => execution.get(recipient));
			return [recipient, each.filter((ending) => ending !== undefined)];
		}),
	);
	const requests = air.emulator.control.requests();
	const revoked = new Set<string>();
	expect(cellImbalances({ rows, requests, endings, sendAgain: false, revoked })).toEqual([]);
	expect(rows.map(({ realm }) => realm)).toEqual(
		Array<string>(3).fill(`${air.emulator.baseUrl} ${PARTNER_ID}`),
	);
}

/** The same event again, with everything as it should be. */
async function againAndBalanced(
	fault: string,
	setting: Setting,
	first: ReadonlyMap<string, Ending>,
): Promise<void> {
	const second = await execute(credential(), PEOPLE, setting);
	expect(wordsOf(second)).toEqual(['issued', 'issued', 'issued']);
	await assertBalanced(first, second);
	reportRow({
		Place: 'key or clock',
		Fault: fault,
		Setting: setting.name,
		First: [...new Set(wordsOf(first))].join(', '),
		Again: 'issued',
		Accepted: air.emulator.control.counts().issuances,
	});
}

describe.each([revoke, ignore])('$name', (setting) => {
	test.each([
		[
			'ten minutes behind',
			10 * MINUTE_MS,
			'AIR_UNAUTHORIZED_EXPIRED',
			/(599|60\d) seconds behind AIR.*NTP/,
		],
		[
			'ten minutes ahead',
			-10 * MINUTE_MS,
			'AIR_UNAUTHORIZED',
			/(599|60\d) seconds ahead of AIR.*NTP/,
		],
	])(
		'our clock is %s: refused, and the advice says by how much',
		async (name, skew, code, words) => {
			air = await startTestAir();
			air.emulator.control.setTime({ jwtSkewMs: skew });
			const first = await execute(credential(), PEOPLE, setting);
			for (const end of first.values())
				expect(end).toMatchObject({ message: expect.stringMatching(words) as string });
			expect(wordsOf(first)).toEqual([code, code, code]);
			expect(air.emulator.control.counts().issuances).toBe(0);
			air.emulator.control.setTime({ jwtSkewMs: 0 });
			air.emulator.control.clearRecord();
			const opened = await openLedger({ store: 'embedded' });
			for (const { state } of (await opened?.ledger.list({ limit: 10 })) ?? []) {
				expect(state).toBe('rejected');
			}
			await againAndBalanced(`clock ${name}`, setting, first);
		},
	);

	/** Waits until the first of the three was issued, and then does something to the rest. */
	async function afterTheFirst(change: () => void | Promise<void>) {
		const running = execute(credential(), PEOPLE, setting, { concurrency: 1 });
		await until(() => air.emulator.control.counts().issuances > 0);
		await change();
		return await running;
	}

	test.each([
		['the key is taken out of the JWKS', 'AIR_UNAUTHORIZED_KID', () => (air.jwks.keys = [])],
		[
			'another key takes its kid',
			'AIR_UNAUTHORIZED_SIGNATURE',
			() => (air.jwks.keys = [makeKey().jwk(PARTNER_ID)]),
		],
		[
			'Issue on Behalf is switched off',
			'AIR_FORBIDDEN_FEATURE',
			() => {
				air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: false });
			},
		],
		[
			'the JWKS host is down',
			'AIR_UNAUTHORIZED_JWKS_UNREACHABLE',
			() => {
				const fault = { kind: 'answer', operation: 'jwks', status: 500, times: null } as const;
				air.emulator.control.injectFault(fault);
			},
		],
	])(
		'%s in the middle of a batch: the rest is refused, and issued later',
		async (name, code, change) => {
			air = await startTestAir({ latencyMs: SLOW_MS });
			const { keys } = air.jwks;
			const first = await afterTheFirst(() => {
				change();
			});
			expect(wordsOf(first)).toEqual(['issued', code, code]);
			air.jwks.keys = keys;
			air.emulator.control.clearFaults();
			air.emulator.control.setFeature({ partnerId: PARTNER_ID, enabled: true });
			await againAndBalanced(name, setting, first);
			expect(air.emulator.control.counts().issuances).toBe(3);
		},
	);

	test('a new key, with the old one still published: what was issued is not issued again', async () => {
		air = await startTestAir();
		const first = await execute(credential(), PEOPLE, setting);
		const next = makeKey();
		air.jwks.keys = [...air.jwks.keys, next.jwk('next')];
		const rotated = { ...credential(), privateKey: next.pem, kid: 'next' };
		const second = await execute(rotated, PEOPLE, setting);
		expect([...second.values()].map((end) => end.how === 'issued' && end.replayed)).toEqual([
			true,
			true,
			true,
		]);
		expect(air.emulator.control.counts().issuances).toBe(3);
		await assertBalanced(first, second);
	});

	test('tokens expire while an issuance is waited for: new ones are signed, and nothing is refused', async () => {
		let offset = 0;
		const { now } = Date;
		jest.spyOn(Date, 'now').mockImplementation(() => now() + offset);
		air = await startTestAir({ confirmAfterMs: null, now: () => Date.now() });
		const { control } = air.emulator;
		const waiting = runWorkflow(
			issueWorkflow([person('ada')], {
				onDuplicate: setting.onDuplicate,
				options: { waitUntilOnChain: true, waitTimeout: 900 },
			}),
			credential(),
		);
		// Answered, and not just under way when the clock jumps.
		const asked = () =>
			control.requests().filter(
				({ operation, outcome, ms }) =>
					// Except for the question whether AIR accepts the key, which comes first.
					operation === 'status' && outcome !== 'refused' && ms !== undefined,
			).length;
		await until(() => asked() > 0);
		const before = asked();
		offset += 6 * MINUTE_MS;
		await until(() => asked() > before);
		control.setSettings({ confirmAfterMs: 0 });
		const { json } = await waiting;
		expect(json('Done')[0]).toMatchObject({ onChain: true });
		const requests = control.requests();
		expect(requests.filter(({ status }) => status === 401)).toEqual([]);
		expect(new Set(requests.map(({ tokenHash }) => tokenHash)).size).toBeGreaterThan(1);
		reportRow({
			Place: 'key or clock',
			Fault: 'the token expires during a wait',
			Setting: setting.name,
			First: 'issued',
			Again: 'issued',
			Accepted: control.counts().issuances,
		});
	});
});
