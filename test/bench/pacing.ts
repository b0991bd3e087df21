import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostLimiter } from '../../air/pacing/HostLimiter';
import { send, SimulatedAir, type SimulatedSettings } from '../support/simulatedAir';
import { VirtualTime } from '../support/virtualTime';

/** One picture: how AIR works, who sends, and what changes meanwhile. */
interface Panel {
	readonly title: string;
	readonly air: SimulatedSettings;
	readonly seconds: number;
	readonly processes?: number;
	readonly runs?: readonly { readonly items: number; readonly atMs?: number }[];
	readonly ledgerMs?: number;
	readonly changes?: readonly { readonly atMs: number; readonly to: Partial<SimulatedSettings> }[];
}

const FAST: SimulatedSettings = { serviceMs: 20, workers: 10_000 };
const USUAL: SimulatedSettings = { serviceMs: 100, workers: 10_000 };
const BUCKET = { perSecond: 100, burst: 100 };

const PANELS: readonly Panel[] = [
	{ title: 'Fast: 20 ms', air: FAST, seconds: 1 },
	{ title: 'Slow: 300 ms', air: { serviceMs: 300, workers: 10_000 }, seconds: 8 },
	{
		title: '100 a second, Retry-After 1 s',
		air: { ...USUAL, limit: { ...BUCKET, retryAfterMs: 1_000 } },
		seconds: 30,
	},
	{ title: '100 a second, no Retry-After', air: { ...USUAL, limit: BUCKET }, seconds: 30 },
	{
		title: '40 at once, 20 from 8 s on',
		air: { serviceMs: 100, workers: 40 },
		seconds: 16,
		changes: [{ atMs: 8_000, to: { workers: 20 } }],
	},
	{
		title: 'No answers from 3 s to 18 s',
		air: USUAL,
		seconds: 30,
		changes: [
			{ atMs: 3_000, to: { downMs: 5_000 } },
			{ atMs: 18_000, to: { downMs: undefined } },
		],
	},
	{ title: 'A ledger that takes 50 ms', air: USUAL, seconds: 6, ledgerMs: 50 },
	{
		title: 'Four processes, 80 at once',
		air: { serviceMs: 100, workers: 80 },
		seconds: 16,
		processes: 4,
	},
	{
		title: 'A run beside another from 3 s on',
		air: { serviceMs: 100, workers: 40 },
		seconds: 8,
		runs: [{ items: 100_000 }, { items: 400, atMs: 3_000 }],
	},
];

const [WIDTH, HEIGHT, GAP, COLUMNS] = [270, 130, 34, 3];
const MOST = 110;
const SAMPLES = 260;

interface Drawn {
	readonly inFlight: readonly number[];
	readonly allowed: readonly number[];
	readonly refused: readonly number[];
	/** When items of the second run were sent, in milliseconds. */
	readonly second: readonly number[];
}

async function simulate(panel: Panel): Promise<Drawn> {
	const { seconds, processes = 1, runs = [{ items: 1_000_000 }], ledgerMs, changes = [] } = panel;
	const time = new VirtualTime();
	const air = new SimulatedAir(time, { ...panel.air });
	const limiters = Array.from({ length: processes }, () => new HostLimiter(time, () => 0.5));
	for (const { atMs, to } of changes) time.after(atMs, () => Object.assign(air.settings, to));
	const second: number[] = [];
	for (const limiter of limiters) {
		for (const [index, { items, atMs = 0 }] of runs.entries()) {
			time.after(atMs, () => {
				const options = { kind: 'issue', ahead: true, share: { whose: {} } } as const;
				const onSent = index === 0 ? undefined : () => second.push(time.now());
				void send(time, limiter, air, { items, ledgerMs, options, onSent });
			});
		}
	}
	const [inFlight, allowed, refused]: number[][] = [[], [], []];
	let before = 0;
	for (let sample = 0; sample < SAMPLES; sample++) {
		await time.run((sample * seconds * 1_000) / SAMPLES);
		inFlight?.push(air.inFlight);
		allowed?.push(limiters.reduce((sum, limiter) => sum + limiter.ofUse('issue') - 16, 0));
		refused?.push(air.refused + air.lost - before);
		before = air.refused + air.lost;
	}
	return { inFlight: inFlight ?? [], allowed: allowed ?? [], refused: refused ?? [], second };
}

function drawn(panel: Panel, { inFlight, allowed, refused, second }: Drawn, index: number): string {
	const left = 30 + (index % COLUMNS) * (WIDTH + GAP);
	const top = 40 + Math.floor(index / COLUMNS) * (HEIGHT + GAP + 16);
	const most = Math.max(MOST, ...inFlight, ...allowed);
	const x = (sample: number) => left + (sample / SAMPLES) * WIDTH;
	const y = (count: number) => top + HEIGHT - (count / most) * HEIGHT;
	const path = (counts: readonly number[]) =>
		counts
			.map((count, i) => `${i === 0 ? 'M' : 'L'}${x(i).toFixed(1)} ${y(count).toFixed(1)}`)
			.join('');
	const marks = refused.flatMap((count, i) =>
		count === 0 ? [] : [`M${x(i).toFixed(1)} ${top + HEIGHT}v6`],
	);
	const sent = second.map(
		(at) => `M${x((at / 1000 / panel.seconds) * SAMPLES).toFixed(1)} ${top + HEIGHT + 6}v5`,
	);
	return `<text x="${left}" y="${top - 8}" font-weight="bold">${panel.title}</text>
<rect x="${left}" y="${top}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#adb5bd"/>
<path d="${path(inFlight)}" fill="none" stroke="#3b5bdb"/>
<path d="${path(allowed)}" fill="none" stroke="#212529" stroke-dasharray="3 2"/>
<path d="${marks.join('')}" stroke="#c92a2a"/><path d="${sent.join('')}" stroke="#2b8a3e"/>
<text x="${left - 4}" y="${top + 10}" text-anchor="end">${most}</text>
<text x="${left + WIDTH}" y="${top + HEIGHT + 14}" text-anchor="end">${panel.seconds} s</text>`;
}

async function main(): Promise<void> {
	const parts: string[] = [];
	for (const [index, panel] of PANELS.entries()) {
		parts.push(drawn(panel, await simulate(panel), index));
	}
	const width = 30 + COLUMNS * (WIDTH + GAP);
	const height = 70 + Math.ceil(PANELS.length / COLUMNS) * (HEIGHT + GAP + 16);
	const key =
		'blue: in flight at AIR; dashed: allowed; red: refused or not answered; green: sent by the second run';
	writeFileSync(
		join(__dirname, '../../docs/internals/bench/pacing.svg'),
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="11" fill="#212529">
<title>Requests in flight over time, by the limiter that is shipped, on a virtual clock</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
<text x="30" y="${height - 14}">${key}</text>
</svg>
`,
	);
	// What still waits would go on forever.
	process.exit(0);
}

void main();
