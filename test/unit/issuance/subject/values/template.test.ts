import fc from 'fast-check';
import { AirError } from '../../../../../errors/AirError';
import { readJson } from '../../../../../issuance/subject/values/jsonText';
import { readTemplate } from '../../../../../issuance/subject/values/template';
import { splitTemplate } from '../../../../../n8n/issuing/templates';

interface Chunk {
	readonly type: string;
	readonly text: string;
	readonly hasClosingBrackets?: boolean;
}
interface Splitter {
	readonly splitExpression: (text: string) => readonly Chunk[];
}

/**
 * n8n parts a text at braces twice: where it adds its own functions to the code, and where it makes
 * code of the text. Neither is exported, so they are read from where they lie.
 */
const SPLITTERS = [
	'n8n-workflow/dist/cjs/extensions/expression-parser',
	'@n8n/tournament/dist/ExpressionSplitter',
].map((path) => [path, jest.requireActual<Splitter>(path).splitExpression] as const);

function tried<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (error instanceof AirError && error.code === 'AIR_SUBJECT_INVALID') return undefined;
		throw error;
	}
}

const pieces = fc
	.array(
		fc.oneof(
			fc.constantFrom('{{', '}}', '{', '}', '\\', '\\\\', '"', "'", '`', '$json.a', ' ', '\n'),
			fc.constantFrom('{"a": ', '{{ "}}" }}', '{{{', '}}}', '{{}}', '\\}}', '\\{{', '{{ {a:1} }}'),
			fc.string({ maxLength: 3 }),
		),
		{ maxLength: 12 },
	)
	.map((parts) => parts.join(''));

describe.each(SPLITTERS)('parts a text as %s does', (_path, split) => {
	test('or refuses it', () => {
		let taken = 0;
		fc.assert(
			fc.property(pieces, (text) => {
				const parts = tried(() => splitTemplate(`=${text}`));
				if (parts === undefined) return;
				taken += 1;
				const codes = split(text).filter(({ type }) => type === 'code');
				expect(parts.filter(({ type }) => type === 'code')).toEqual(codes);
				expect(codes.every(({ hasClosingBrackets }) => hasClosingBrackets)).toBe(true);
			}),
			{ numRuns: 3000 },
		);
		expect(taken).toBeGreaterThan(300);
	});
});

describe('what is filled in', () => {
	const names = fc
		.stringMatching(/^[a-z]{1,6}$/)
		.filter((name) => !['id', 'constructor', 'prototype'].includes(name));
	const hostile = fc.oneof(
		fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
		fc.json(),
		fc.constantFrom('"', '\\', '","a":"', '{{ 1 }}', '\\u0022', '"}', '\u0000', '_0_', '__proto__'),
	);

	test('is text in its place, whatever it holds, and the rest stays as it was written', () => {
		const places = fc.dictionary(
			names,
			fc.record({ before: fc.string(), value: hostile, nested: fc.boolean(), after: fc.string() }),
			{ minKeys: 1, maxKeys: 5 },
		);
		fc.assert(
			fc.property(places, (claims) => {
				const quoted = (text: string) => JSON.stringify(text.replace(/[{}\\]/g, '')).slice(1, -1);
				const entries = Object.entries(claims);
				const members = entries.map(([name, { before, after, nested }]) => {
					const text = `"${quoted(before)}{{ ${name} }}${quoted(after)}"`;
					return `"${name}": ${nested ? `[{"a": ${text}}]` : text}`;
				});
				const pieces = splitTemplate(`={${members.join(', ')}}`);
				const codes = pieces.filter(({ type }) => type === 'code');
				expect(codes.map(({ text }) => text)).toEqual(entries.map(([name]) => ` ${name} `));
				const fill = readTemplate(pieces);
				const filled = fill((index) => entries[index]?.[1].value);
				const expected = entries.map(([name, { before, value, after, nested }]) => {
					const text = [before, after].map((part) => part.replace(/[{}\\]/g, '')).join(value);
					return [name, nested ? [{ a: text }] : text] as const;
				});
				expect(filled).toEqual(Object.fromEntries(expected));
			}),
		);
	});

	test('can imitate no placeholder, not even one that it has seen', () => {
		const seen: string[] = [];
		const fill = readTemplate(splitTemplate('={"a": "{{ 1 }}", "b": {{ 2 }} }'));
		const collect = (index: number) => (index === 0 ? `_${seen.join()}_0_` : [`_${index}_`]);
		expect(fill(collect)).toEqual({ a: '__0_', b: ['_1_'] });
	});

	test('a template is read once, and gives each item a subject of its own', () => {
		const fill = readTemplate(splitTemplate('={"a": {"b": {{ 1 }}, "c": [1]} }'));
		const [first, second] = [fill(() => 1), fill(() => 2)];
		expect([first, second]).toEqual([{ a: { b: 1, c: [1] } }, { a: { b: 2, c: [1] } }]);
	});
});

describe('JSON text', () => {
	const sameName = (text: string) => {
		const read = readJson(text);
		return read !== undefined && 'refused' in read ? read.refused : undefined;
	};

	test('is taken as JSON.parse takes it, or refused for a reason of its own', () => {
		const texts = fc.oneof(
			fc.json(),
			fc
				.tuple(
					fc.json(),
					fc.nat(30),
					fc.constantFrom(
						'{',
						'}',
						'[',
						']',
						',',
						':',
						'"',
						'\\',
						' ',
						'0',
						'-',
						'.',
						'e',
						'\u00a0',
						'\ufeff',
						'\t',
					),
				)
				.map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at)),
		);
		const parsed = (text: string) => {
			try {
				return { value: JSON.parse(text) as unknown };
			} catch {
				return undefined;
			}
		};
		const holdsSymbol = (value: unknown): boolean =>
			typeof value === 'symbol' ||
			(typeof value === 'object' && value !== null && Object.values(value).some(holdsSymbol));
		fc.assert(
			fc.property(texts, (text) => {
				const [ours, theirs] = [readJson(text), parsed(text)];
				expect(ours === undefined).toBe(theirs === undefined);
				if (ours === undefined || 'refused' in ours || holdsSymbol(ours.value)) return;
				expect(JSON.stringify(ours.value)).toBe(JSON.stringify(theirs?.value));
			}),
			{ numRuns: 3000 },
		);
	});

	test.each([
		['{"a": 1, "a": 1}', 'holds a twice'],
		['{"a": {"b": [0, {"c": 1, "c": 1}]}}', 'holds a.b[1].c twice'],
		['[[], {"a": 1}, {"a": "]", "b": 1, "a": 2}]', 'holds [2].a twice'],
		['{"a": "\\"", "\\u0061": ","}', 'holds a twice'],
		['{"__proto__": 1, "__proto__": 1}', 'holds __proto__ twice'],
		['{"ada@example.com": 1, "ada@example.com": 2}', 'holds a name twice'],
		['{"a": {"a": {"a": 1}}, "b": ["a", "a"], "c": {"a": 1}}', undefined],
		[`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'is nested too deeply'],
	])('%.60s', (text, refused) => {
		expect(sameName(text)).toBe(refused);
	});
});
