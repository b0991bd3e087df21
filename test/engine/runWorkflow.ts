import { ExecutionLifecycleHooks, WorkflowExecute } from 'n8n-core';
import {
	ICredentialsHelper,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentialType,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type INodeExecutionData,
	type INodeProperties,
	type INodeType,
	type INodeTypeDescription,
	type INodeTypes,
	type IRun,
	type IRunExecutionData,
	type IWorkflowBase,
	type IWorkflowExecuteAdditionalData,
	type IWorkflowSettings,
} from 'n8n-workflow';
import { MocaAirApi } from '../../credentials/MocaAirApi.credentials';
import { MocaAirGetIssuanceStatus } from '../../nodes/MocaAirGetIssuanceStatus/MocaAirGetIssuanceStatus.node';
import { MocaAirIssueOnBehalf } from '../../nodes/MocaAirIssueOnBehalf/MocaAirIssueOnBehalf.node';
import { MocaAirJwksTrigger } from '../../nodes/MocaAirJwksTrigger/MocaAirJwksTrigger.node';
import { MocaAir } from '../../nodes/MocaAir/MocaAir.node';
import { MocaAirTrigger } from '../../nodes/MocaAirTrigger/MocaAirTrigger.node';
import { Agent2, Agent3, asTool } from './agents';
import { runEngine } from './engineAtHand';
import type { WorkflowJson } from './WorkflowJson';
import { recordedLog, type LogLine } from './recordedLog';

/** Begins a workflow with the items of its parameter, as a webhook or a sheet would bring them. */
class Items implements INodeType {
	description = {
		displayName: 'Items',
		name: 'items',
		group: ['trigger'],
		version: 1,
		description: '',
		defaults: { name: 'Items' },
		inputs: [],
		outputs: ['main'],
		properties: [{ displayName: 'Items', name: 'items', type: 'json', default: '[]' }],
	} satisfies INodeTypeDescription;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = JSON.parse(this.getNodeParameter('items', 0) as string) as IDataObject[];
		return await Promise.resolve([items.map((json) => ({ json }))]);
	}
}

/** Records what reached it. */
class Sink implements INodeType {
	description = {
		displayName: 'Sink',
		name: 'sink',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Sink' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	} satisfies INodeTypeDescription;

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await Promise.resolve([this.getInputData()]);
	}
}

const types: Readonly<Record<string, INodeType>> = {
	'test.items': new Items(),
	'test.sink': new Sink(),
	'n8n-nodes-moca-air.mocaAirIssueOnBehalf': new MocaAirIssueOnBehalf(),
	'n8n-nodes-moca-air.mocaAirGetIssuanceStatus': new MocaAirGetIssuanceStatus(),
	'n8n-nodes-moca-air.mocaAir': new MocaAir(),
	'n8n-nodes-moca-air.mocaAirTool': new MocaAir(),
	'n8n-nodes-moca-air.mocaAirIssueOnBehalfTool': asTool(new MocaAirIssueOnBehalf()),
	'n8n-nodes-moca-air.mocaAirGetIssuanceStatusTool': asTool(new MocaAirGetIssuanceStatus()),
	'test.agent2': new Agent2(),
	'test.agent3': new Agent3(),
	'n8n-nodes-moca-air.mocaAirTrigger': new MocaAirTrigger(),
	'n8n-nodes-moca-air.mocaAirJwksTrigger': new MocaAirJwksTrigger(),
};

function typeOf(name: string): INodeType {
	const type = types[name];
	if (type === undefined) throw new Error(`the engine tests know no node type ${name}`);
	return type;
}

export const nodeTypes: INodeTypes = {
	getByName: typeOf,
	getByNameAndVersion: typeOf,
	getKnownTypes: () => ({}),
};

/** Gives out one credential and authenticates with it as n8n does: by the class of the package. */
export class OneCredential extends ICredentialsHelper {
	private readonly type: ICredentialType = new MocaAirApi();

	constructor(private readonly data: ICredentialDataDecryptedObject) {
		super();
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		if (typeof this.type.authenticate !== 'function') throw new Error('no authenticate');
		return await this.type.authenticate(credentials, requestOptions);
	}

