import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(__dirname, '../../..');
const page = readFileSync(join(root, 'docs/internals/decisions.md'), 'utf8');
const section = /^## Which clock$([\s\S]*?)^## /m.exec(page)?.[1] ?? '';

/** What is shipped and runs in n8n or in the command line. */
const ROOMS = ['errors', 'air', 'issuance', 'ledger', 'n8n', 'nodes', 'credentials', 'cli'];

/** How each clock is read in the source. */
const CLOCKS = {
	monotonic: /\bperformance\.now\b/g,
	machine: /\bDate\.now\b|\bnew Date\(\)|\bprocess\.hrtime\b|\bperformance\.timeOrigin\b/g,
	store: /\bunixepoch\(|\bclock_timestamp\(|\bjulianday\(|\bCURRENT_TIMESTAMP\b|\bnow\(\)::/g,
} as const;
type Clock = keyof typeof CLOCKS;

const withoutComments = (text: string) =>
	text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

const sources = ROOMS.flatMap((room) =>
	readdirSync(join(root, room), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
		.map((entry) => relative(root, join(entry.parentPath, entry.name))),
);

/** How often each file reads a clock. */
function readings(clock: Clock): Record<string, number> {
	return Object.fromEntries(
		sources.flatMap((file) => {
			const text = withoutComments(readFileSync(join(root, file), 'utf8'));
			const times = text.match(CLOCKS[clock])?.length ?? 0;
			return times === 0 ? [] : [[file, times]];
		}),
	);
}

/** `| what | clock | where | why |`: how often each file is named for a clock. */
function named(clock: Clock): Record<string, number> {
	const total = new Map<string, number>();
	for (const line of section.split('\n')) {
		const [, , clockCell = '', where = ''] = line.split('|').map((text) => text.trim());
		if (clockCell !== clock) continue;
		for (const [, file = ''] of where.matchAll(/`([\w./]+\.ts)`/g)) {
			total.set(file, (total.get(file) ?? 0) + 1);
		}
	}
	return Object.fromEntries(total);
}

test('every reading of the clock of the machine is on the page, with its reason, and no other', () => {
	expect(named('machine')).toEqual(readings('machine'));
});

test.each(['monotonic', 'store'] as const)(
	'every file that reads the %s clock is named',
	(clock) => {
		expect(Object.keys(named(clock)).sort()).toEqual(Object.keys(readings(clock)).sort());
	},
);

test('each row names a clock and a reason', () => {
	const rows = section.split('\n').filter((line) => line.startsWith('|'));
	const cells = rows.map((line) => line.split('|').map((text) => text.trim()));
	const said = cells.filter(([, what = '']) => what !== 'What' && !/^-+$/.test(what));
	expect(said.length).toBeGreaterThan(15);
	for (const [, what, clock, where, why] of said) {
		expect([what, Object.keys(CLOCKS).includes(clock ?? '')]).toEqual([what, true]);
		expect(where).not.toBe('');
		expect(why).toMatch(/\w{3}/);
	}
});
