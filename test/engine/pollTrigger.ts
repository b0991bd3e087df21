import { PollContext } from 'n8n-core';
import {
	type IPollFunctions,
	Workflow,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type INode,
	type IWorkflowExecuteAdditionalData,
	type WorkflowActivateMode,
} from 'n8n-workflow';
import { recordedLog, type LogLine } from './recordedLog';
import { nodeTypes, OneCredential } from './runWorkflow';
import { MocaAirTrigger } from '../../nodes/MocaAirTrigger/MocaAirTrigger.node';

export interface Activated {
	/** One poll, as n8n's executor makes it. @returns the JSON of its items; null if there are none */
	poll(): Promise<IDataObject[] | null>;
	readonly log: LogLine[];
}

export interface ActivateOptions {
	readonly parameters?: INode['parameters'];
	readonly credential: ICredentialDataDecryptedObject;
	readonly node?: Partial<INode>;
	readonly workflowId?: string;
	readonly mode?: 'trigger' | 'manual';
	/** Why n8n activates the workflow; all polls of the activation are told the same. */
	readonly activation?: WorkflowActivateMode;
	/** As under the durable scheduler: below five minutes. */
	readonly budgetMs?: number;
	/** What durable cursors give the node instead of the workflow's static data. */
	readonly staticData?: IDataObject;
}

/**
 * Activates a workflow with the trigger: one `Workflow` and one poll context of n8n-core, which each
 * poll is called with (n8n-core, active-workflow-triggers.js).
 */
export function activate(options: ActivateOptions): Activated {
	const log = recordedLog();
	const node: INode = {
		id: 'trigger-node',
		name: 'Moca AIR Trigger',
		type: 'n8n-nodes-moca-air.mocaAirTrigger',
		typeVersion: 1,
		position: [0, 0],
		parameters: {
			pollTimes: { item: [{ mode: 'everyMinute' }] },
			...options.parameters,
		},
		credentials: { mocaAirApi: { id: '1', name: 'AIR' } },
		...options.node,
	};
	const workflow = new Workflow({
		id: options.workflowId ?? 'workflow-b',
		nodes: [node],
		connections: {},
		active: true,
		nodeTypes,
	});
	const additionalData = {
		credentialsHelper: new OneCredential(options.credential),
		variables: {},
	} as unknown as IWorkflowExecuteAdditionalData;
	const { staticData, budgetMs } = options;
	const context = new PollContext(
		workflow,
		node,
		additionalData,
		options.mode ?? 'trigger',
		options.activation ?? 'activate',
		undefined,
		undefined,
		undefined,
		undefined,
		staticData === undefined ? undefined : () => staticData,
		budgetMs === undefined ? undefined : () => budgetMs,
	);
	const type = new MocaAirTrigger();
	return {
		log,
		poll: async () => {
			const output = await type.poll.call(context as unknown as IPollFunctions);
			return output === null ? null : (output[0] ?? []).map(({ json }) => json);
		},
	};
}
