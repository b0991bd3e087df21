import type { IExecuteFunctions } from 'n8n-workflow';
import type { Origin } from '../../ledger/Ledger';

/** Where a run of a node happens, as the ledger keeps it. */
export function originOf(context: IExecuteFunctions): Origin {
	return {
		instance: typeof context.getInstanceId === 'function' ? context.getInstanceId() : '',
		workflowId: context.getWorkflow().id ?? '',
		executionId: context.getExecutionId() || '',
		nodeId: context.getNode().id,
	};
}

/**
 * The execution that first ran this node with these items. n8n's Retry button begins a new execution;
 * what the first left in the node's context is still there (n8n-facts §8.5).
 *
 * @returns empty when n8n gives no execution ID
 */
export function firstExecution(context: IExecuteFunctions): string {
	const memory = context.getContext('node');
	if (typeof memory.firstExecution !== 'string' || memory.firstExecution === '') {
		memory.firstExecution = originOf(context).executionId;
	}
	return String(memory.firstExecution);
}

/** Each Retry On Fail of an AI tool raises the run index, so its position does not tell a repeat. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
