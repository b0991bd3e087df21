import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { packAndInstall } from '../harness/installPackage';
import { N8nApi, owner } from '../harness/n8nApi';
import { startN8n } from '../harness/n8nProcess';
import { KYC_EVENT, startDemoAir } from './demoAir';
import { issueDirectly } from './demoDirect';
import { loadExamples } from './loadExamples';
import { buildPackage, root } from './package';

const answerSchema = z.object({
	coreClaimHash: z.string(),
	email: z.string(),
	vcStatus: z.string(),
	vcId: z.string(),
	waitedMs: z.number(),
});

const began = Date.now();
const log = (line: string) => {
	console.log(`[${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s] ${line}`);
};

/** Ends when the user presses Ctrl-C. */
const interrupted = async () => {
	await new Promise<void>((resolve) => {
		for (const signal of ['SIGINT', 'SIGTERM'] as const)
			process.once(signal, () => {
				resolve();
			});
	});
};

/** @param examples - whether all of examples/ are loaded, too */
async function demo(keep: boolean, examples: boolean): Promise<string> {
	const userFolder = mkdtempSync(join(tmpdir(), 'moca-air-demo-'));
	const cleanUp: (() => Promise<void>)[] = [];
	try {
		log('building the package and packing it as npm publish would');
		buildPackage();
		log('installing the tarball into a new n8n, in .n8n/nodes as a user does');
		await packAndInstall({ userFolder, log });

		const air = await startDemoAir(undefined, true);
		cleanUp.push(async () => {
			await air.close();
		});
		log(`a key pair was made; its JWKS is at ${air.jwks.url}`);
		log(`AIR is emulated at ${air.emulator.baseUrl}`);

		const n8n = await startN8n({ userFolder, log });
		cleanUp.push(async () => {
			await n8n.stop();
		});
		const api = await N8nApi.signIn(n8n.url);

		const { id } = await api.credentials.create('mocaAirApi', 'Moca AIR', air.credential);
		const test = await api.credentials.test(id);
		log(`created the credential; its Test says: ${test.status} (${test.message})`);
		if (test.status !== 'OK') throw new Error('the credential does not work');

		const example: unknown = JSON.parse(
			readFileSync(join(root, 'examples', 'kyc-credential.json'), 'utf8'),
		);
		const workflow = await api.workflows.import(example, {
			mocaAirApi: { id, name: 'Moca AIR' },
		});
		await api.workflows.activate(workflow.id);
		log(`imported and published the workflow “${workflow.name}”`);

		log(`posting a KYC event for ${KYC_EVENT.email} to the webhook`);
		const answer = await api.webhook('kyc-passed', { method: 'POST', body: KYC_EVENT });
		if (answer.status !== 200) {
			throw new Error(`the workflow answered ${answer.status}: ${answer.body}`);
		}
		const issued = answerSchema.parse(answer.json());
		log(`AIR accepted it as ${issued.coreClaimHash}`);
		log(`confirmed after ${issued.waitedMs} ms; the credential has the ID ${issued.vcId}`);
		log('posting the same event again, as providers do');
		const again = await api.webhook('kyc-passed', { method: 'POST', body: KYC_EVENT });
		if (answerSchema.parse(again.json()).coreClaimHash !== issued.coreClaimHash) {
			throw new Error('the repeated event was given another issuance');
		}
		const { issuances } = air.emulator.control.counts();
		if (issuances !== 1) throw new Error(`AIR counted ${issuances} issuances instead of one`);
		log('it was answered from the ledger: AIR counted exactly one issuance');

		await issueDirectly({ api, air, credentialId: id, log });

		if (examples) {
			const airCredential = { id, name: 'Moca AIR' };
			for (const one of await loadExamples(api, airCredential, ['kyc-credential'])) {
				log(`loaded “${one.title}”: ${n8n.url}/workflow/${one.workflowId}`);
			}
		}
		if (keep) {
			log(`the editor is open at ${n8n.url}/workflow/${workflow.id}`);
			log(`sign in as ${owner.email} with the password ${owner.password}`);
			log('press Ctrl-C to end');
			await interrupted();
		}
		return `issued ${issued.coreClaimHash} to ${issued.email}: ${issued.vcStatus}`;
	} finally {
		for (const end of cleanUp.reverse()) await end();
		rmSync(userFolder, { recursive: true, force: true });
	}
}

const { values } = parseArgs({
	options: {
		keep: { type: 'boolean', default: false },
		examples: { type: 'boolean', default: false },
	},
});
demo(values.keep, values.examples).then(
	(line) => {
		console.log(line);
		process.exit(0);
	},
	(error: unknown) => {
		console.error(`the demo failed: ${error instanceof Error ? error.message : String(error)}`);
		process.exit(1);
	},
);
