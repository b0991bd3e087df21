import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { INode, IPollFunctions, IWorkflowExecuteAdditionalData } from 'n8n-workflow';
import type { PrivateKey } from '../../../air/keys/privateKey';
import type { OpenLedger } from '../../../issuance/session/openLedger';
import type { Ledger } from '../../../ledger/Ledger';
import { ISSUER_DID, PARTNER_ID, PROGRAM_ID, startAir, type BenchAir } from '../air';
import { loadEngine, type Engine } from '../engine';
import type { Line } from '../results';
import { scaled, type BenchSettings, type RowContext } from '../settings';
import { measured, ratios } from '../statistics';
import { credentialsFor, freshLedger } from '../variants';

/** Written at once, so that they share the waits for the disk. */
const AT_ONCE = 100;
const MINUTE_MS = 60_000;

/** Row 6: what a poll takes, how long many take, and what loading the package takes. */
export async function polls(context: RowContext): Promise<Line[]> {
	const lines: Line[] = [];
	for (const pending of [10, 1_000, scaled(context, 100_000)]) {
		lines.push(await poll(context, pending));
	}
	return [...lines, ...(await untilTold(context)), ...(await load(context))];
}

/** With everything that is needed to poll, and nothing in the ledger. */
async function withPolls<T>(
	context: RowContext,
	measure: (air: BenchAir, pile: Pile, trigger: () => Promise<number>) => Promise<T>,
): Promise<T> {
	const engine = await loadEngine(context);
	const air = await startAir('ES256');
	const endLedger = freshLedger(engine);
	try {
		return await measure(air, await Pile.open(engine, air), triggerOf(engine, air));
	} finally {
		await endLedger();
		await air.close();
	}
}

async function poll(context: RowContext, pending: number): Promise<Line> {
	return await withPolls(context, async (air, pile, trigger) => {
		await pile.add(pending);
		const times: number[] = [];
		const asked: number[] = [];
		for (let pair = -1; pair < context.pairs; pair++) {
			await air.begin(20);
			const began = performance.now();
			await trigger();
			const ms = performance.now() - began;
			const questions = (await air.counts()).byOperation.status;
			await pile.add(questions);
			if (pair < 0) continue;
			times.push(ms);
			asked.push(questions);
		}
		context.say(`${pending} pending`);
		return {
			row: 6,
			setting: `one poll, ${pending} pending, AIR answers after 20 ms`,
			unit: 'ms',
			ours: { name: 'Moca AIR Trigger', ...measured(times) },
			more: { 'questions to AIR': measured(asked).median },
		};
	});
}

/** How long it takes until AIR's answer is known for all, and until a workflow has an event for each. */
async function untilTold(context: RowContext): Promise<Line[]> {
	const pending = scaled(context, 20_000);
	const line = (what: string, minutes: number): Line => ({
		row: 6,
		setting: `${pending} pending, a poll each minute, AIR answers after 100 ms`,
		unit: `minutes until all are ${what}`,
		ours: { name: 'Moca AIR Trigger', ...measured([minutes]) },
	});
	return await withPolls(context, async (air, pile, trigger) => {
		await pile.add(pending);
		await air.begin(100);
		let [learned, told] = [Number.NaN, Number.NaN];
		let events = 0;
		for (let polled = 0; events < pending; polled++) {
			const began = performance.now();
			events += await trigger();
			const minutes = polled + (performance.now() - began) / MINUTE_MS;
			if (Number.isNaN(learned) && (await air.counts()).byOperation.status >= pending) {
				learned = minutes;
			}
			told = minutes;
			context.say(`poll ${polled + 1}: ${events} of ${pending} told`);
			if (polled > pending) throw new Error('the polls tell nothing more');
		}
		return [line('learned', learned), line('told', told)];
	});
}

/** Issuances in the ledger that are due. */
class Pile {
	private constructor(
		private readonly ledger: Ledger,
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
		return new Pile(ledger, realm, thumbprint);
	}

	private count = 0;

	async add(count: number): Promise<void> {
		let left = count;
		const work = async (): Promise<void> => {
			while (left-- > 0) await this.one(++this.count);
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
	}

	private async one(number: number): Promise<void> {
		const begun = await this.ledger.begin({
			instance: '',
			workflowId: 'w',
			executionId: '1',
			nodeId: 'n',
			realm: this.realm,
			program: PROGRAM_ID,
			issuerDid: ISSUER_DID,
			recipient: `pending${number}@example.com`,
			idempotencyKey: `pending ${number}`,
			subjectHmac: '',
			keyThumbprint: this.thumbprint,
			reference: null,
			rememberMs: null,
			leaseMs: 60_000,
			repeatUnknown: false,
		});
		if (begun.outcome !== 'started') throw new Error(`begin answered ${begun.outcome}`);
		await this.ledger.answered(begun, {
			coreClaimHash: number.toString(16).padStart(64, '0'),
			userUuid: null,
			nextCheckMs: 0,
			supersedes: false,
		});
	}
}

/** @returns one poll, as n8n's executor makes it; it gives the number of events */
function triggerOf(engine: Engine, air: BenchAir): () => Promise<number> {
	const type = engine.type('n8n-nodes-moca-air.mocaAirTrigger');
	const node: INode = {
		id: 'trigger',
		name: 'Moca AIR Trigger',
		type: 'n8n-nodes-moca-air.mocaAirTrigger',
		typeVersion: 1,
		position: [0, 0],
		parameters: { watch: 'everywhere' },
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
	return async () =>
		(await type.poll?.call(context as unknown as IPollFunctions))?.flat().length ?? 0;
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
