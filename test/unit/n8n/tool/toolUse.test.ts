import type { IExecuteFunctions } from 'n8n-workflow';
import { assertToolMayRead } from '../../../../n8n/tool/toolUse';
import { airErrorOf } from '../../issuance/support';
import { fakeContext } from '../../nodes/support';

/** A tool in an n8n whose class holds something else, or nothing, about what the nodes gave. */
function toolIn(runExecutionData?: unknown): IExecuteFunctions {
	const { context } = fakeContext();
	const node = { ...context.getNode(), type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalfTool' };
	return Object.assign(context, { getNode: () => node, runExecutionData });
}

const gave = (...items: unknown[]) => ({
	resultData: { runData: { Webhook: [{ data: { main: [items] } }] } },
});

const read = (context: IExecuteFunctions, raw: string) =>
	airErrorOf(() => {
		assertToolMayRead(context, 'recipient', raw);
		return Promise.resolve();
	});

describe('whose item a tool reads, if n8n does not tell', () => {
	test.each([
		['nothing', undefined],
		['another shape', { resultData: { runData: [] } }],
		['runs of another shape', { resultData: { runData: { Webhook: 'one' } } }],
	])('%s: the paired item is refused', async (_what, data) => {
		const { code } = await read(toolIn(data), "={{ $('Webhook').item.json.email }}");
		expect(code).toBe('AIR_TOOL_SEVERAL_ITEMS');
	});

	test.each([
		"={{ $('Webhook').first().json.email }}",
		"={{ $fromAI('email') }}",
		'ada@example.com',
	])('%s does not depend on it', (raw) => {
		expect(() => {
			assertToolMayRead(toolIn(), 'recipient', raw);
		}).not.toThrow();
	});

	test('one item may be read, and one of two may not', async () => {
		const raw = "={{ $('Webhook').item.json.email }}";
		expect(() => {
			assertToolMayRead(toolIn(gave({})), 'recipient', raw);
		}).not.toThrow();
		expect((await read(toolIn(gave({}, {})), raw)).code).toBe('AIR_TOOL_SEVERAL_ITEMS');
	});
});
