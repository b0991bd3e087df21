import { csvFiles } from '../../corpus/csvFiles';
import { codeOf } from './flowCode';

/** How the CSV example reads files, without n8n; test/host/examples.test.ts uploads them. */
const read = codeOf('bulk-csv', 'Read Lines');
const linesOf = (bytes: Uint8Array) => read([{ data: Buffer.from(bytes).toString('utf8') }]);

test.each(csvFiles.map((file) => [file.what, file] as const))('%s', (_what, file) => {
	const bytes = file.bytes('unit');
	if (file.refused !== undefined) {
		expect(() => linesOf(bytes)).toThrow(file.refused);
		return;
	}
	expect(linesOf(bytes)).toMatchObject(
		(file.report ?? []).map(([line, person]) => ({
			line,
			email: expect.stringContaining(`unit-${person}`) as string,
		})),
	);
});

test('only a line with a problem has one, whatever columns the file has', () => {
	const problemOf = (id: string) =>
		linesOf(csvFiles.find((one) => one.id === id)?.bytes('unit') ?? new Uint8Array()).map(
			({ problem }) => problem,
		);
	expect(problemOf('own-columns')).toEqual([undefined]);
	expect(problemOf('twice')).toEqual([undefined, undefined, undefined]);
	expect(problemOf('other-capitals')).toEqual([
		undefined,
		expect.stringContaining('line 2, in other capitals'),
		undefined,
	]);
});

test('values come as they are in the file, without the spaces around them', () => {
	const text =
		'email,tier,tierSince,brandId,note\n a@example.com ,"Gold","x ""y"" z",b,"one\r\ntwo"\n';
	expect(read([{ data: text }])).toEqual([
		{
			email: 'a@example.com',
			tier: 'Gold',
			tierSince: 'x "y" z',
			brandId: 'b',
			note: 'one\ntwo',
			line: 2,
		},
	]);
});

test('a column that is named like the line number of the report does not take its place', () => {
	const text = 'email,tier,tierSince,brandId,line\na@example.com,Gold,x,b,77\n';
	expect(read([{ data: text }])).toMatchObject([{ line: 2 }]);
});
