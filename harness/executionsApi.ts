import { z } from 'zod';
import { poll } from './poll';
import type { RestClient } from './restClient';
import { executionData, parseFlatted } from './runData';

const summary = z.looseObject({
	id: z.string(),
	workflowId: z.string(),
	mode: z.string(),
	status: z.string(),
	retryOf: z.string().nullish(),
	startedAt: z.string().nullable(),
	stoppedAt: z.string().nullish(),
});

const full = summary.extend({
	data: z.string().transform((text) => executionData.parse(parseFlatted(text) ?? {})),
});

/** An execution without its run data. */
export type ExecutionSummary = z.infer<typeof summary>;
/** An execution with its run data; see `runData.ts` for how to read it. */
export type Execution = z.infer<typeof full>;

/** Which executions to list. */
export interface ExecutionFilter {
	workflowId?: string;
	status?: string[];
	mode?: string;
	limit?: number;
}

const unfinished = new Set(['new', 'running', 'unknown']);
const defaultWaitMs = 60_000;

/** n8n's executions over REST. */
export class ExecutionsApi {
	constructor(private readonly rest: RestClient) {}

	/** The newest first. */
	async list({ limit = 20, ...filter }: ExecutionFilter = {}): Promise<ExecutionSummary[]> {
		const query = new URLSearchParams({ filter: JSON.stringify(filter), limit: String(limit) });
		const answer = z.object({ results: z.array(summary) });
		return (await this.rest.get(`/executions?${query.toString()}`, answer)).results;
	}

	get(id: string): Promise<Execution> {
		return this.rest.get(`/executions/${id}`, full);
	}

	/** Waits until an execution has ended (or has gone to wait) and gives it. */
	wait(id: string, timeoutMs = defaultWaitMs): Promise<Execution> {
		return poll(`execution ${id} to end`, timeoutMs, async () => {
			const execution = await this.get(id);
			return unfinished.has(execution.status) ? undefined : execution;
		});
	}

	/**
	 * Waits until a workflow has that many ended executions.
	 *
	 * @returns all of them, the oldest first
	 */
	async waitForCount(
		workflowId: string,
		count: number,
		timeoutMs = defaultWaitMs,
	): Promise<Execution[]> {
		const what = `${count} ended executions of workflow ${workflowId}`;
		const ended = await poll(what, timeoutMs, async () => {
			const all = await this.list({ workflowId, limit: count + 20 });
			const over = all.filter(({ status }) => !unfinished.has(status));
			return over.length >= count ? over : undefined;
		});
		return await Promise.all(ended.reverse().map(({ id }) => this.get(id)));
	}

	/**
	 * Presses the Retry button of a failed execution and waits for the new one.
	 *
	 * @param useSavedWorkflow "Retry with currently saved workflow" instead of the original one
	 */
	async retry(id: string, useSavedWorkflow = false): Promise<Execution> {
		const retried = await this.rest.post(`/executions/${id}/retry`, z.object({ id: z.string() }), {
			loadWorkflow: useSavedWorkflow,
		});
		return await this.wait(retried.id);
	}

	async stop(id: string): Promise<void> {
		await this.rest.post(`/executions/${id}/stop`, z.unknown());
	}
}
