import { ExecuteContext } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	Workflow,
	type IExecuteFunctions,
	type INode,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { runIndex } from '../../n8n/issuing/runIndex';
import { nodeTypes } from './runWorkflow';

const node: INode = {
	id: 'Sink',
	name: 'Sink',
	type: 'test.sink',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

/** As n8n's own engine gives it to a node in one of the runs of a loop. */
function contextOfRun(index: number): IExecuteFunctions {
	const input = { main: [[{ json: {} }]] };
	return new ExecuteContext(
		new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes }),
		node,
		{} as IWorkflowExecuteAdditionalData,
		'manual',
		createEmptyRunExecutionData(),
		index,
		input.main[0] ?? [],
		input,
		{ node, data: input, source: null },
		[],
	) as unknown as IExecuteFunctions;
}

test.each([0, 1, 7])('run %i is known, with or without what n8n keeps for itself', (index) => {
	const context = contextOfRun(index);
	expect(runIndex(context)).toBe(index);
	const asInterface = { getWorkflowDataProxy: context.getWorkflowDataProxy.bind(context) };
	expect(runIndex(asInterface as unknown as IExecuteFunctions)).toBe(index);
});
