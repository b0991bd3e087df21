import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { poll } from './poll';
import type { RestClient } from './restClient';

const node = z.looseObject({
	id: z.string(),
	name: z.string(),
	type: z.string(),
	typeVersion: z.number(),
	position: z.tuple([z.number(), z.number()]),
	parameters: z.record(z.string(), z.unknown()).default({}),
	credentials: z
		.record(z.string(), z.looseObject({ id: z.string().nullable(), name: z.string() }))
		.optional(),
});

const definition = z.object({
	name: z.string(),
	nodes: z.array(node),
	connections: z.record(z.string(), z.unknown()),
	settings: z.record(z.string(), z.unknown()).default({}),
	pinData: z.record(z.string(), z.unknown()).nullish(),
});

const workflow = definition.extend({
	id: z.string(),
	versionId: z.string(),
	active: z.boolean(),
	activeVersionId: z.string().nullable(),
});

const publication = z.object({
	status: z.enum(['not_published', 'in_progress', 'published', 'partial', 'failed']),
	liveVersionId: z.string().nullable(),
	pendingVersionId: z.string().nullable(),
	triggers: z.array(
		z.looseObject({ nodeId: z.string(), status: z.string(), errorMessage: z.string().nullable() }),
	),
});

const started = z.union([
	z.object({ executionId: z.string() }),
	z.object({ waitingForWebhook: z.literal(true) }),
]);

/** A workflow as exported by n8n or written by hand. */
export type WorkflowDefinition = z.input<typeof definition>;
/** A workflow as n8n stores it. */
export type Workflow = z.infer<typeof workflow>;
/** How far n8n got with activating a workflow's triggers, and why it failed. */
export type PublicationStatus = z.infer<typeof publication>;

/** The node where a manual run starts and, if it is not the last node, the node where it ends. */
export interface ManualRun {
	trigger: string;
	destination?: string;
}

const publishMs = 30_000;

/** n8n's workflows over REST. */
export class WorkflowsApi {
	constructor(private readonly rest: RestClient) {}

	create(workflowDefinition: WorkflowDefinition): Promise<Workflow> {
		return this.rest.post('/workflows', workflow, definition.parse(workflowDefinition));
	}

	/**
	 * Creates a workflow from an exported file, as the editor's "Import from file" and a user who then
	 * picks the credentials would.
	 *
	 * @param file the parsed JSON
	 * @param credentials what to bind, by credential type
	 */
	import(
		file: unknown,
		credentials: Record<string, { id: string; name: string }> = {},
	): Promise<Workflow> {
		const exported = definition.parse(file);
		const nodes = exported.nodes.map((one) => ({
			...one,
			// Webhook IDs must be unique in an instance; the editor gives new ones too.
			...(typeof one.webhookId === 'string' ? { webhookId: randomUUID() } : {}),
			credentials: Object.fromEntries(
				Object.entries(one.credentials ?? {}).map(([type, old]) => {
					const { id, name } = credentials[type] ?? old;
					return [type, { id, name }];
				}),
			),
		}));
		return this.create({ ...exported, nodes });
	}

	get(id: string): Promise<Workflow> {
		return this.rest.get(`/workflows/${id}`, workflow);
	}

	/** Saves changes as the draft; what is active stays active until `activate` is called again. */
	update(id: string, changes: Partial<WorkflowDefinition>): Promise<Workflow> {
		return this.rest.patch(`/workflows/${id}`, workflow, changes);
	}

	/** Publishes the saved draft and waits until its triggers work; throws with n8n's reason if not. */
	async activate(id: string): Promise<PublicationStatus> {
		const status = await this.tryActivate(id);
		if (status.status === 'published') return status;
		const reasons = status.triggers.map(
			({ nodeId, errorMessage }) => `${nodeId}: ${errorMessage ?? 'ok'}`,
		);
		throw new Error(`workflow ${id} is not published but ${status.status}: ${reasons.join('; ')}`);
	}

	/** The same for workflows that are expected to fail: gives the outcome instead of throwing. */
	async tryActivate(id: string): Promise<PublicationStatus> {
		const { versionId } = await this.get(id);
		await this.rest.post(`/workflows/${id}/activate`, z.unknown(), { versionId });
		return await poll(`workflow ${id} to be published`, publishMs, async () => {
			const status = await this.publicationStatus(id);
			const pending = status.status === 'in_progress' || status.status === 'not_published';
			const older = status.status === 'published' && status.liveVersionId !== versionId;
			return pending || older ? undefined : status;
		});
	}

	/** Deactivates a workflow and waits until its triggers are gone. */
	async deactivate(id: string): Promise<void> {
		await this.rest.post(`/workflows/${id}/deactivate`, z.unknown());
		await poll(`workflow ${id} to be unpublished`, publishMs, async () => {
			const { status } = await this.publicationStatus(id);
			return status === 'not_published' ? true : undefined;
		});
	}

	publicationStatus(id: string): Promise<PublicationStatus> {
		return this.rest.get(`/workflows/${id}/publication-status`, publication);
	}

	/** Deletes a workflow in any state: n8n itself requires that it is inactive and archived. */
	async delete(id: string): Promise<void> {
		if ((await this.get(id)).activeVersionId !== null) await this.deactivate(id);
		await this.rest.post(`/workflows/${id}/archive`, z.unknown());
		await this.rest.delete(`/workflows/${id}`, z.unknown());
	}

	/**
	 * Starts the saved draft as the editor's "Execute workflow" (or, with a destination, "Execute
	 * step") does.
	 *
	 * @returns the execution's ID
	 */
	async run(id: string, manualRun: ManualRun): Promise<string> {
		const answer = await this.#start(id, manualRun);
		if ('executionId' in answer) return answer.executionId;
		throw new Error(`workflow ${id} waits for a test webhook: use listen()`);
	}

	/** Makes the trigger listen for one call of its test URL (`/webhook-test/…`), for two minutes. */
	async listen(id: string, manualRun: ManualRun): Promise<void> {
		const answer = await this.#start(id, manualRun);
		if ('executionId' in answer) throw new Error(`workflow ${id} has started: it has no webhook`);
	}

	#start(id: string, { trigger, destination }: ManualRun): Promise<z.infer<typeof started>> {
		return this.rest.post(`/workflows/${id}/run`, started, {
			triggerToStartFrom: { name: trigger },
			...(destination === undefined
				? {}
				: { destinationNode: { nodeName: destination, mode: 'inclusive' } }),
		});
	}
}
