import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IDataObject, INode } from 'n8n-workflow';
import { closeDispatchers } from '../../air/http/dispatchers';
import { closeLedgers, embeddedLedgerFile, openLedger } from '../../issuance/session/openLedger';
import { startTestAir, type TestAir } from './air';
import { runWorkflow } from './runWorkflow';
import { issueWorkflow, person } from './workflows';

// Every issuance is on the disk before it is sent, and the disks of test machines are slow.
jest.setTimeout(120_000);

let air: TestAir;
let folder: string;

beforeAll(() => {
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
});
afterAll(() => {
	delete process.env.MOCA_AIR_ALLOW_PRIVATE_URLS;
});

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), 'moca-air-bulk-'));
	process.env.N8N_USER_FOLDER = folder;
	air = await startTestAir();
	air.emulator.control.setSettings({ latencyMs: 20 });
});
afterEach(async () => {
	await closeLedgers();
	await closeDispatchers();
	await air.close();
	delete process.env.N8N_USER_FOLDER;
	rmSync(folder, { recursive: true, force: true });
});

const control = () => air.emulator.control;
const issued = () => control().issuances();

/** How many rows of the ledger are in each state. */
const rows = async () => {
	const opened = await openLedger({ store: 'embedded' });
	expect(embeddedLedgerFile(process.env)).toContain(folder);
	return await opened?.ledger.totals();
};

const people = (count: number, name = 'p') =>
	Array.from({ length: count }, (_, index) => person(`${name}${index}`));

interface Bulk {
	items: readonly IDataObject[];
	options?: IDataObject;
	settings?: Partial<INode>;
	ledger?: 'embedded' | 'off';
	parameters?: INode['parameters'];
}

const bulk = async (
	{ items, options = {}, settings, ledger = 'embedded', parameters = {} }: Bulk,
	run: Parameters<typeof runWorkflow>[2] = {},
) =>
	await runWorkflow(
		issueWorkflow(
			items,
			{ idempotency: 'content', ...parameters, options: options as INode['parameters'] },
			settings,
		),
		{ ...air.credential, ledger },
		run,
	);

describe.each(['embedded', 'off'] as const)('many items at once, ledger %s', (ledger) => {
	test('come out in the order in which they came in, each issued once', async () => {
		const items = people(150);
		const { json, items: out, error } = await bulk({ items, ledger, options: { concurrency: 20 } });
		expect(error).toBeUndefined();
		expect(json('Done').map(({ email }) => email)).toEqual(items.map(({ email }) => email));
		expect(out('Done').map(({ pairedItem }) => pairedItem)).toEqual(
			items.map((_, item) => ({ item })),
		);
		expect(issued()).toHaveLength(150);
		const { maxInFlight, connections } = control().counts();
		expect(maxInFlight).toBeGreaterThan(1);
		expect(maxInFlight).toBeLessThanOrEqual(20);
		expect(connections).toBeLessThanOrEqual(22);
		if (ledger === 'embedded') expect(await rows()).toEqual({ submitted: 150 });
	});

	test('of one person and program go one after another, in the order of the input', async () => {
		const items = Array.from({ length: 30 }, (_, index) =>
			person(`p${index % 3}`, { level: `level ${index}` }),
		);
		await bulk({ items, ledger, options: { concurrency: 30 } });
		expect(control().counts().maxInFlight).toBeLessThanOrEqual(3);
		for (const name of ['p0', 'p1', 'p2']) {
			const levels = control()
				.requests()
				.filter(({ recipient }) => recipient === `${name}@example.com`)
				.map(({ body }) => (body as { credentialSubject: IDataObject }).credentialSubject.kycLevel);
			const own = items.filter(({ email }) => email === `${name}@example.com`);
			expect(levels).toEqual(own.map(({ level }) => level));
		}
	});

	test('one event ID for two people issues to the first alone', async () => {
		const { json } = await bulk({
			items: people(2),
			ledger,
			parameters: { idempotency: 'event', eventId: 'evt_1' },
			settings: { onError: 'continueRegularOutput' },
		});
		expect(issued().map(({ recipient }) => recipient)).toEqual(['p0@example.com']);
		expect(json('Done')[1]?.code).toBe('AIR_EVENT_ID_OTHER_RECIPIENT');
	});
});

describe('when one fails', () => {
	const refuse = (name: string) => {
		control().injectFault({
			kind: 'answer',
			operation: 'issue',
			status: 400,
			recipient: `${name}@example.com`,
			times: null,
		});
	};

	test('under Continue On Fail the rest is issued, and each outcome is in its place', async () => {
		refuse('p7');
		const items = people(40);
		const { json } = await bulk({ items, settings: { onError: 'continueRegularOutput' } });
		expect(json('Done').map((item) => ('error' in item ? 'failed' : item.email))).toEqual(
			items.map(({ email }, index) => (index === 7 ? 'failed' : email)),
		);
		expect(await rows()).toEqual({ submitted: 39, rejected: 1 });
	});

	test('without it sending stops soon, and the error says what was issued', async () => {
		refuse('p25');
		const { error } = await bulk({ items: people(200), options: { concurrency: 10 } });
		expect(error?.description).toMatch(/^Row 26 of 200\. /);
		const count = issued().length;
		expect(count).toBeGreaterThanOrEqual(20);
		expect(count).toBeLessThanOrEqual(25 + 20);
		expect(error?.description).toContain(
			`${count} of 200 rows were issued before it stopped: rows 1–`,
		);
		// What was begun and not sent is released; nothing is left to be found out.
		expect(await rows()).toEqual({ submitted: count, rejected: expect.any(Number) as number });
		// Run again, what was issued is not issued again.
		control().clearFaults();
		const again = await bulk({ items: people(200) }, { executionId: '2' });
		expect(again.json('Done').filter(({ outcome }) => outcome === 'alreadyIssued')).toHaveLength(
			count,
		);
		expect(issued()).toHaveLength(200);
	});
});

