import { getEventListeners } from 'node:events';
import { AirClient } from '../../../../air/AirClient';
import { closeDispatchers } from '../../../../air/http/dispatchers';
import type { AirError } from '../../../../errors/AirError';
import type { IssueRequest } from '../../../../issuance/issue/Issuing';
import type { IssueAnswer } from '../../../../air/answers/schemas';
import { readSettings } from '../../../../issuance/settings/settings';
import { ISSUER_DID, PROGRAM_ID, startTestAir, type TestAir } from '../../../engine/air';
import { airErrorOf, issueAlone, type HowToIssue } from '../support';

let air: TestAir;
let client: AirClient;

beforeAll(async () => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	air = await startTestAir();
	client = new AirClient((await readSettings(air.credential)).identity);
});

afterEach(() => {
	air.emulator.control.reset();
});

afterAll(async () => {
	await air.close();
	await closeDispatchers();
});

const control = () => air.emulator.control;
const posts = () => control().counts().byOperation.issue;
const later = async (ms: number) => {
	await new Promise((resolve) => setTimeout(resolve, ms));
};

const request = (change: Partial<IssueRequest> = {}): IssueRequest => ({
	recipient: 'ada@example.com',
	issuerDid: ISSUER_DID,
	credentialId: PROGRAM_ID,
	credentialSubject: { kycLevel: 'basic' },
	onDuplicate: 'revoke',
	...change,
});

/** Issues, cancels after a while, and says how and when that ended. */
async function cancelled(afterMs: number, settings: HowToIssue = {}, change = {}) {
	const controller = new AbortController();
	const { signal } = controller;
	const began = Date.now();
	setTimeout(() => {
		controller.abort();
	}, afterMs);
	const outcome = await issueAlone(client, request(change), { ...settings, signal }).catch(
		(error: unknown) => error as AirError,
	);
	return { outcome, ms: Date.now() - began - afterMs, signal };
}

describe('an accepted issuance', () => {
	test('is AIR’s answer with what AIR leaves out', async () => {
		const before = new Date().toISOString();
		const issuance = await issueAlone(client, request());
		expect(issuance).toEqual({
			coreClaimHash: control().issuances()[0]?.coreClaimHash,
			credentialId: PROGRAM_ID,
			userUuid: expect.any(String) as string,
			email: 'ada@example.com',
			issuerDid: ISSUER_DID,
			submittedAt: expect.any(String) as string,
		});
		expect(issuance.submittedAt >= before).toBe(true);
		expect(issuance.submittedAt <= new Date().toISOString()).toBe(true);
	});

	test('keeps fields that nobody has documented', async () => {
		const text = JSON.stringify({
			coreClaimHash: 'abc',
			cakPublicKey: '0x1',
			nested: { deep: [1, null] },
		});
		control().injectFault({
			kind: 'answer',
			status: 201,
			body: { type: 'text', text },
			contentType: 'application/json',
		});
		expect(await issueAlone(client, request())).toMatchObject({
			coreClaimHash: 'abc',
			cakPublicKey: '0x1',
			nested: { deep: [1, null] },
		});
	});

	test('the e-mail address is in the token only, never in the body', async () => {
		await issueAlone(client, request());
		const [seen] = control().requests();
		expect(seen).toMatchObject({ recipient: 'ada@example.com' });
		expect(JSON.stringify(seen?.body)).not.toContain('ada@');
	});
});

