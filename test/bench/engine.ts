import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Backend from '@n8n/backend-common';
import type * as Di from '@n8n/di';
import type * as Core from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	ICredentialsHelper,
	ICredentialType,
	IDataObject,
	IHttpRequestOptions,
	INode,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IRun,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import type * as N8nWorkflow from 'n8n-workflow';
import type { BenchSettings } from './settings';

/** Nodes of a workflow, one after another. */
export type Chain = readonly Pick<
	INode,
	'name' | 'type' | 'typeVersion' | 'parameters' | 'credentials'
>[];

/** The data of credentials, by type. */
export type Credentials = Readonly<Record<string, ICredentialDataDecryptedObject>>;

/** The engine of an installed n8n, with its own nodes and ours. */
export interface Engine {
	/**
	 * Runs nodes one after another, beginning with these items.
	 *
	 * @returns how long the nodes took, without the one that brings the items, and the output of the last
	 * @throws what a node throws
	 */
	run(
		items: readonly IDataObject[],
		chain: Chain,
		credentials: Credentials,
	): Promise<{ readonly seconds: number; readonly output: readonly INodeExecutionData[] }>;
	/** A module of the package under test, e.g. `issuance/openLedger`. */
	own(module: string): unknown;
	readonly core: typeof Core;
	readonly workflow: typeof N8nWorkflow;
	credentialsHelper(credentials: Credentials): ICredentialsHelper;
	type(name: string): INodeType;
}

/** Brings the items, as a sheet would. */
class Source {
	items: readonly IDataObject[] = [];
	began = 0;

	readonly type = {
		description: {
			displayName: 'Items',
			name: 'items',
			group: ['trigger'],
			version: 1,
			description: '',
			defaults: { name: 'Items' },
			inputs: [],
			outputs: ['main'],
			properties: [],
		} satisfies INodeTypeDescription,
		execute: async (): Promise<INodeExecutionData[][]> => {
			const output = this.items.map((json) => ({ json }));
			this.began = performance.now();
			return await Promise.resolve([output]);
		},
	};
}

const OURS = ['MocaAirIssueOnBehalf', 'MocaAirTrigger'] as const;
const BASE = {
	'n8n-nodes-base.jwt': ['Jwt/Jwt.node.js', 'Jwt'],
	'n8n-nodes-base.httpRequest': ['HttpRequest/HttpRequest.node.js', 'HttpRequest'],
	'n8n-nodes-base.noOp': ['NoOp/NoOp.node.js', 'NoOp'],
} as const;

/**
 * n8n evaluates expressions in an isolate of their own, which is set up when it starts (n8n 2.40,
 * commands/base-command.js, with the defaults of ExpressionEngineConfig).
 */
const EXPRESSIONS = {
	engine: 'vm',
	poolSize: 1,
	maxCodeCacheSize: 1024,
	bridgeTimeout: 5000,
	bridgeMemoryLimit: 128,
	lazyAcquire: false,
	compileCache: false,
} as const;

/** The node with which a workflow begins, if there is one. */
const startingAt = (startNode: INode | null) => (startNode === null ? {} : { startNode });

