import type { Line, Results } from './results';
import type { Measured } from './statistics';

const WIDTH = 860;
const LABEL = 290;
const BAR = 18;
const GAP = 6;
const HEAD = 34;

interface Bar extends Measured {
	readonly name: string;
	readonly color: string;
}

const COLORS = { ours: '#3b5bdb', expressions: '#91a7ff', others: '#adb5bd' };

/** Rows 1 and 2 measure the same settings: ours, n8n's own nodes, and the bare script. */
function barsOf(lines: readonly Line[], setting: string): Bar[] {
	const of = (row: number) => lines.filter((line) => line.row === row && line.setting === setting);
	const others = [...of(2), ...of(1)]
		.flatMap(({ comparison }) => (comparison === undefined ? [] : [comparison]))
		.map((bar) => ({ ...bar, color: COLORS.others }));
	const ours = of(1).map(({ ours: bar }) => ({
		...bar,
		color: bar.name.startsWith('three') ? COLORS.expressions : COLORS.ours,
	}));
	const unique = new Map([...others, ...ours].map((bar) => [bar.name, bar]));
	return [...unique.values()].toSorted((a, b) => b.median - a.median);
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Items per second as bars, with least and most. */
export function chartOf({ lines }: Pick<Results, 'lines'>): string {
	const settings = [...new Set(lines.filter(({ row }) => row === 1).map(({ setting }) => setting))];
	const groups = settings.map((setting) => ({ setting, bars: barsOf(lines, setting) }));
	const most = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ max }) => max)));
	const x = (value: number) => LABEL + (value / most) * (WIDTH - LABEL - 70);
	const parts: string[] = [];
	let y = 20;
	for (const { setting, bars } of groups) {
		parts.push(`<text x="10" y="${y + 4}" font-weight="bold">${escaped(setting)}</text>`);
		y += HEAD - 14;
		for (const { name, median, min, max, color } of bars) {
			const middle = y + BAR / 2;
			parts.push(
				`<text x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
				`<rect x="${LABEL}" y="${y}" width="${(x(median) - LABEL).toFixed(1)}" height="${BAR}" fill="${color}"/>`,
				`<path d="M${x(min).toFixed(1)} ${middle}H${x(max).toFixed(1)}" stroke="#212529"/>`,
				`<text x="${(x(max) + 6).toFixed(1)}" y="${middle + 4}">${Math.round(median).toLocaleString('en')}</text>`,
			);
			y += BAR + GAP;
		}
		y += HEAD - 14;
	}
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="12" fill="#212529">
<title>Items per second: median, with least and most</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`;
}
