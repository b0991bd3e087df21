import type { IExecuteFunctions } from 'n8n-workflow';
import type { Idempotency } from '../../../issuance/issue/idempotency';
import { firstContentKeys } from '../../../n8n/issuing/firstContentKeys';

/** What n8n keeps for the node with the execution. */
let kept: Record<string, unknown>;
beforeEach(() => {
	kept = {};
});

/** Another run of the node, or the same one again as Retry On Fail makes it. */
const runOf = (runIndex = 0, type = 'n8n-nodes-moca-air.mocaAirIssueOnBehalf') =>
	firstContentKeys({
		getContext: () => kept,
		getNode: () => ({ type }),
		runIndex,
	} as unknown as IExecuteFunctions);

const request = (recipient = 'ada@example.com', what = 'c1') => ({ recipient, what });

const content = (key: string, mode: Idempotency['mode'] = 'content'): Idempotency => ({
	mode,
	key,
	rememberMs: null,
	subjectHmac: `subject of ${key}`,
});

test('the same item of the same run has the key of its first try, and its own subject', () => {
	expect(runOf()(3, request(), content('first')).key).toBe('first');
	// n8n saves it as JSON with the execution.
	kept = JSON.parse(JSON.stringify(kept)) as Record<string, unknown>;
	expect(runOf()(3, request(), content('second'))).toEqual({ ...content('second'), key: 'first' });
});

test.each([
	['person', request('bob@example.com')],
	['program', request('ada@example.com', 'c2')],
])('another %s at the same position has a key of its own', (_, other) => {
	runOf()(0, request(), content('first'));
	expect(runOf()(0, other, content('second')).key).toBe('second');
});

test('another position, run, mode or tool has, too', () => {
	runOf()(0, request(), content('first'));
	expect(runOf()(1, request(), content('other')).key).toBe('other');
	expect(runOf()(0, request(), content('event', 'event')).key).toBe('event');
	expect(runOf(0, 'some.mocaAirIssueOnBehalfTool')(0, request(), content('tool')).key).toBe('tool');
	expect(runOf(1)(0, request(), content('next')).key).toBe('next');
});

test('a loop of many runs keeps only the latest', () => {
	const small = () => JSON.stringify(kept).length;
	runOf()(0, request(), content('key of run 0'));
	const atFirst = small();
	const began = process.cpuUsage();
	for (let run = 1; run < 20_000; run++) runOf(run)(0, request(), content(`key of run ${run}`));
	const { user, system } = process.cpuUsage(began);
	expect(small()).toBeLessThan(atFirst + 20);
	// It took half a minute when all of them were kept.
	expect(user + system).toBeLessThan(5_000_000);
	expect(runOf(19_999)(0, request(), content('again')).key).toBe('key of run 19999');
});

test('no address is kept with the execution', () => {
	runOf()(0, request(), content('first'));
	expect(JSON.stringify(kept)).not.toContain('ada');
});

test.each([undefined, 7, { run: 0 }, { run: 0, keys: { 0: ['x'] } }, { '0:0': ['a', 'b', 'c'] }])(
	'what is not as it was written is not read: %j',
	(contentKeys) => {
		kept = { contentKeys };
		expect(runOf()(0, request(), content('first')).key).toBe('first');
		expect(runOf()(0, request(), content('second')).key).toBe('first');
	},
);
