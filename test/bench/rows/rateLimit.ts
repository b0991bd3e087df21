import { startAir } from '../air';
import { loadEngine } from '../engine';
import { below, type Line } from '../results';
import { scaled, type RowContext } from '../settings';
import { measured, ratios } from '../statistics';
import {
	automatic,
	builtIn,
	MOST_IN_FLIGHT,
	credentialsFor,
	forgetLimits,
	freshLedger,
	people,
} from '../variants';

const PER_SECOND = 100;

/** Row 4: AIR allows 100 requests per second, answers 429 beyond, and asks to wait a second. */
export async function rateLimit(context: RowContext): Promise<Line[]> {
	const items = scaled(context, 4_000);
	const engine = await loadEngine(context);
	const air = await startAir('ES256', 'emulator');
	const endLedger = freshLedger(engine);
	const batching = { batching: { batch: { batchSize: PER_SECOND, batchInterval: 1000 } } };
	const retry = { retryOnFail: true, maxTries: 5, waitBetweenTries: 1000 };
	// The first second's worth may come at once.
	const idealSeconds = (items - PER_SECOND) / PER_SECOND;
	const once = async (kind: 'ours' | 'theirs') => {
		await air.begin(20, { perSecond: PER_SECOND, retryAfter: { seconds: 1 } });
		forgetLimits(engine);
		const { seconds } = await engine.run(
			people(items),
			kind === 'ours' ? automatic() : builtIn(air, batching, retry),
			credentialsFor(air, 'embedded'),
		);
		const { requests, rateLimited } = await air.counts();
		return { wasted: (100 * rateLimited) / requests, time: seconds / idealSeconds };
	};
	const ours: Awaited<ReturnType<typeof once>>[] = [];
	const theirs: typeof ours = [];
	for (let pair = 0; pair < context.pairs; pair++) {
		ours.push(await once('ours'));
		theirs.push(await once('theirs'));
		context.say(`${pair + 1} of ${context.pairs}`);
	}
	await endLedger();
	await air.close();
	const line = (unit: string, of: (run: (typeof ours)[number]) => number, most: number): Line => {
		const own = measured(ours.map(of));
		return {
			row: 4,
			setting: `${items} items, AIR allows ${PER_SECOND} per second, at most ${MOST_IN_FLIGHT} at once`,
			unit,
			ours: { name: 'mapped automatically, ledger on', ...own },
			comparison: {
				name: 'HTTP Request, batches of 100 each second, Retry On Fail',
				...measured(theirs.map(of)),
			},
			ratio: unit.startsWith('time') ? ratios(ours.map(of), theirs.map(of)) : undefined,
			goal: below(most, own),
		};
	};
	return [
		line('% of the requests answered with 429', ({ wasted }) => wasted, 3),
		line('time, as a multiple of the shortest possible', ({ time }) => time, 1.1),
	];
}
