import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { HookContext, WebhookContext } from 'n8n-core';
import {
	Workflow,
	type ICredentialDataDecryptedObject,
	type INode,
	type IHookFunctions,
	type IWebhookData,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { MocaAirJwksTrigger } from '../../nodes/MocaAirJwksTrigger/MocaAirJwksTrigger.node';
import { recordedLog, type LogLine } from './recordedLog';
import { nodeTypes, OneCredential } from './runWorkflow';

/** Of the node that is served. */
export const WEBHOOK_ID = '00000000-0000-4000-8000-000000000000';

export interface ServeOptions {
	readonly credential: ICredentialDataDecryptedObject;
	readonly node?: Partial<INode>;
	readonly mode?: 'webhook' | 'manual';
	/** Where n8n believes to be. */
	readonly webhookBaseUrl?: string;
}

export interface ServedJwks {
	/** On loopback; the path is the one that n8n would serve. */
	readonly url: string;
	/** The paths that n8n would serve, in the order of the description. */
	readonly paths: readonly string[];
	readonly origin: string;
	/** What it is served from; may be changed while it runs. */
	credential: ICredentialDataDecryptedObject;
	/** What the node returned or threw, one entry for each fetch. */
	readonly returned: (IWebhookResponseData | Error)[];
	readonly log: LogLine[];
	/** As n8n does before it serves. */
	readonly create: () => Promise<boolean>;
	readonly close: () => Promise<void>;
}

/**
 * The node behind HTTP, with n8n-core's own contexts and Express, as n8n has it. What n8n does around it is left to the host tests.
 */
export async function serveJwksNode({
	credential,
	node: changes = {},
	mode = 'webhook',
	webhookBaseUrl = 'https://n8n.example.com/webhook',
}: ServeOptions): Promise<ServedJwks> {
	const log = recordedLog();
	const node: INode = {
		id: 'jwks-node',
		name: 'Moca AIR JWKS Trigger',
		type: 'n8n-nodes-moca-air.mocaAirJwksTrigger',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		credentials: { mocaAirApi: { id: '1', name: 'AIR' } },
		webhookId: WEBHOOK_ID,
		...changes,
	};
	const workflow = new Workflow({
		id: 'workflow-j',
		nodes: [node],
		connections: {},
		active: true,
		nodeTypes,
	});
	const ownNode = workflow.getNode(node.name);
	if (ownNode === null) throw new Error('no node');
	const type = new MocaAirJwksTrigger();
	const dataWith = (rest: object) =>
		({
			credentialsHelper: new OneCredential(served.credential),
			variables: {},
			webhookBaseUrl,
			webhookTestBaseUrl: webhookBaseUrl.replace('/webhook', '/webhook-test'),
			...rest,
		}) as unknown as IWorkflowExecuteAdditionalData;
	/** As n8n finds the webhook of a path. */
	const webhooks = new Map(
		(type.description.webhooks ?? []).map((webhookDescription) => {
			const path = workflow.expression.getSimpleParameterValue(
				ownNode,
				webhookDescription.path,
				'internal',
				{},
			);
			const trimmed = String(path).trim().replace(/^\//, '').replace(/\/$/, '');
			return [`/webhook/${trimmed}`, { webhookDescription } as unknown as IWebhookData];
		}),
	);

	/** A path with a part of its own has the webhook ID in front, whatever the node says. */
	const dynamic = (path: string) => {
		const [, , id, ...rest] = path.split('/');
		const pattern = [...webhooks.keys()].find((one) => one.includes('/:')) ?? '';
		const parts = pattern.split('/').slice(2);
		const fits = parts.every((part, index) => part.startsWith(':') || part === rest[index]);
		if (id !== WEBHOOK_ID || rest.length !== parts.length || !fits) return undefined;
		const params = Object.fromEntries(
			parts.flatMap((part, index) => (part.startsWith(':') ? [[part.slice(1), rest[index]]] : [])),
		);
		return { webhook: webhooks.get(pattern), params };
	};

	const answer = async (httpRequest: Request, httpResponse: Response) => {
		const found = dynamic(httpRequest.path);
		if (found !== undefined) Object.assign(httpRequest, { params: found.params });
		const webhookData = webhooks.get(httpRequest.path) ?? found?.webhook;
		if (webhookData === undefined) {
			httpResponse.status(404).json({ message: 'no such webhook' });
			return;
		}
		const additionalData = dataWith({ httpRequest, httpResponse });
		const context = new WebhookContext(
			workflow,
			ownNode,
			additionalData,
			mode,
			webhookData,
			[],
			null,
		);
		try {
			served.returned.push(await type.webhook.call(context as unknown as IWebhookFunctions));
		} catch (error) {
			served.returned.push(error instanceof Error ? error : new Error(String(error)));
			// Words of n8n's own, which say nothing about the cause.
			httpResponse.status(500).json({ message: 'Error in workflow' });
		}
	};
	const server = express()
		.use((request, response) => void answer(request, response))
		.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const served = {
		credential,
		returned: [] as (IWebhookResponseData | Error)[],
		log,
		url: '',
		origin: '',
		paths: [...webhooks.keys()],
		create: async () => {
			const context = new HookContext(
				workflow,
				ownNode,
				dataWith({}),
				'trigger',
				'activate',
			) as unknown as IHookFunctions;
			const methods = type.webhookMethods.default;
			return (await methods.checkExists.call(context)) || (await methods.create.call(context));
		},
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	const { port } = server.address() as AddressInfo;
	served.origin = `http://127.0.0.1:${port}`;
	served.url = `${served.origin}${served.paths[0] ?? ''}`;
	return served;
}
