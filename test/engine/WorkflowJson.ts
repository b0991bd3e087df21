import type { INode, IWorkflowBase } from 'n8n-workflow';

export interface WorkflowJson {
	readonly nodes: readonly INode[];
	readonly connections: IWorkflowBase['connections'];
}
