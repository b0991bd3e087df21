import { ExecuteContext, PollContext, WorkflowExecute } from 'n8n-core';
import * as n8nWorkflow from 'n8n-workflow';
import {
	NodeOperationError,
	type INode,
	type IRun,
	type IRunExecutionData,
	type Workflow,
} from 'n8n-workflow';

/**
 * What differs between the n8n-core of the lockfile and older ones, with which
 * `npm run test:compatibility` runs these tests too. Everything is looked at, no version asked for.
 */

type Cancellable = Promise<IRun> & { cancel(): void };

/** Starts an execution; n8n 2.0 takes the arguments one by one. */
export function runEngine(
	engine: WorkflowExecute,
	workflow: Workflow,
	startNode: INode | undefined,
): Cancellable {
	const run = engine.run.bind(engine) as (...args: unknown[]) => Cancellable;
	return WorkflowExecute.prototype.run.length > 1
		? run(workflow, startNode)
		: run({ workflow, startNode });
}

const knowsFailures =
	'failure' in
	new NodeOperationError({ name: '', type: '' } as INode, '', {
		failure: { cause: 'node-defect' },
	});

/** What an error tells n8n's poller; n8n before 2.37 has no place for it. */
export const failure = (told: object): { readonly failure?: object } =>
	knowsFailures ? { failure: told } : {};

/** n8n 2.0 keeps the settings of a workflow from its nodes. */
export const tellsWorkflowSettings = 'getWorkflowSettings' in ExecuteContext.prototype;

// Without them the static data is always the workflow's, and the context has no method of its own.
const hasDurableCursors = Object.hasOwn(PollContext.prototype, 'getWorkflowStaticData');

/** A test of polls with durable cursors; where n8n has none, the test says so instead of passing. */
export const testDurable = (name: string, body: () => Promise<void>): void => {
	if (hasDurableCursors) test(name, body);
	else test.skip(`${name} (this n8n has no durable cursors)`, body);
};

/** n8n 2.0 has none. */
const factory = Reflect.get(n8nWorkflow, 'createRunExecutionData') as
	typeof n8nWorkflow.createRunExecutionData | undefined;

/** What n8n saves of an execution that has not begun; undefined where n8n makes no token for it. */
export function unbegun(startNode: INode | undefined): IRunExecutionData | undefined {
	if (startNode === undefined) return undefined;
	const made = factory?.({
		executionData: {
			nodeExecutionStack: [{ node: startNode, data: { main: [[{ json: {} }]] }, source: null }],
		},
	});
	return made !== undefined && 'resumeToken' in made ? made : undefined;
}
