import { createHash } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
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
 * what the first left in the node's context is still there.
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

const withToken = z.object({ resumeToken: z.string().min(16) });

/**
 * What tells this execution from any other, also from one that has its number in another database of
 * the same n8n: those count from 1 again.
 *
 * n8n makes a random token for each execution (it is what a Wait node's URL is protected with) and
 * saves it before the execution starts. So it is the same in Retry On Fail, in what the Retry button
 * starts, after a wait, in another process, and after a crash. n8n gives a node no such thing in its
 * interface; its own class has it (n8n-core, node-execution-context.js). n8n 2.0 to 2.10 makes no
 * token: there the number has to do.
 *
 * @returns empty when n8n gives neither
 */
export function executionMark(context: IExecuteFunctions): string {
	const memory = context.getContext('node');
	if (typeof memory.executionMark !== 'string' || memory.executionMark === '') {
		const { data } = withToken.safeParse(Reflect.get(context, 'runExecutionData'));
		// Anyone who has the token may resume the execution: it is kept nowhere else in clear.
		memory.executionMark =
			data === undefined
				? firstExecution(context)
				: createHash('sha256').update(data.resumeToken).digest('base64url');
	}
	return String(memory.executionMark);
}

/** This execution and no other, not even one that it retries; empty when n8n gives no execution ID. */
export function thisExecution(context: IExecuteFunctions): string {
	const { executionId } = originOf(context);
	return executionId === '' ? '' : JSON.stringify([executionId, executionMark(context)]);
}

/**
 * When the execution began that first ran this node, in milliseconds since 1970 by n8n's clock: the
 * Retry button leaves it as it is.
 *
 * @returns undefined when n8n does not say
 */
export function executionBegan(context: IExecuteFunctions): number | undefined {
	if (typeof context.getExecutionContext !== 'function') return undefined;
	const { data } = z.object({ establishedAt: z.number() }).safeParse(context.getExecutionContext());
	return data?.establishedAt;
}

/** Each Retry On Fail of an AI tool raises the run index, so its position does not tell a repeat. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
