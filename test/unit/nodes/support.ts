import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

export const node: INode = {
	id: 'n1',
	name: 'Issue',
	type: 'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

export interface FakeContext {
	readonly context: IExecuteFunctions;
	readonly hints: unknown[];
	readonly log: string[];
}

/** As much of n8n as the shared parts of our nodes touch. The engine tests use the real thing. */
export function fakeContext({
	parameters = {},
	items = 1,
	continueOnFail = false,
	...rest
}: {
	parameters?: Record<string, unknown>;
	items?: number;
	continueOnFail?: boolean;
	getExecutionCancelSignal?: () => AbortSignal;
	addExecutionHints?: undefined;
} = {}): FakeContext {
	const hints: unknown[] = [];
	const log: string[] = [];
	const context = {
		getNode: () => node,
		getInputData: () => Array.from({ length: items }, (): INodeExecutionData => ({ json: {} })),
		getNodeParameter: (name: string, _item: number, fallback?: unknown) =>
			name in parameters ? parameters[name] : fallback,
		continueOnFail: () => continueOnFail,
		addExecutionHints: (...more: unknown[]) => hints.push(...more),
		logger: {
			warn: (line: string) => log.push(line),
			info: (line: string) => log.push(line),
		},
		...rest,
	};
	return { context: context as unknown as IExecuteFunctions, hints, log };
}
