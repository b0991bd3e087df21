/**
 * Files as people save them: Excel (“CSV UTF-8”: byte order mark, semicolons where the decimal sign is a
 * comma, cells that go on over lines), Google Sheets (commas, CR LF, no mark), LibreOffice (LF, all text
 * quoted if so chosen).
 */
export interface CsvFile {
	readonly id: string;
	readonly what: string;
	/** @param who - makes the addresses in it */
	readonly bytes: (who: string) => Uint8Array<ArrayBuffer>;
	/** For each reported line: its number in the file, its person, its result, and the reason. */
	readonly report?: readonly (readonly [
		line: number,
		person: string,
		result: string,
		why?: RegExp,
	])[];
	/** The whole file is refused, for this reason. */
	readonly refused?: RegExp;
}

const SINCE = '2026-01-19T07:18:45Z';
const NAMES = ['email', 'tier', 'tierSince', 'brandId'] as const;
const BOM = '\u{FEFF}';

const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const lineOf = (email: string, separator = ',', tier = 'Gold') =>
	[email, tier, SINCE, 'your-brand'].join(separator);
const address = (who: string, person: string) => `${who}-${person}@example.com`;

const file = (
	id: string,
	what: string,
	text: (of: (person: string, separator?: string, tier?: string) => string, who: string) => string,
	expected: Pick<CsvFile, 'report' | 'refused'>,
): CsvFile => ({
	id,
	what,
	bytes: (who) =>
		utf8(text((person, separator, tier) => lineOf(address(who, person), separator, tier), who)),
	...expected,
});

const both = [
	[2, 'ada', 'issued'],
	[3, 'bob', 'issued'],
] as const;