describe('limits', () => {
	test('Requests per Second holds for all executions of the process together', async () => {
		const began = performance.now();
		await Promise.all([
			bulk({ items: people(15, 'a'), options: { requestsPerSecond: 20 } }),
			bulk({ items: people(15, 'b'), options: { requestsPerSecond: 50 } }, { executionId: '2' }),
		]);
		expect(issued()).toHaveLength(30);
		// The first goes at once; a timer may be caught up with by a fiftieth of a second.
		expect(performance.now() - began).toBeGreaterThan((29 / 20) * 1000 - 100);
	});

	test('replays take nothing from it', async () => {
		const items = people(40);
		await bulk({ items });
		const began = performance.now();
		const { json } = await bulk(
			{ items, options: { requestsPerSecond: 0.1 } },
			{ executionId: '2' },
		);
		expect(json('Done').every(({ outcome }) => outcome === 'alreadyIssued')).toBe(true);
		// Sent, they would have taken 400 seconds.
		expect(performance.now() - began).toBeLessThan(60_000);
	});

	test('AIR’s own: what it refuses is sent again, once, and nobody sends meanwhile', async () => {
		control().setRateLimit({ perSecond: 60, burst: 60, retryAfter: { seconds: 1 } });
		const { json, error } = await bulk({ items: people(200), options: { concurrency: 40 } });
		expect(error).toBeUndefined();
		expect(json('Done')).toHaveLength(200);
		expect(issued()).toHaveLength(200);
		expect(await rows()).toEqual({ submitted: 200 });
		// Those under way at the first refusal, and a few more while the limit is looked for.
		expect(control().counts().rateLimited).toBeLessThan(40 + 40);
	});
});

test('a cancel: nothing new is sent, the node returns at once, what was under way is recorded', async () => {
	control().injectFault({ kind: 'delay', delayMs: 3_000, operation: 'issue', times: null });
	const sent = () => control().counts().byOperation.issue;
	await bulk(
		{ items: people(100), options: { concurrency: 10 } },
		{ cancelWhen: () => sent() === 10 },
	);
	expect(await rows()).toEqual({ sending: 10 });
	const ended = async () => (await rows())?.submitted === 10;
	for (let i = 0; i < 200 && !(await ended()); i++) {
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	expect(await rows()).toEqual({ submitted: 10 });
	expect(sent()).toBe(10);
});

test('what AIR has not answered seconds after a cancel is unknown, and not sent again', async () => {
	control().injectFault({ kind: 'delay', delayMs: 60_000, operation: 'issue', times: null });
	const sent = () => control().counts().byOperation.issue;
	const parameters = { onDuplicate: 'revoke' };
	const options = { concurrency: 10 };
	await bulk({ items: people(20), options, parameters }, { cancelWhen: () => sent() === 10 });
	const over = async () => (await rows())?.unknown === 10;
	for (let i = 0; i < 300 && !(await over()); i++) {
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	expect(await rows()).toEqual({ unknown: 10 });
	control().clearFaults();
	const settings: Partial<INode> = { onError: 'continueRegularOutput' };
	const { json } = await bulk(
		{ items: people(20), options, parameters, settings },
		{ executionId: '2' },
	);
	expect(json('Done').filter((item) => 'error' in item)).toHaveLength(10);
	expect(sent()).toBe(20);
});

/** How many requests are in flight while something is done, in the order of the samples. */
async function inFlightDuring(work: () => Promise<unknown>): Promise<number[]> {
	const samples: number[] = [];
	const timer = setInterval(() => samples.push(control().counts().inFlight), 20);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
	return samples;
}

const typical = (samples: readonly number[]) =>
	[...samples].sort((a, b) => a - b)[samples.length >> 1] ?? 0;

describe('without a number of your own', () => {
	test('AIR works on any number: as many as there are places', async () => {
		control().setSettings({ latencyMs: 200 });
		const { json, error } = await bulk({
			items: people(500),
			ledger: 'off',
			parameters: { onDuplicate: 'ignore' },
		});
		expect(error).toBeUndefined();
		expect(json('Done')).toHaveLength(500);
		// How soon it grows depends on what else the machine does.
		expect(control().counts().maxInFlight).toBeGreaterThan(10);
		expect(control().counts().maxInFlight).toBeLessThanOrEqual(100);
	});

	test('AIR works on 20 at once: few wait in line there', async () => {
		control().setSettings({ latencyMs: 100, workers: 20 });
		const samples = await inFlightDuring(async () => {
			const { json } = await bulk({ items: people(800), parameters: { onDuplicate: 'ignore' } });
			expect(json('Done')).toHaveLength(800);
		});
		expect(issued()).toHaveLength(800);
		// A busy machine answers late, too.
		expect(typical(samples.slice(samples.length / 2))).toBeLessThanOrEqual(2 * 20);
	});

	test('if an unknown outcome is a dead end: at most 25', async () => {
		control().setSettings({ latencyMs: 100 });
		const { json } = await bulk({ items: people(300), parameters: { onDuplicate: 'revoke' } });
		expect(json('Done')).toHaveLength(300);
		expect(control().counts().maxInFlight).toBeLessThanOrEqual(25);
	});
});
