import { Session, type Profiler } from 'node:inspector';
import { startAir } from './air';
import { loadEngine } from './engine';
import { scaled, type BenchSettings } from './settings';
import { automatic, credentialsFor, freshLedger, people } from './variants';

const NODE_ITSELF = 'Node itself';
/** Left out: nobody else runs it. */
const PROFILER = 'the profiler';

/** The part that a function belongs to, by its location; the first that fits. */
const PLACES: readonly (readonly [what: string, pattern: RegExp])[] = [
	['waiting', /^\(idle\)/],
	['garbage collection', /^\(garbage collector\)/],
	[PROFILER, /\|(node:inspector$|.*\/profileProcess)/],
	['the ledger: SQLite, inside of the process', /\/dist\/ledger\//],
	['undici: requests and answers', /\/undici\//],
	['signing: jose, and handing it to the thread pool', /\/jose\/|partnerJwt|PartnerJwtCache/],
	['our nodes: reading items', /\/dist\/nodes\//],
	['our use cases: parallel runner, idempotency', /\/dist\/issuance\//],
	['our AIR client: limiter, egress', /\/dist\/air\//],
	["n8n's engine", /n8n-core|n8n-workflow|@n8n/],
	[NODE_ITSELF, /^.*\|(node:|$)/],
];

type ProfileNode = Profiler.ProfileNode;

const placeOf = ({ functionName, url }: ProfileNode['callFrame']): string => {
	const id = `${functionName}|${url}`;
	return PLACES.find(([, pattern]) => pattern.test(id))?.[0] ?? 'other libraries';
};

/** Node's own work, such as writing to a socket, is attributed to its caller. */
function chargedTo(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
	const place = placeOf(node.callFrame);
	const caller = parents.get(node.id);
	if (place !== NODE_ITSELF || caller === undefined) return place;
	return chargedTo(caller, parents);
}

/** The time of each function, without those that it calls. @returns share of the whole, by part */
function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
	const frames = new Map(nodes.map((node) => [node.id, node]));
	const parents = new Map(
		nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)),
	);
	const times = new Map<string, number>();
	let whole = 0;
	for (const [index, id] of samples.entries()) {
		const node = frames.get(id);
		const time = timeDeltas[index] ?? 0;
		if (node === undefined) continue;
		const place = chargedTo(node, parents);
		if (place === PROFILER) continue;
		whole += time;
		times.set(place, (times.get(place) ?? 0) + time);
	}
	return new Map(
		[...times].toSorted(([, a], [, b]) => b - a).map(([place, time]) => [place, time / whole]),
	);
}

/** Profiles a run that is mapped automatically, with the ledger on. Prints where the time goes. */
async function main(): Promise<void> {
	const settings = JSON.parse(process.argv[2] ?? '{}') as BenchSettings;
	process.env.MOCA_AIR_ALLOW_PRIVATE_URLS = 'true';
	const engine = await loadEngine(settings);
	const endLedger = freshLedger(engine);
	const tables: string[] = [];
	for (const alg of ['ES256', 'RS256'] as const) {
		const air = await startAir(alg);
		await air.begin(20);
		const run = async (count: number) =>
			await engine.run(people(count), automatic(), credentialsFor(air, 'embedded'));
		await run(300);
		const session = new Session();
		session.connect();
		const tell = async (method: string): Promise<unknown> =>
			await new Promise((resolve, reject) => {
				session.post(method, (error: Error | null, result?: object) => {
					if (error === null) resolve(result);
					else reject(error);
				});
			});
		await tell('Profiler.enable');
		await tell('Profiler.start');
		const items = scaled(settings, 5_000);
		await run(items);
		const { profile } = (await tell('Profiler.stop')) as Profiler.StopReturnType;
		session.disconnect();
		await air.close();
		tables.push(
			[
				`## ${items} items, ${alg}, mapped automatically, ledger on, AIR answers after 20 ms`,
				'',
				'| What n8n’s own thread does | Share of the time |',
				'| --- | ---: |',
				...[...sharesOf(profile)].map(
					([place, share]) => `| ${place} | ${(100 * share).toFixed(1)} % |`,
				),
			].join('\n'),
		);
	}
	await endLedger();
	process.send?.(tables.join('\n\n'), () => process.exit());
}

void main();