	async preAuthentication(): Promise<undefined> {
		await Promise.resolve();
	}

	async runPreAuthentication(): Promise<undefined> {
		await Promise.resolve();
	}

	async getCredentials(): Promise<never> {
		return await Promise.reject(new Error('not needed: credentials come decrypted'));
	}

	async getDecrypted(): Promise<ICredentialDataDecryptedObject> {
		return await Promise.resolve(this.data);
	}

	async updateCredentials(): Promise<void> {
		await Promise.resolve();
	}

	async updateCredentialsOauthTokenData(): Promise<void> {
		await Promise.resolve();
	}

	getCredentialsProperties(): INodeProperties[] {
		return this.type.properties;
	}
}

export interface RunResult {
	readonly run: IRun;
	readonly log: LogLine[];
	/** Items that a node gave out, by its name and output. */
	readonly items: (node: string, output?: number) => INodeExecutionData[];
	/** The JSON of those items. */
	readonly json: (node: string, output?: number) => IDataObject[];
	/** The error that ended the run, if one did. */
	readonly error:
		| {
				message: string;
				description?: string | null | undefined;
				httpCode?: string | null | undefined;
		  }
		| undefined;
}

/**
 * Runs workflow JSON through n8n's own engine with our nodes, in this process.
 *
 * @param cancelAfterMs - cancels the execution as the Stop button does
 * @param cancelWhen - cancels it as soon as this is true
 * @param saved - goes on with what n8n saved of an execution, as the Retry button does, or from the
 *   beginning if it had not begun
 */
export async function runWorkflow(
	{ nodes, connections }: WorkflowJson,
	credential: ICredentialDataDecryptedObject,
	{
		cancelAfterMs,
		cancelWhen,
		executionId = '1',
		settings = {},
		saved,
	}: {
		cancelAfterMs?: number;
		cancelWhen?: () => boolean;
		executionId?: string;
		settings?: IWorkflowSettings;
		saved?: IRunExecutionData;
	} = {},
): Promise<RunResult> {
	const log = recordedLog();
	const workflow = new Workflow({
		id: 'engine-test',
		nodes: structuredClone([...nodes]),
		connections,
		active: false,
		nodeTypes,
		settings,
	});
	const workflowData = {
		id: 'engine-test',
		name: 'engine test',
		nodes,
		connections,
		active: false,
	};
	const additionalData = {
		credentialsHelper: new OneCredential(credential),
		executionId,
		instanceBaseUrl: 'http://127.0.0.1/',
		restApiUrl: 'http://127.0.0.1/',
		formWaitingBaseUrl: 'http://127.0.0.1/',
		webhookBaseUrl: 'http://127.0.0.1/',
		webhookWaitingBaseUrl: 'http://127.0.0.1/',
		webhookTestBaseUrl: 'http://127.0.0.1/',
		currentNodeParameters: undefined,
		variables: {},
		hooks: new ExecutionLifecycleHooks(
			'manual',
			executionId,
			workflowData as unknown as IWorkflowBase,
		),
	} as unknown as IWorkflowExecuteAdditionalData;

	const running =
		saved === undefined
			? runEngine(
					new WorkflowExecute(additionalData, 'manual'),
					workflow,
					workflow.getNode('Items') ?? undefined,
				)
			: new WorkflowExecute(additionalData, 'retry', saved).processRunExecutionData(workflow);
	const timer =
		cancelAfterMs === undefined
			? undefined
			: setTimeout(() => {
					running.cancel();
				}, cancelAfterMs);
	const watching =
		cancelWhen === undefined
			? undefined
			: setInterval(() => {
					if (cancelWhen()) running.cancel();
				}, 10);
	const run = await running;
	clearTimeout(timer);
	clearInterval(watching);
	const items = (node: string, output = 0) => {
		const last = run.data.resultData.runData[node]?.at(-1);
		return last?.data?.main?.[output] ?? [];
	};
	return {
		run,
		log,
		items,
		json: (node, output) => items(node, output).map(({ json }) => json),
		error: run.data.resultData.error,
	};
}
