import { createHash } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import type { Origin } from '../../ledger/Ledger';

/** The origin of a run, as the ledger records it. */
export function originOf(context: IExecuteFunctions): Origin {
	return {
		instance: typeof context.getInstanceId === 'function' ? context.getInstanceId() : '',
		workflowId: context.getWorkflow().id ?? '',
		executionId: context.getExecutionId() || '',
		nodeId: context.getNode().id,
	};
}

/**
 * The execution that first ran this node with these items. n8n's Retry button begins a new execution,
 * but the node's context still has what the first one wrote.
 *
 * @returns empty if n8n gives no execution ID
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
 * Identifies this execution, even among executions with the same number in another database of the same
 * n8n, since each database counts from 1.
 *
 * n8n makes a random token for each execution (which protects the URL of a Wait node) and saves it
 * before the execution starts. So it stays the same in Retry On Fail, after the Retry button, after a
 * wait, in another process, and after a crash. n8n's interface does not include the token, but its
 * class does (n8n-core, node-execution-context.js). n8n 2.0 to 2.10 makes no token, so there the number
 * is used.
 *
 * @returns empty if n8n gives neither
 */
export function executionMark(context: IExecuteFunctions): string {
	const memory = context.getContext('node');
	if (typeof memory.executionMark !== 'string' || memory.executionMark === '') {
		const { data } = withToken.safeParse(Reflect.get(context, 'runExecutionData'));
		// Anyone with the token may resume the execution, so it is never stored in clear.
		memory.executionMark =
			data === undefined
				? firstExecution(context)
				: createHash('sha256').update(data.resumeToken).digest('base64url');
	}
	return String(memory.executionMark);
}

/** Identifies this execution only, not one that it retries; empty if n8n gives no execution ID. */
export function thisExecution(context: IExecuteFunctions): string {
	const { executionId } = originOf(context);
	return executionId === '' ? '' : JSON.stringify([executionId, executionMark(context)]);
}

/**
 * When the execution that first ran this node began, in milliseconds since 1970 by n8n's clock; the
 * Retry button does not change it.
 *
 * @returns undefined if n8n does not say
 */
export function executionBegan(context: IExecuteFunctions): number | undefined {
	if (typeof context.getExecutionContext !== 'function') return undefined;
	const { data } = z.object({ establishedAt: z.number() }).safeParse(context.getExecutionContext());
	return data?.establishedAt;
}

/** Each Retry On Fail of an AI tool raises the run index, so its position does not show a repeat. */
export function isTool(context: IExecuteFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
