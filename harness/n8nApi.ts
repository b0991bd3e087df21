import { z } from 'zod';
import { CredentialsApi } from './credentialsApi';
import { ExecutionsApi } from './executionsApi';
import { poll } from './poll';
import { RestClient } from './restClient';
import { WorkflowsApi } from './workflowsApi';

/** The instance owner that the harness sets up; a throw-away instance needs no secret. */
export const owner = {
	email: 'owner@example.com',
	firstName: 'Olivia',
	lastName: 'Owner',
	password: 'Owner-of-a-throw-away-n8n-1',
};

const invited = z.array(z.object({ user: z.object({ inviteAcceptUrl: z.string() }) })).length(1);

const communityPackage = z.looseObject({
	packageName: z.string(),
	installedVersion: z.string(),
	installedNodes: z.array(z.looseObject({ name: z.string(), type: z.string() })),
	failedLoading: z.boolean().optional(),
});

const typeDescription = z.looseObject({ name: z.string(), displayName: z.string() });

/** A package in the list of Settings → Community nodes. */
export type CommunityPackage = z.infer<typeof communityPackage>;
/** A node or credential type as the editor knows it, with all of its properties. */
export type TypeDescription = z.infer<typeof typeDescription>;

/** A webhook's answer. */
export interface WebhookAnswer {
	status: number;
	headers: Headers;
	body: string;
	/** The parsed body. */
	json: () => unknown;
}

/** How to call a webhook; a body that is not a string goes out as JSON. */
export interface WebhookCall {
	method?: string;
	body?: unknown;
	headers?: Record<string, string>;
	/** Calls the test URL, which listens after `workflows.listen()`. */
	test?: boolean;
}

const webhookMs = 30_000;

/** All calls that the tests and the demo make to a running n8n, signed in as its owner. */
export class N8nApi {
	readonly credentials: CredentialsApi;
	readonly workflows: WorkflowsApi;
	readonly executions: ExecutionsApi;

	private constructor(readonly rest: RestClient) {
		this.credentials = new CredentialsApi(rest);
		this.workflows = new WorkflowsApi(rest);
		this.executions = new ExecutionsApi(rest);
	}

	/** Signs in as the owner, and first sets up the owner of a new instance. */
	static async signIn(url: string): Promise<N8nApi> {
		const rest = new RestClient(url);
		// n8n answers 400 once there is an owner. Its settings also say so, but they are for the editor.
		const { status } = await rest.raw('POST', '/rest/owner/setup', owner);
		if (status !== 200) {
			const { email, password } = owner;
			await rest.post('/login', z.unknown(), { emailOrLdapLoginId: email, password });
		}
		return new N8nApi(rest);
	}

	/** Invites a member, who can edit only their own workflows, and signs in as that member. */
	async asMember(email: string): Promise<N8nApi> {
		const invitations = [{ email, role: 'global:member' }];
		const [invitation] = await this.rest.post('/invitations', invited, invitations);
		const token = new URL(invitation?.user.inviteAcceptUrl ?? '').searchParams.get('token');
		const { firstName, lastName, password } = owner;
		const rest = new RestClient(this.rest.url);
		await rest.post('/invitations/accept', z.unknown(), { token, firstName, lastName, password });
		return new N8nApi(rest);
	}

	/**
	 * Calls a webhook by its path, as an outside service would, and repeats that while n8n says that it
	 * is not registered (yet).
	 */
	webhook(path: string, call: WebhookCall = {}): Promise<WebhookAnswer> {
		const { method = 'POST', body, headers = {}, test = false } = call;
		const url = `${this.rest.url}/${test ? 'webhook-test' : 'webhook'}/${path}`;
		const json = body !== undefined && typeof body !== 'string';
		return poll(`webhook ${method} ${path}`, webhookMs, async () => {
			const response = await fetch(url, {
				method,
				headers: {
					connection: 'close',
					...(json ? { 'content-type': 'application/json' } : {}),
					...headers,
				},
				...(body === undefined ? {} : { body: json ? JSON.stringify(body) : body }),
				redirect: 'manual',
			});
			const text = await response.text();
			if (response.status === 404 && text.includes('is not registered')) return undefined;
			return {
				status: response.status,
				headers: response.headers,
				body: text,
				json: () => JSON.parse(text) as unknown,
			};
		});
	}

	/** The packages that n8n lists under Settings → Community nodes. */
	communityPackages(): Promise<CommunityPackage[]> {
		return this.rest.get('/community-packages', z.array(communityPackage));
	}

	/** Every node type that this n8n can run, tool variants included; optionally of one package. */
	async nodeTypes(packageName?: string): Promise<TypeDescription[]> {
		const types = await this.#types('nodes');
		return types.filter(
			({ name }) => packageName === undefined || name.startsWith(`${packageName}.`),
		);
	}

	/** Every credential type; these are not prefixed with their package. */
	credentialTypes(): Promise<TypeDescription[]> {
		return this.#types('credentials');
	}

	async #types(kind: 'nodes' | 'credentials'): Promise<TypeDescription[]> {
		const { status, body } = await this.rest.raw('GET', `/types/${kind}.json`);
		if (status !== 200) throw new Error(`n8n: GET /types/${kind}.json answered ${status}`);
		return z.array(typeDescription).parse(JSON.parse(body));
	}
}