export async function loadEngine({
	n8n,
	subject,
}: Pick<BenchSettings, 'n8n' | 'subject'>): Promise<Engine> {
	const fromN8n = createRequire(join(n8n, 'node_modules', 'n8n-core', 'package.json'));
	const fromSubject = createRequire(join(subject, 'package.json'));
	const core = fromN8n('n8n-core') as typeof Core;
	const workflow = fromN8n('n8n-workflow') as typeof N8nWorkflow;
	await workflow.Expression.initExpressionEngine(EXPRESSIONS);
	const { Logger } = fromN8n('@n8n/backend-common') as typeof Backend;
	const { Container } = fromN8n('@n8n/di') as typeof Di;
	const own = (module: string): unknown => fromSubject(`./dist/${module}.js`);
	const made = (module: unknown, name: string): INodeType => {
		const Type = (module as Record<string, new () => INodeType>)[name];
		if (Type === undefined) throw new Error(`there is no class ${name}`);
		return new Type();
	};
	const silent = Object.fromEntries(
		['error', 'warn', 'info', 'debug'].map((level) => [level, () => undefined]),
	);
	Container.set(Logger, { ...silent, scoped: () => silent } as unknown as Backend.Logger);

	const source = new Source();
	const types = new Map<string, INodeType>([['bench.items', source.type]]);
	for (const name of OURS) {
		const type = `n8n-nodes-moca-air.${name.charAt(0).toLowerCase()}${name.slice(1)}`;
		types.set(type, made(own(`nodes/${name}/${name}.node`), name));
	}
	for (const [type, [file, name]] of Object.entries(BASE)) {
		const module: unknown = fromN8n(
			join(n8n, 'node_modules', 'n8n-nodes-base', 'dist', 'nodes', file),
		);
		const node = made(module, name) as INodeType & {
			getNodeType?: (version?: number) => INodeType;
		};
		types.set(type, node.getNodeType?.() ?? node);
	}
	const typeOf = (name: string): INodeType => {
		const type = types.get(name);
		if (type === undefined) throw new Error(`no node type ${name}`);
		return type;
	};
	const nodeTypes = {
		getByName: typeOf,
		getByNameAndVersion: typeOf,
		getKnownTypes: () => ({}),
	};
	const { MocaAirApi } = own('credentials/MocaAirApi.credentials') as {
		MocaAirApi: new () => ICredentialType;
	};
	const credentialType = new MocaAirApi();
	const credentialsHelper = (credentials: Credentials): ICredentialsHelper =>
		({
			getParentTypes: () => [],
			isCredentialUsableByNode: () => true,
			authenticate: async (_data: unknown, _type: string, options: IHttpRequestOptions) =>
				await Promise.resolve(options),
			preAuthentication: async () => {
				await Promise.resolve(undefined);
			},
			runPreAuthentication: async () => {
				await Promise.resolve(undefined);
			},
			getDecrypted: async (_additional: unknown, _details: unknown, type: string) =>
				await Promise.resolve(credentials[type] ?? {}),
			getCredentialsProperties: (type: string) =>
				type === 'mocaAirApi' ? credentialType.properties : [],
		}) as unknown as ICredentialsHelper;

	let executions = 0;
	return {
		core,
		workflow,
		own,
		credentialsHelper,
		type: typeOf,
		run: async (items, chain, credentials) => {
			const nodes: INode[] = [
				{ name: 'Items', type: 'bench.items', typeVersion: 1, parameters: {} },
				...chain,
			].map((node) => ({ id: node.name, position: [0, 0], ...node }));
			const connections = Object.fromEntries(
				nodes
					.slice(1)
					.map(({ name }, index) => [
						nodes[index]?.name ?? '',
						{ main: [[{ node: name, type: workflow.NodeConnectionTypes.Main, index: 0 }]] },
					]),
			);
			const data = { id: 'bench', name: 'bench', nodes, connections, active: false };
			const instance = new workflow.Workflow({ ...data, nodeTypes });
			const executionId = String(++executions);
			const additionalData = {
				credentialsHelper: credentialsHelper(credentials),
				executionId,
				instanceBaseUrl: 'http://127.0.0.1/',
				restApiUrl: 'http://127.0.0.1/',
				formWaitingBaseUrl: 'http://127.0.0.1/',
				webhookBaseUrl: 'http://127.0.0.1/',
				webhookWaitingBaseUrl: 'http://127.0.0.1/',
				webhookTestBaseUrl: 'http://127.0.0.1/',
				variables: {},
				hooks: new core.ExecutionLifecycleHooks(
					'manual',
					executionId,
					data as unknown as IWorkflowBase,
				),
			} as unknown as IWorkflowExecuteAdditionalData;
			source.items = items;
			let run: IRun;
			await instance.expression.acquireIsolate();
			try {
				run = await new core.WorkflowExecute(additionalData, 'manual').run({
					workflow: instance,
					...startingAt(instance.getNode('Items')),
				});
			} finally {
				await instance.expression.releaseIsolate();
			}
			const seconds = (performance.now() - source.began) / 1000;
			const { error, runData } = run.data.resultData;
			if (error !== undefined) throw error;
			const output = runData[nodes.at(-1)?.name ?? '']?.at(-1)?.data?.main?.[0] ?? [];
			if (output.length !== items.length) {
				throw new Error(`${items.length} items went in, and ${output.length} came out`);
			}
			const failed = output.find(({ json }) => 'error' in json);
			if (failed !== undefined) throw new Error(JSON.stringify(failed.json).slice(0, 1_000));
			return { seconds, output };
		},
	};
}