export const csvFiles: readonly CsvFile[] = [
	file(
		'sheets',
		'Google Sheets: commas, CR LF',
		(of) => [NAMES.join(','), of('ada'), of('bob')].join('\r\n'),
		{
			report: both,
		},
	),
	file(
		'excel',
		'Excel: a byte order mark, commas',
		(of) => `${BOM}${[NAMES.join(','), of('ada'), of('bob')].join('\r\n')}\r\n`,
		{ report: both },
	),
	file(
		'excel-semicolons',
		'Excel where the decimal sign is a comma: semicolons',
		(of) => `${BOM}${[NAMES.join(';'), of('ada', ';'), of('bob', ';')].join('\r\n')}\r\n`,
		{ report: both },
	),
	file(
		'excel-sep',
		'a first line that names the separator',
		(of) => ['sep=;', NAMES.join(';'), of('ada', ';'), of('bob', ';')].join('\r\n'),
		{
			report: [
				[3, 'ada', 'issued'],
				[4, 'bob', 'issued'],
			],
		},
	),
	file(
		'libreoffice',
		'LibreOffice: LF, all text quoted',
		(of) =>
			[NAMES.join(','), of('ada'), of('bob')]
				.map((line) =>
					line
						.split(',')
						.map((cell) => `"${cell}"`)
						.join(','),
				)
				.join('\n') + '\n',
		{ report: both },
	),
	file('tabs', 'tabs', (of) => [NAMES.join('\t'), of('ada', '\t'), of('bob', '\t')].join('\n'), {
		report: both,
	}),
	file(
		'quoted-breaks',
		'a cell over three lines, in a column that is not an attribute',
		(of) =>
			[
				`note,${NAMES.join(',')}`,
				`"first\r\nsecond, with ""quotes""\r\nthird",${of('ada')}`,
				`,${of('bob')}`,
			].join('\r\n'),
		{
			report: [
				[2, 'ada', 'issued'],
				[5, 'bob', 'issued'],
			],
		},
	),
	file(
		'blank-lines',
		'blank lines, and lines of nothing but separators',
		(of) => ['', NAMES.join(','), '', of('ada'), ',,,', '   ', of('bob'), '', ''].join('\r\n'),
		{
			report: [
				[4, 'ada', 'issued'],
				[7, 'bob', 'issued'],
			],
		},
	),
	file(
		'ragged',
		'lines with too few and too many cells',
		(of) =>
			[
				NAMES.join(','),
				`${of('ada')},,`,
				`${of('bob')},one more`,
				of('cem').split(',').slice(0, 2).join(','),
			].join('\n'),
		{
			report: [
				[2, 'ada', 'issued'],
				[3, 'bob', 'failed', /more cells than the header/],
				[4, 'cem', 'failed', /tierSince/],
			],
		},
	),
	file(
		'header-variants',
		'names in other letters, with spaces and dashes',
		(of) => [' E-Mail Address , Tier,Tier Since,BRAND_ID', of('ada'), of('bob')].join('\n'),
		{ report: both },
	),
	file(
		'columns-moved',
		'the columns in another order',
		(_, who) =>
			['brandId,tierSince,tier,email', `your-brand,${SINCE},Gold,${address(who, 'ada')}`].join(
				'\n',
			),
		{
			report: [[2, 'ada', 'issued']],
		},
	),
	file(
		'bad-values',
		'values that do not fit',
		(of, who) =>
			[
				NAMES.join(','),
				of('ada', ',', 'Platinum'),
				`${address(who, 'bob')},Gold,19.01.2026 08:18,your-brand`,
				of('cem').replace('@example.com', ''),
				of('dan'),
			].join('\n'),
		{
			report: [
				[2, 'ada', 'failed', /tier/],
				[3, 'bob', 'failed', /tierSince/],
				[4, 'cem', 'failed', /not a valid e-mail address/],
				[5, 'dan', 'issued'],
			],
		},
	),
	file(
		'twice',
		'one person twice: the same line, and another tier',
		(of) => [NAMES.join(','), of('ada'), of('ada'), of('ada', ',', 'Silver')].join('\n'),
		{
			report: [
				[2, 'ada', 'issued'],
				[3, 'ada', 'replayed'],
				[4, 'ada', 'kept', /NOT issued/],
			],
		},
	),
	file(
		'broken-letters',
		'saved as “CSV” and not as “CSV UTF-8”: a broken letter in an address',
		(of) => [NAMES.join(','), of('ada').replace('ada@', 'ada-zo\u{FFFD}@'), of('bob')].join('\r\n'),
		{
			report: [
				[2, 'ada', 'failed', /broken letter/],
				[3, 'bob', 'issued'],
			],
		},
	),
	file(
		'own-columns',
		'columns of one’s own that are named as those of the report',
		(of) => [`${NAMES.join(',')},problem,line,code`, `${of('ada')},none,77,x`].join('\n'),
		{ report: [[2, 'ada', 'issued']] },
	),
	file(
		'other-capitals',
		'one person twice, the second time in other capitals',
		(of) => [NAMES.join(','), of('ada'), of('ADA'), of('bob')].join('\n'),
		{
			report: [
				[2, 'ada', 'issued'],
				[3, 'ADA', 'failed', /line 2, in other capitals/],
				[4, 'bob', 'issued'],
			],
		},
	),
	file(
		'no-email',
		'no column for the address',
		(of) => ['recipient,tier,tierSince,brandId', of('ada')].join('\n'),
		{
			refused: /name each of these once: email\. It has: recipient, tier, tierSince, brandId/,
		},
	),
	file(
		'email-twice',
		'two columns for the address',
		(of, who) => [`${NAMES.join(',')},E-Mail`, `${of('ada')},${address(who, 'bob')}`].join('\n'),
		{
			refused: /name each of these once: email/,
		},
	),
	file(
		'wrong-tier',
		'a column that is not named as the attribute',
		(of) => ['email,membership,tierSince,brandId', of('ada')].join('\n'),
		{ refused: /once: tier\./ },
	),
	file(
		'open-quote',
		'a quotation mark that is never closed',
		(of) => [NAMES.join(','), `"${of('ada')}`, of('bob')].join('\n'),
		{ refused: /Line 2: a quotation mark/ },
	),
	file('empty', 'nothing but a header', () => `${NAMES.join(',')}\r\n`, { refused: /no lines/ }),
	{
		id: 'utf-16',
		what: 'Excel’s “Unicode Text”: UTF-16',
		bytes: (who) =>
			new Uint8Array(
				Buffer.from(`${BOM}${NAMES.join('\t')}\r\n${lineOf(address(who, 'ada'), '\t')}`, 'utf16le'),
			),
		refused: /not UTF-8/,
	},
];
