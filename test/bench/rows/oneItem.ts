import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { INodeType } from 'n8n-workflow';
import { startAir, type Algorithm } from '../air';
import { BareScript } from '../ceiling';
import { loadEngine, type Engine } from '../engine';
import { below, type Line } from '../results';
import type { BenchSettings, RowContext } from '../settings';
import { measured, medianOf } from '../statistics';
import { automatic, credentialsFor, freshLedger, people } from '../variants';

type Execute = Required<INodeType>['execute'];

/** What our node took for one item, from the engine's call to its answer. */
export function timeOurNode(engine: Engine): { last: () => number } {
	const type = engine.type('n8n-nodes-moca-air.mocaAirIssueOnBehalf');
	const execute: unknown = Reflect.get(type, 'execute');
	let last = 0;
	type.execute = async function (...args) {
		const began = performance.now();
		try {
			return await (execute as Execute).apply(this, args);
		} finally {
			last = performance.now() - began;
		}
	};
	return { last: () => last };
}

/** The first item of a process, in milliseconds, with the POST that it includes. */
async function cold(settings: BenchSettings, alg: Algorithm): Promise<number> {
	const child = fork(join(__dirname, '..', 'coldProcess.ts'), [JSON.stringify(settings), alg], {
		execArgv: ['--import', 'tsx'],
	});
	return await new Promise((resolve, reject) => {
		child.once('message', (ms) => {
			resolve(ms as number);
		});
		child.once('exit', (code) => {
			reject(new Error(`the cold process ended with ${String(code)}`));
		});
	});
}

/** Row 5: one item. AIR answers at once, and what a bare POST takes is no time of ours. */
export async function oneItem(context: RowContext): Promise<Line[]> {
	const engine = await loadEngine(context);
	const clock = timeOurNode(engine);
	const rounds = context.quick ? 10 : 40;
	const lines: Line[] = [];
	for (const alg of ['RS256', 'ES256'] as const) {
		const air = await startAir(alg);
		const endLedger = freshLedger(engine);
		const bare = new BareScript(air, 1);
		const kinds = [
			{
				name: 'signing included',
				ledger: 'off',
				cached: false,
				most: alg === 'RS256' ? 3 : undefined,
			},
			{ name: 'signing included', ledger: 'embedded', cached: false, most: undefined },
			{ name: 'token from the cache', ledger: 'off', cached: true, most: 1 },
			{ name: 'token from the cache', ledger: 'embedded', cached: true, most: undefined },
		] as const;
		const own = new Map<(typeof kinds)[number], number[]>();
		const posts: number[] = [];
		await air.begin(0);
		const [someone = {}] = people(1);
		for (let pair = -1; pair < context.pairs; pair++) {
			const times = new Map<(typeof kinds)[number] | 'post', number[]>();
			const note = (kind: (typeof kinds)[number] | 'post', ms: number) =>
				times.set(kind, [...(times.get(kind) ?? []), ms]);
			for (let round = 0; round < rounds; round++) {
				for (const kind of kinds) {
					// Another subject for the same person: the token is known, the issuance is new.
					const item = kind.cached
						? { ...someone, kycLevel: `level ${pair}.${round}.${kind.ledger}` }
						: (people(1)[0] ?? {});
					await engine.run([item], automatic(), credentialsFor(air, kind.ledger));
					note(kind, clock.last());
				}
				const token = await bare.sign('somebody@example.com');
				const began = performance.now();
				await bare.post(token, { kycLevel: 'basic', isOver18: true });
				note('post', performance.now() - began);
			}
			if (pair < 0) continue;
			const post = medianOf(times.get('post') ?? []);
			posts.push(post);
			for (const kind of kinds) {
				own.set(kind, [...(own.get(kind) ?? []), medianOf(times.get(kind) ?? []) - post]);
			}
			context.say(`${alg}: ${pair + 1} of ${context.pairs}`);
		}
		for (const kind of kinds) {
			const figures = measured(own.get(kind) ?? []);
			lines.push({
				row: 5,
				setting: `one item, warm, ${alg}, ${kind.name}`,
				unit: 'ms without the POST',
				ours: { name: `ledger ${kind.ledger === 'off' ? 'off' : 'on'}`, ...figures },
				comparison: { name: 'the POST by itself', ...measured(posts) },
				goal: kind.most === undefined ? undefined : below(kind.most, figures, ' ms'),
			});
		}
		const firsts: number[] = [];
		for (let pair = 0; pair < context.pairs; pair++) firsts.push(await cold(context, alg));
		lines.push({
			row: 5,
			setting: `one item, the first of a process, ${alg}`,
			unit: 'ms with the POST',
			ours: { name: 'ledger on, made new', ...measured(firsts) },
		});
		await bare.close();
		await endLedger();
		await air.close();
	}
	return lines;
}
