import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { z } from 'zod';
import { readExample, triggerOf, type Example } from '../../scripts/examples';
import { setUp } from '../../scripts/loadExamples';
import type { Execution } from '../../harness/executionsApi';
import { poll } from '../../harness/poll';
import { jsonOf } from '../../harness/runData';
import { inRow, items, node, start, type Host, type Json } from './workflows';

const formSchema = z.object({ formWaitingUrl: z.string() });

/** An example after a user has imported it and chosen the credentials. */
export interface Imported {
	readonly workflowId: string;
	/** The executions so far, the oldest first, once there are this many. */
	executions(count: number): Promise<Execution[]>;
}

/** Imports examples into a host, and does what their notes tell the user to do. */
export class ExampleHost {
	constructor(readonly host: Host) {}

	/**
	 * Imports an example; runs its Set Up Once, if it has one.
	 *
	 * @param change - the parts that the test replaces, e.g. a trigger that needs a third-party account, or a
	 * credential that the user has to choose
	 */
	async import(
		name: string,
		change: (example: Example) => Example = (example) => example,
	): Promise<Imported> {
		const { api } = this.host;
		const example = change(readExample(name));
		const { id: workflowId } = await api.workflows.import(example, this.host.credentials);
		await setUp(api, workflowId, example);
		return {
			workflowId,
			executions: async (count) =>
				(await this.webhookExecutions(workflowId, count)).slice(0, Math.max(count, 0)),
		};
	}

	/** Writes rows into a Data Table, as somebody’s backend would. */
	async addRows(table: string, rows: readonly Json[]): Promise<void> {
		const insert = node(
			'Insert',
			'n8n-nodes-base.dataTable',
			{
				operation: 'insert',
				dataTableId: { __rl: true, mode: 'name', value: table },
				columns: { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] },
				options: {},
			},
			{ typeVersion: 1.1 },
		);
		const { status } = await this.host.run(inRow(start(), items(rows), insert));
		expect(status).toBe('success');
	}

	/** Deletes the rows of a Data Table that have all of these values. */
	async forgetRows(table: string, having: Readonly<Record<string, string>>): Promise<void> {
		const remove = node(
			'Delete',
			'n8n-nodes-base.dataTable',
			{
				operation: 'deleteRows',
				dataTableId: { __rl: true, mode: 'name', value: table },
				matchType: 'allConditions',
				filters: {
					conditions: Object.entries(having).map(([keyName, keyValue]) => ({
						keyName,
						condition: 'eq',
						keyValue,
					})),
				},
				options: {},
			},
			{ typeVersion: 1.1 },
		);
		const { status, data } = await this.host.run(inRow(start(), remove));
		expect(status).toBe('success');
		expect(jsonOf(data, 'Delete')).toHaveLength(1);
	}

	/**
	 * Sends a form of n8n as a browser does, again and again while it is not registered (yet).
	 *
	 * @returns the HTTP status
	 */
	async submitForm(
		path: string,
		fields: readonly (string | File)[],
		headers: Record<string, string> = {},
	): Promise<number> {
		return (await this.postForm(path, fields, headers)).status;
	}

	/** Sends a form, and reads the page of n8n with which its workflow ends. */
	async lastPageOf(path: string, fields: readonly string[]): Promise<string> {
		const answer = await this.postForm(path, fields);
		const { formWaitingUrl } = formSchema.parse(await answer.json());
		const status = new URL(formWaitingUrl);
		status.pathname += '/n8n-execution-status';
		await poll(`the last page of ${path}`, 60_000, async () => {
			const said = await (await fetch(status)).text();
			return said === 'form-waiting' ? true : undefined;
		});
		const page = await (await fetch(formWaitingUrl)).text();
		// The page does this by itself, and the execution ends.
		await fetch(formWaitingUrl, { method: 'POST' });
		return page;
	}

	private async postForm(
		path: string,
		fields: readonly (string | File)[],
		headers: Record<string, string> = {},
	): Promise<Response> {
		return await poll(`form ${path}`, 30_000, async () => {
			const body = new FormData();
			fields.forEach((value, index) => {
				body.append(`field-${index}`, value);
			});
			const url = `${this.host.n8n.url}/form/${path}`;
			const answer = await fetch(url, { method: 'POST', body, headers });
			return answer.status === 404 ? undefined : answer;
		});
	}

	/** The subjects that AIR was sent for a person. */
	subjectsOf(email: string): unknown[] {
		return this.postsFor(email).map(({ body }) => (body as Json).credentialSubject);
	}

	/** The subjects that AIR issued to a person. */
	claimsIssued(email: string): unknown[] {
		return this.postsFor(email)
			.filter(({ outcome }) => outcome === 'issued' || outcome === 'reissued')
			.map(({ body }) => (body as Json).credentialSubject);
	}

	/** The issuing requests that AIR got for a person, whatever their result. */
	postsFor(email: string) {
		return this.host.air.emulator.control
			.requests()
			.filter(({ operation, recipient }) => operation === 'issue' && recipient === email);
	}

	/**
	 * Moves everything in the ledger an hour into the past: this is equivalent to waiting, since
	 * all compared times come from the store.
	 */
	anHourPasses(): void {
		let moved = 0;
		const ledger = new DatabaseSync(join(this.host.folder, '.n8n', 'moca-air', 'ledger.sqlite'));
		try {
			ledger.exec('PRAGMA busy_timeout = 10000');
			for (const table of ['issuances', 'attempts', 'events']) {
				const columns = ledger.prepare(`PRAGMA table_info(${table})`).all();
				const times = columns
					.map(({ name }) => String(name))
					.filter((name) => /(_at|_until|_since|^at)$/.test(name));
				if (times.length === 0) continue;
				const earlier = times.map((name) => `${name} = ${name} - 3600000`);
				moved += Number(ledger.prepare(`UPDATE ${table} SET ${earlier.join(', ')}`).run().changes);
			}
		} finally {
			ledger.close();
		}
		if (moved === 0) throw new Error('there is nothing in the ledger to move');
	}

	private async webhookExecutions(workflowId: string, count: number): Promise<Execution[]> {
		const { api } = this.host;
		const unfinished = new Set(['new', 'running', 'unknown']);
		const ended = await poll(`${count} executions of ${workflowId}`, 120_000, async () => {
			const all = await api.executions.list({ workflowId, limit: 100 });
			const fromOutside = all.filter(({ mode }) => mode !== 'manual');
			const over = fromOutside.filter(({ status }) => !unfinished.has(status));
			return over.length >= count && over.length === fromOutside.length ? over : undefined;
		});
		return await Promise.all(ended.reverse().map(async ({ id }) => await api.executions.get(id)));
	}
}

