import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { INode, IPollFunctions, IWorkflowExecuteAdditionalData } from 'n8n-workflow';
import type { PrivateKey } from '../../../air/keys/privateKey';
import type { OpenLedger } from '../../../issuance/session/openLedger';
import type { Ledger } from '../../../ledger/Ledger';
import { ISSUER_DID, PARTNER_ID, PROGRAM_ID, startAir, type BenchAir } from '../air';
import { BareScript } from '../ceiling';
import { loadEngine, type Engine } from '../engine';
import type { Line } from '../results';
import { scaled, type BenchSettings, type RowContext } from '../settings';
import { measured, ratios } from '../statistics';
import { credentialsFor, freshLedger } from '../variants';

const AT_ONCE = 100;
const ASKED_IN_A_POLL = 100;

/** Row 6: what a poll takes, and what loading the package takes. */
export async function polls(context: RowContext): Promise<Line[]> {
	const lines: Line[] = [];
	for (const pending of [10, 1_000, scaled(context, 100_000)]) {
		lines.push(await poll(context, pending));
	}
	return [...lines, ...(await load(context))];
}

async function poll(context: RowContext, pending: number): Promise<Line> {
	const engine = await loadEngine(context);
	const air = await startAir('ES256');
	const endLedger = freshLedger(engine);
	await air.begin(0);
	const trigger = triggerOf(engine, air);
	const pile = await Pile.open(engine, air);
	// Those that will be asked about are the longest due; AIR knows no others.
	const real = Math.min(pending, ASKED_IN_A_POLL * (context.pairs + 1));
	await pile.add(real, true);
	await pile.add(pending - real, false);
	await air.begin(20);
	const times: number[] = [];
	const asked: number[] = [];
	for (let pair = -1; pair < context.pairs; pair++) {
		if (pending < ASKED_IN_A_POLL && pair >= 0) await pile.add(pending, true);
		const before = (await air.counts()).byOperation.status;
		const began = performance.now();
		await trigger();
		const ms = performance.now() - began;
		if (pair < 0) continue;
		times.push(ms);
		asked.push((await air.counts()).byOperation.status - before);
	}
	context.say(`${pending} pending`);
	await pile.close();
	await endLedger();
	await air.close();
	return {
		row: 6,
		setting: `one poll, ${pending} pending, AIR answers after 20 ms`,
		unit: 'ms',
		ours: { name: 'Moca AIR Trigger', ...measured(times) },
		more: { 'questions to AIR': measured(asked).median },
	};
}

/** Issuances in the ledger that are due. */
class Pile {
	private constructor(
		private readonly ledger: Ledger,
		private readonly bare: BareScript,
		private readonly realm: string,
		private readonly thumbprint: string,
	) {}

	static async open(engine: Engine, air: BenchAir): Promise<Pile> {
		const { openLedger } = engine.own('issuance/session/openLedger') as {
			openLedger: (choice: { store: 'embedded' }) => Promise<OpenLedger>;
		};
		const { importPrivateKey } = engine.own('air/keys/privateKey') as {
			importPrivateKey: (pem: string) => Promise<PrivateKey>;
		};
		const { ledger } = await openLedger({ store: 'embedded' });
		const { thumbprint } = await importPrivateKey(air.key.pem);
		const realm = `${air.baseUrl} ${PARTNER_ID}`;
		await ledger.acceptKey(realm, thumbprint);
		return new Pile(ledger, new BareScript(air, AT_ONCE), realm, thumbprint);
	}

	private count = 0;

