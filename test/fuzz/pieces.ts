import fc from 'fast-check';

/** Texts that break programs: control and invisible characters, quotes, injections, broken text. */
export const NASTY = [
	'',
	' ',
	'\t',
	'\0',
	'\x7f',
	'\r\n',
	'\u0085',
	'\u2028',
	'\u200b',
	'\u200f',
	'\u202e',
	'\ufeff',
	'\ufffd',
	'\ud83d',
	'\udc00',
	'😀',
	'e\u0301',
	'ﬁ',
	'İ',
	'"',
	"'",
	'`',
	'\\',
	'/',
	'..',
	'../',
	'%00',
	'%0d%0a',
	'%',
	'&',
	'?',
	'#',
	'<script>',
	'${7*7}',
	'{{ $json }}',
	'={{ $json.x }}',
	"'; DROP TABLE issuances; --",
	'$1',
	'\\u0000',
	'__proto__',
	'constructor',
	'null',
	'undefined',
	'NaN',
	'[object Object]',
	'bcc:eve@example.com',
	'\r\nBcc: eve@example.com',
	'x'.repeat(300),
] as const;

/** Text made of these and of valid pieces. */
export const textOf = (belongs: readonly string[], maxLength = 8): fc.Arbitrary<string> =>
	fc
		.array(
			fc.oneof(
				{ weight: 5, arbitrary: fc.constantFrom(...belongs) },
				{ weight: 1, arbitrary: fc.constantFrom(...NASTY) },
				{ weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
				{ weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
			),
			{ maxLength },
		)
		.map((pieces) => pieces.join(''));

/** Any value that an expression in a workflow may return. */
export const anything = fc.anything({
	maxDepth: 3,
	withBigInt: true,
	withBoxedValues: true,
	withDate: true,
	withMap: true,
	withSet: true,
	withNullPrototype: true,
	withObjectString: true,
	withSparseArray: true,
	withTypedArray: true,
	stringUnit: 'binary',
});

/** A text with parts removed, inserted, doubled, exchanged or cut off. */
export const mutated = (texts: fc.Arbitrary<string>, most = 3): fc.Arbitrary<string> => {
	const place = fc.double({ min: 0, max: 1, noNaN: true });
	const change = fc.tuple(
		fc.constantFrom('cut', 'begin', 'drop', 'insert', 'replace', 'double', 'turn'),
		place,
		place,
		fc.oneof(
			fc.constantFrom(...NASTY),
			fc.constantFrom('A', '=', '-', '\n', ' ', '{', '}', '"', ','),
		),
	);
	return fc.tuple(texts, fc.array(change, { maxLength: most })).map(([text, changes]) =>
		changes.reduce((current, [kind, at, to, piece]) => {
			const [from, end] = [at, to].map((part) => Math.floor(part * current.length)).sort(byNumber);
			const [head, middle, tail] = [
				current.slice(0, from),
				current.slice(from, end),
				current.slice(end),
			];
			switch (kind) {
				case 'cut':
					return head;
				case 'begin':
					return tail;
				case 'drop':
					return head + tail;
				case 'insert':
					return head + piece + current.slice(from);
				case 'replace':
					return head + piece + current.slice((from ?? 0) + piece.length);
				case 'double':
					return head + middle + middle + tail;
				default:
					return tail + middle + head;
			}
		}, text),
	);
};

const byNumber = (a: number, b: number) => a - b;
