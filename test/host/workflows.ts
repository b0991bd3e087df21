import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM_ID, startDemoAir, type DemoAir } from '../../scripts/demoAir';
import { grouped } from '../support/grouped';
import type { Execution } from '../../harness/executionsApi';
import { packAndInstall } from '../../harness/installPackage';
import { N8nApi } from '../../harness/n8nApi';
import { startN8n, type N8nProcess } from '../../harness/n8nProcess';
import type { WorkflowDefinition } from '../../harness/workflowsApi';

/** Workflows as the editor saves them, and the n8n that runs them against an emulated AIR. */
export type Json = Record<string, unknown>;
export type Node = ReturnType<typeof node>;

export const CREDENTIAL = 'mocaAirApi';

/** The attributes of the demo program. */
export const SUBJECT: Json = {
	kycLevel: 'basic',
	kycProvider: 'host',
	verifiedAt: '2026-01-19T07:18:45Z',
	isOver18: true,
};

export const node = (name: string, type: string, parameters: Json, rest: Json = {}) => ({
	id: `${name}-id`,
	name,
	type,
	typeVersion: 1,
	position: [0, 0] as [number, number],
	parameters,
	...rest,
});

/** A manual trigger, named `Start` as `run` expects. */
export const start = () => node('Start', 'n8n-nodes-base.manualTrigger', {});

export const items = (list: readonly Json[]) =>
	node(
		'Items',
		'n8n-nodes-base.code',
		{ jsCode: `return ${JSON.stringify(list.map((json) => ({ json })))}` },
		{ typeVersion: 2 },
	);

/** For a trigger: n8n's shortest interval is a minute, but there may be several. */
export const pollEvery = (seconds: number) => ({
	item: Array.from({ length: 60 / seconds }, (_, index) => ({
		mode: 'custom',
		cronExpression: `${index * seconds} * * * * *`,
	})),
});

/** An object that n8n takes from a parameter unchanged. */
export const asExpression = (value: unknown) => `={{ ${JSON.stringify(value)} }}`;

/** Connects nodes in a row. */
export const chain = (...nodes: readonly { name: string }[]): Json =>
	Object.fromEntries(
		nodes
			.slice(0, -1)
			.map(({ name }, index) => [
				name,
				{ main: [[{ node: nodes[index + 1]?.name ?? '', type: 'main', index: 0 }]] },
			]),
	);

/** A workflow of nodes in a row. */
export const inRow = (...nodes: readonly Node[]): WorkflowDefinition => ({
	name: 'host test',
	nodes: [...nodes],
	connections: chain(...nodes),
	settings: { executionOrder: 'v1' },
});

/** An Issue on Behalf node for the e-mail of each item. */
export const issueNode = (
	credentials: Record<string, { id: string; name: string }>,
	rest: Json = {},
	{ options = {}, ...parameters }: Json = {},
) =>
	node(
		'Issue',
		'n8n-nodes-moca-air.mocaAirIssueOnBehalf',
		{
			recipient: '={{ $json.email }}',
			issuanceProgram: { __rl: true, mode: 'id', value: PROGRAM_ID },
			subjectMode: 'json',
			subjectJson: asExpression(SUBJECT),
			onDuplicate: 'revoke',
			...parameters,
			...grouped(options as Json),
		},
		{ credentials, ...rest },
	);

/** The packed tarball in a real n8n, the emulated AIR, and a matching credential. */
export interface Host {
	readonly folder: string;
	readonly air: DemoAir;
	readonly n8n: N8nProcess;
	readonly api: N8nApi;
	/** For a node's `credentials`. */
	readonly credentials: Record<string, { id: string; name: string }>;
	/** See `issueNode`. */
	issueNode(rest?: Json, parameters?: Json): Node;
	/** Saves a workflow and runs it by hand to its end, from the node `Start`. */
	run(workflow: WorkflowDefinition): Promise<Execution>;
	close(): Promise<void>;
}

/** The parts of a host. */
interface HostParts extends Pick<Host, 'folder' | 'air' | 'n8n' | 'close'> {
	/** Fields of the credential that differ from those for the emulated AIR. */
	readonly fields?: Record<string, string | number>;
}

/** Signs in to a running n8n, and makes the credential. */
export async function hostOn({ fields, ...parts }: HostParts): Promise<Host> {
	const api = await N8nApi.signIn(parts.n8n.url);
	const { id, name } = await api.credentials.create(
		CREDENTIAL,
		'Moca AIR',
		fields ?? parts.air.credential,
	);
	const credentials = { [CREDENTIAL]: { id, name } };
	return {
		...parts,
		api,
		credentials,
		issueNode: (rest, parameters) => issueNode(credentials, rest, parameters),
		run: async (workflow) => {
			const saved = await api.workflows.create(workflow);
			return await api.executions.wait(await api.workflows.run(saved.id, { trigger: 'Start' }));
		},
	};
}

export interface HostOptions {
	/** Added to n8n's environment. */
	readonly env?: Record<string, string>;
	/** Whether the partner issues directly, too; false by default. */
	readonly issuesDirectly?: boolean;
	/** Whether somebody opens n8n's editor; false by default. */
	readonly editor?: boolean;
}

export async function startHost(options: HostOptions = {}): Promise<Host> {
	const { env = {}, issuesDirectly = false, editor = false } = options;
	const folder = mkdtempSync(join(tmpdir(), 'moca-air-host-'));
	await packAndInstall({ userFolder: folder, log: () => undefined });
	const air = await startDemoAir(300, issuesDirectly);
	const ca = join(folder, 'issuer.pem');
	if (air.issuer !== undefined) writeFileSync(ca, air.issuer.ca);
	const n8n = await startN8n({
		userFolder: folder,
		editor,
		env: { ...env, ...(air.issuer === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca }) },
		log: (line) => process.stderr.write(`${line}\n`),
	});
	const close = async () => {
		await n8n.stop();
		await air.close();
		rmSync(folder, { recursive: true, force: true });
	};
	return await hostOn({ folder, air, n8n, close });
}