	/** @param real - issued at AIR, too */
	async add(count: number, real: boolean): Promise<void> {
		let left = count;
		const work = async (): Promise<void> => {
			while (left-- > 0) await this.one(++this.count, real);
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
	}

	private async one(number: number, real: boolean): Promise<void> {
		const recipient = `pending${number}@example.com`;
		const begun = await this.ledger.begin({
			instance: '',
			workflowId: 'w',
			executionId: '1',
			nodeId: 'n',
			realm: this.realm,
			program: PROGRAM_ID,
			issuerDid: ISSUER_DID,
			recipient,
			idempotencyKey: `pending ${number}`,
			subjectHmac: '',
			keyThumbprint: this.thumbprint,
			reference: null,
			rememberMs: null,
			leaseMs: 60_000,
			repeatUnknown: false,
		});
		if (begun.outcome !== 'started') throw new Error(`begin answered ${begun.outcome}`);
		const coreClaimHash = real
			? await this.bare.post(await this.bare.sign(recipient), { kycLevel: 'basic' })
			: number.toString(16).padStart(64, '0');
		await this.ledger.answered(begun, {
			coreClaimHash,
			userUuid: null,
			nextCheckMs: 0,
			supersedes: false,
		});
	}

	async close(): Promise<void> {
		await this.bare.close();
	}
}

/** @returns one poll, as n8n's executor makes it */
function triggerOf(engine: Engine, air: BenchAir): () => Promise<unknown> {
	const type = engine.type('n8n-nodes-moca-air.mocaAirTrigger');
	const node: INode = {
		id: 'trigger',
		name: 'Moca AIR Trigger',
		type: 'n8n-nodes-moca-air.mocaAirTrigger',
		typeVersion: 1,
		position: [0, 0],
		parameters: { watch: 'everywhere', options: { maxCalls: ASKED_IN_A_POLL } },
		credentials: { mocaAirApi: { id: '1', name: 'AIR' } },
	};
	const workflow = new engine.workflow.Workflow({
		id: 'polls',
		nodes: [node],
		connections: {},
		active: true,
		nodeTypes: {
			getByName: () => type,
			getByNameAndVersion: () => type,
			getKnownTypes: () => ({}),
		},
	});
	const additionalData = {
		credentialsHelper: engine.credentialsHelper(credentialsFor(air, 'embedded')),
		variables: {},
	} as unknown as IWorkflowExecuteAdditionalData;
	const context = new engine.core.PollContext(
		workflow,
		node,
		additionalData,
		'trigger',
		'activate',
	);
	return async () => await type.poll?.call(context as unknown as IPollFunctions);
}

const LOAD = `
	const before = process.memoryUsage().rss;
	const began = performance.now();
	for (const file of process.argv.slice(1)) require(file);
	const ms = performance.now() - began;
	console.log(JSON.stringify({ ms, megabytes: (process.memoryUsage().rss - before) / 2 ** 20 }));`;

/** What `require` takes of all nodes and the credential type, and of a node that does nothing. */
async function load({ subject, pairs }: BenchSettings): Promise<Line[]> {
	const manifest = join(subject, 'package.json');
	const { n8n } = (await import(manifest, { with: { type: 'json' } })) as {
		n8n: { nodes: string[]; credentials: string[] };
	};
	const files = [...n8n.nodes, ...n8n.credentials].map((file) => join(subject, file));
	const empty = join(subject, 'Empty.node.js');
	writeFileSync(empty, "require('n8n-workflow'); exports.Empty = class Empty {};");
	const once = async (required: readonly string[]) => {
		const { stdout } = await promisify(execFile)(process.execPath, ['-e', LOAD, ...required]);
		return JSON.parse(stdout) as { ms: number; megabytes: number };
	};
	const ours: { ms: number; megabytes: number }[] = [];
	const nothing: typeof ours = [];
	for (let pair = 0; pair < pairs; pair++) {
		ours.push(await once(files));
		nothing.push(await once([empty]));
	}
	const line = (unit: string, of: (one: { ms: number; megabytes: number }) => number): Line => ({
		row: 6,
		setting: 'loading the package, n8n-workflow included',
		unit,
		ours: { name: `${files.length} files of package.json`, ...measured(ours.map(of)) },
		comparison: { name: 'an empty node', ...measured(nothing.map(of)) },
		ratio: ratios(ours.map(of), nothing.map(of)),
	});
	return [line('ms', ({ ms }) => ms), line('MB', ({ megabytes }) => megabytes)];
}