describe('cancelling', () => {
	test('a signal that is aborted already: nothing is sent, nothing is asked of AIR', async () => {
		const sending = jest.spyOn(client, 'issueOnBehalf');
		const error = await airErrorOf(() =>
			issueAlone(client, request(), { signal: AbortSignal.abort() }),
		);
		expect(error.code).toBe('AIR_CANCELLED');
		expect(sending).not.toHaveBeenCalled();
		sending.mockRestore();
		await later(50);
		expect(control().counts().requests).toBe(0);
	});

	test('in flight: returns within a second, and the issuance is reported later', async () => {
		control().injectFault({ kind: 'delay', delayMs: 3_000 });
		const told: (IssueAnswer | Error)[] = [];
		const { outcome, ms, signal } = await cancelled(100, {
			onLateOutcome: (late) => told.push(late),
		});
		expect(outcome).toMatchObject({ code: 'AIR_CANCELLED_IN_FLIGHT', kind: 'outcome-unknown' });
		expect(ms).toBeLessThan(2_500);
		expect(told).toEqual([]);
		while (told.length === 0) await later(50);
		expect(told).toEqual([
			expect.objectContaining({ coreClaimHash: control().issuances()[0]?.coreClaimHash }),
		]);
		expect(getEventListeners(signal, 'abort')).toEqual([]);
	});

	test('in flight: a failure is reported later, too, and never as an unhandled rejection', async () => {
		control().injectFault({ kind: 'answer', status: 403, delayMs: 500 });
		const told: (IssueAnswer | Error)[] = [];
		const { outcome } = await cancelled(100, { onLateOutcome: (late) => told.push(late) });
		expect(outcome).toMatchObject({ code: 'AIR_CANCELLED_IN_FLIGHT' });
		while (told.length === 0) await later(50);
		expect(told).toEqual([expect.objectContaining({ code: 'AIR_FORBIDDEN', httpStatus: 403 })]);
	});

	test('a listener for the late outcome is optional', async () => {
		control().injectFault({ kind: 'reset', delayMs: 500 });
		const { outcome } = await cancelled(100);
		expect(outcome).toMatchObject({ code: 'AIR_CANCELLED_IN_FLIGHT' });
		await later(250);
	});

	test('an answer that comes right after the cancel is given out as it is', async () => {
		control().injectFault({ kind: 'delay', delayMs: 250 });
		const { outcome } = await cancelled(100);
		expect(outcome).toMatchObject({ email: 'ada@example.com' });
		expect(control().counts().issuances).toBe(1);
	});

	test.each([
		['429', { kind: 'answer', status: 429, times: null }],
		[
			'503 with Retry-After',
			{ kind: 'answer', status: 503, retryAfter: { seconds: 0 }, times: null },
		],
		['a late 429', { kind: 'answer', status: 429, delayMs: 200, times: null }],
	] as const)('between repeats (%s): no further POST', async (_name, fault) => {
		control().injectFault(fault);
		const { outcome, ms, signal } = await cancelled(100);
		expect(outcome).toMatchObject({ kind: 'not-sent' });
		// Four attempts would take longer.
		expect(ms).toBeLessThan(3_000);
		const sent = posts();
		await later(550);
		expect(posts()).toBe(sent);
		expect(sent).toBe(1);
		expect(control().counts().issuances).toBe(0);
		expect(getEventListeners(signal, 'abort')).toEqual([]);
	});

	test('between repeats under Keep Existing: no further POST, and the outcome stays unknown', async () => {
		control().injectFault({ kind: 'answer', status: 500, afterWork: true, times: null });
		const { outcome } = await cancelled(100, {}, { onDuplicate: 'ignore' });
		expect(outcome).toMatchObject({ code: 'AIR_SERVER_FAILURE', kind: 'outcome-unknown' });
		await later(550);
		expect(posts()).toBe(1);
	});

	test('a failure in flight under Keep Existing does not start a repeat in the background', async () => {
		control().injectFault({ kind: 'answer', status: 500, delayMs: 500, times: null });
		const told: (IssueAnswer | Error)[] = [];
		const settings = { onLateOutcome: (late: IssueAnswer | Error) => told.push(late) };
		const { outcome } = await cancelled(100, settings, { onDuplicate: 'ignore' });
		expect(outcome).toMatchObject({ code: 'AIR_CANCELLED_IN_FLIGHT' });
		await later(700);
		expect(posts()).toBe(1);
		expect(told).toHaveLength(1);
	});
});

describe('listeners on the signal', () => {
	test('none is left behind, however often it ends well or badly', async () => {
		const { signal } = new AbortController();
		const count = () => getEventListeners(signal, 'abort').length;
		for (let round = 0; round < 20; round++) await issueAlone(client, request(), { signal });
		expect(count()).toBe(0);
		control().injectFault({ kind: 'answer', status: 400, times: 5 });
		for (let round = 0; round < 5; round++) {
			await airErrorOf(() => issueAlone(client, request(), { signal }));
		}
		expect(count()).toBe(0);
		control().injectFault({ kind: 'answer', status: 429, times: 1 });
		await issueAlone(client, request(), { signal });
		expect(count()).toBe(0);
	});
});

test('repeats are told before they are made', async () => {
	control().injectFault({ kind: 'answer', status: 429, times: 1 });
	const repeats: [string, number][] = [];
	await issueAlone(client, request(), { onRepeat: (error, ms) => repeats.push([error.code, ms]) });
	expect(repeats).toEqual([['AIR_RATE_LIMITED', expect.any(Number) as number]]);
});
