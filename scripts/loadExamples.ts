import { randomBytes } from 'node:crypto';
import type { N8nApi } from '../harness/n8nApi';
import { exampleNames, lastAfter, readExample, SET_UP, type Example } from './examples';

/** An example in a running n8n. */
export interface LoadedExample {
	readonly name: string;
	readonly title: string;
	readonly workflowId: string;
}

/** The credentials of n8n's own nodes in the examples. */
const FOREIGN: Readonly<Record<string, string>> = {
	'n8n-nodes-base.crypto': 'crypto',
	'n8n-nodes-base.formTrigger': 'httpBasicAuth',
};

type Chosen = Record<string, { id: string; name: string }>;

/** As a user chooses them in the editor; services for which the demo has no account stay without one. */
const choose = (example: Example, chosen: Chosen): Example => ({
	...example,
	nodes: example.nodes.map((node) => {
		const type = FOREIGN[node.type];
		const credential = type === undefined ? undefined : chosen[type];
		const wanted =
			node.type !== 'n8n-nodes-base.formTrigger' || node.parameters.authentication === 'basicAuth';
		return {
			...node,
			...(type === undefined || credential === undefined || !wanted
				? {}
				: { credentials: { [type]: credential } }),
		};
	}),
});

/**
 * Imports every example, chooses its credentials and runs its Set Up Once, as the notes in the
 * workflows tell the user to do. Publishes none of them. Generates signing secrets and passwords.
 *
 * @param skip - examples that already exist
 */
export async function loadExamples(
	api: N8nApi,
	credential: { id: string; name: string },
	skip: readonly string[] = [],
): Promise<LoadedExample[]> {
	const secret = () => randomBytes(24).toString('hex');
	const crypto = await api.credentials.create('crypto', 'KYC Provider Signing Secret', {
		hmacSecret: secret(),
	});
	const uploaders = await api.credentials.create('httpBasicAuth', 'Who May Upload', {
		user: 'ops',
		password: secret(),
	});
	const chosen: Chosen = {
		crypto: { id: crypto.id, name: crypto.name },
		httpBasicAuth: { id: uploaders.id, name: uploaders.name },
	};
	const loaded: LoadedExample[] = [];
	for (const name of exampleNames().filter((one) => !skip.includes(one))) {
		const example = choose(readExample(name), chosen);
		const { id } = await api.workflows.import(example, { mocaAirApi: credential });
		await setUp(api, id, example);
		loaded.push({ name, title: example.name, workflowId: id });
	}
	return loaded;
}

/** Runs the example’s Set Up Once, if it has one. */
export async function setUp(api: N8nApi, workflowId: string, example: Example): Promise<void> {
	if (!example.nodes.some(({ name }) => name === SET_UP)) return;
	const destination = lastAfter(example, SET_UP);
	const run = await api.workflows.run(workflowId, { trigger: SET_UP, destination });
	const { data, status } = await api.executions.wait(run);
	if (status !== 'success') {
		throw new Error(`${example.name}: ${SET_UP} failed: ${data.resultData.error?.message ?? ''}`);
	}
}
