import type { Summary } from '../../../../issuance/ledger/summary';
import { summaryHtml } from '../../../../issuance/ledger/summaryHtml';

const SUMMARY: Summary = {
	from: '2026-11-01T00:00:00.000Z',
	before: '2026-11-30T00:00:00.000Z',
	total: 1234,
	unknown: 1,
	states: { confirmed: 1200, submitted: 33, unknown: 1 },
	programs: [
		{ program: 'c1', total: 1200, states: { confirmed: 1200 } },
		{ program: 'c2', total: 34, states: { submitted: 33, unknown: 1 } },
	],
	days: [
		{ day: '2026-11-29', total: 1234, states: { confirmed: 1200, submitted: 33, unknown: 1 } },
	],
};

test('says how many, of when, by state, program and day, and what needs somebody', () => {
	const html = summaryHtml(SUMMARY);
	for (const words of [
		'1,234 issuances with Moca AIR',
		'from 2026-11-01 to 2026-11-29 (UTC)',
		'1 has an unknown outcome',
		'By state',
		'AIR may or may not have issued',
		'By issuance program or type',

		'By day',
	]) {
		expect(html).toContain(words);
	}
	expect(html).toContain('1 unknown, 33 submitted');
});

test('is made of tables and bars of CSS: nothing runs, and nothing is loaded', () => {
	const html = summaryHtml(SUMMARY);
	const tags = new Set([...html.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag));
	expect([...tags].sort()).toEqual(['div', 'h2', 'h3', 'p', 'table', 'td', 'th', 'tr']);
	expect(html).not.toMatch(/url\(|https?:|\bon\w+=|<!--/i);
	const widths = [...html.matchAll(/height:12px;width:([\d.]+)%/g)].map(([, width]) =>
		Number(width),
	);
	expect(widths.length).toBeGreaterThan(5);
	expect(Math.max(...widths)).toBe(100);
	expect(Math.min(...widths)).toBe(1);
});

test('what is not ours is escaped', () => {
	const program = `<script>alert("x")</script>' onload='&amp;`;
	const html = summaryHtml({
		...SUMMARY,
		programs: [{ program, total: 1, states: { confirmed: 1 } }],
	});
	expect(html).not.toContain('<script');
	expect(html).not.toContain("' onload='");
	expect(html).toContain(
		'&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39; onload=&#39;&amp;amp;',
	);
});

test('of nothing it says nothing more', () => {
	const html = summaryHtml({
		...SUMMARY,
		...{ total: 0, unknown: 0, states: {}, programs: [], days: [] },
	});
	expect(html).toContain('0 issuances with Moca AIR');
	expect(html).not.toMatch(/<table|unknown outcome/);
});