/**
 * Chooses a credential in the nodes of a type. The files name none but ours: n8n refuses to run even
 * pinned nodes with a credential that it does not have.
 */
export const choosing =
	(nodeType: string, credentialType: string, credential: { id: string; name: string }) =>
	(example: Example): Example => ({
		...example,
		nodes: example.nodes.map((one) =>
			one.type === nodeType ? { ...one, credentials: { [credentialType]: credential } } : one,
		),
	});

/**
 * Stripe Trigger registers itself with Stripe when it is published, so a Webhook replaces it, and a
 * node of the same name that outputs only the body, as Stripe Trigger does.
 */
export function withoutStripe(example: Example): Example {
	const trigger = triggerOf(example);
	return {
		...example,
		pinData: {},
		nodes: [
			...example.nodes.filter((node) => node !== trigger),
			{
				id: 'webhook',
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2.1,
				position: [-220, 0],
				webhookId: 'stripe-test',
				parameters: { httpMethod: 'POST', path: 'stripe-test', options: {} },
			},
			{
				...trigger,
				type: 'n8n-nodes-base.set',
				typeVersion: 3.4,
				parameters: { mode: 'raw', jsonOutput: '={{ $json.body }}', options: {} },
			},
		],
		connections: {
			...example.connections,
			Webhook: { main: [[{ node: trigger.name, type: 'main', index: 0 }]] },
		},
	};
}

/** Which nodes of an execution ran. */
export const ranIn = ({ data }: Execution) => Object.keys(data.resultData.runData);

/** When a node of an execution ran: its place in the order of the run. */
export function placeOf({ data }: Execution, name: string): number {
	const run = data.resultData.runData[name]?.[0];
	if (run === undefined) throw new Error(`${name} did not run`);
	return Number(run.executionIndex);
}
