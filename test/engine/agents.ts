import {
	NodeConnectionTypes,
	type EngineRequest,
	type EngineResponse,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
} from 'n8n-workflow';
import { ISSUE_PARAMETERS } from './workflows';
import type { WorkflowJson } from './WorkflowJson';

/** A node as n8n offers it to agents (n8n, tool-generation/ai-tools: convertNodeToAiTool). */
export function asTool(node: INodeType): INodeType {
	return Object.assign(node, {
		description: {
			...node.description,
			name: `${node.description.name}Tool`,
			inputs: [],
			outputs: [NodeConnectionTypes.AiTool],
		},
	});
}

const description = (name: string): INodeTypeDescription => ({
	displayName: name,
	name,
	group: ['transform'],
	version: 1,
	description: '',
	defaults: { name: 'Agent' },
	inputs: ['main', { type: 'ai_tool' }],
	outputs: ['main'],
	properties: [{ displayName: 'Calls', name: 'calls', type: 'json', default: '[]' }],
});

/** The arguments of each call of the tool, which stand for what a model answers. */
const callsOf = (context: IExecuteFunctions) =>
	JSON.parse(context.getNodeParameter('calls', 0) as string) as IDataObject[];

const told = (observations: readonly string[]): INodeExecutionData[][] => [
	observations.map((observation) => ({ json: { observation } })),
];

/**
 * Calls the tool as AI Agent 3 does: the engine runs the tool's node, and what the model is told is read
 * from the run (n8n-nodes-langchain, utils/agent-execution/buildSteps: buildObservation).
 */
export class Agent3 implements INodeType {
	description = description('agent3');

	async execute(
		this: IExecuteFunctions,
		response?: EngineResponse,
	): Promise<INodeExecutionData[][] | EngineRequest> {
		const answers = response?.actionResponses ?? [];
		if (answers.length === 0) {
			return await Promise.resolve({
				actions: callsOf(this).map((input, index) => ({
					actionType: 'ExecutionNodeAction' as const,
					nodeName: 'Issue',
					input,
					type: NodeConnectionTypes.AiTool,
					id: `call_${index}`,
					metadata: { itemIndex: 0 },
				})),
				metadata: {},
			});
		}
		return told(
			answers.map(({ data }) => {
				const items = data.data?.ai_tool?.[0]?.map(({ json }) => json) ?? [];
				if (items.length > 0) return JSON.stringify(items);
				return data.error === undefined
					? JSON.stringify('')
					: JSON.stringify({ error: data.error.message });
			}),
		);
	}
}

/**
 * Calls the tool as AI Agent 1 and 2 do: within its own run, through LangChain's executor, which tells
 * the model of a failed tool: nothing (langchain/classic, agents/executor: `observation ?? ""`).
 */
export class Agent2 implements INodeType {
	description = description('agent2');

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const [tool] = (await this.getInputConnectionData(NodeConnectionTypes.AiTool, 0)) as {
			func: (args: IDataObject) => Promise<string>;
		}[];
		const observations: string[] = [];
		for (const call of callsOf(this)) {
			observations.push((await tool?.func(call).catch(() => '')) ?? 'no tool');
		}
		return told(observations);
	}
}

/** Items → Agent, which calls the tool. */
export function agentWorkflow(
	agent: 2 | 3,
	items: readonly IDataObject[],
	calls: readonly IDataObject[],
	parameters: INode['parameters'],
	settings: Partial<INode> = {},
	tool = 'mocaAirIssueOnBehalfTool',
): WorkflowJson {
	const node = (name: string, type: string, given: INode['parameters']): INode => ({
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: given,
	});
	return {
		nodes: [
			node('Items', 'test.items', { items: JSON.stringify(items) }),
			node('Agent', `test.agent${agent}`, { calls: JSON.stringify(calls) }),
			{
				...node('Issue', `n8n-nodes-moca-air.${tool}`, { ...ISSUE_PARAMETERS, ...parameters }),
				credentials: { mocaAirApi: { id: '1', name: 'AIR' } },
				...settings,
			},
		],
		connections: {
			Items: { main: [[{ node: 'Agent', type: 'main', index: 0 }]] },
			Issue: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
		},
	};
}
