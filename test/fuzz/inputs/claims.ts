import fc from 'fast-check';
import { readTemplate } from '../../../issuance/subject/values/template';
import { parseSubject, subjectFromFields } from '../../../issuance/subject/subject';
import { splitTemplate } from '../../../n8n/issuing/templates';
import { badInput } from '../BadInput';
import { must, taken } from '../expecting';
import { NASTY } from '../pieces';

/** A template as the node reads it, filled in. */
const filled = (template: string, results: (index: number) => unknown) =>
	readTemplate(splitTemplate(`=${template}`))(results);

const CODE = /^AIR_SUBJECT_INVALID$/;
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** A number as sign, digits and exponent, so that two spellings can be compared without rounding. */
function exactly(spelled: string): string {
	const [, sign = '', whole = '', fraction = '', exponent = '0'] =
		/^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(spelled) ?? [];
	must(whole !== '', 'a number is spelled as one');
	const digits = BigInt(whole + fraction).toString();
	const kept = digits.replace(/0+$/, '');
	if (kept === '') return '0';
	const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - kept.length);
	return `${sign}${kept}e${power}`;
}

const digit = fc.integer({ min: 0, max: 9 }).map(String);
const digits = (most: number) =>
	fc.array(digit, { minLength: 1, maxLength: most }).map((each) => each.join(''));
const whole = fc.oneof(
	digits(25).map((text) => text.replace(/^0+(?=.)/, '')),
	fc.integer({ min: -3, max: 3 }).map((near) => String(2n ** 53n + BigInt(near))),
);
const spelledNumber = fc
	.record({
		sign: fc.constantFrom('', '-'),
		whole,
		fraction: fc.oneof(
			fc.constant(''),
			digits(25).map((text) => `.${text}`),
		),
		exponent: fc.oneof(
			{ weight: 3, arbitrary: fc.constant('') },
			fc.integer({ min: -400, max: 400 }).map((power) => `e${power}`),
			digits(3).map((power) => `E+${power}`),
		),
	})
	.map((number) => [number.sign, number.whole, number.fraction, number.exponent].join(''));

/** The ways in which the spelling of a number can arrive. */
const SPELLED: Readonly<Record<string, (text: string) => unknown>> = {
	'JSON text': (text) => parseSubject(`{"a": ${text}}`).a,
	'nested JSON text': (text) =>
		(parseSubject(`{"a": [{"b": ${text}}]}`).a as { b: unknown }[])[0]?.b,
	template: (text) => parseSubject(filled(`{"a": ${text}, "b": "{{ 1 }}"}`, () => 'x')).a,
	'field of type Number': (text) =>
		subjectFromFields([{ name: 'a', type: 'number', value: text }]).a,
	'field of type Integer': (text) =>
		subjectFromFields([{ name: 'a', type: 'integer', value: text }]).a,
	'field of type JSON': (text) => subjectFromFields([{ name: 'a', type: 'json', value: text }]).a,
	'field of type List': (text) =>
		(subjectFromFields([{ name: 'a', type: 'list', value: `[${text}]` }]).a as unknown[])[0],
};
/** The ways of a number that n8n has read: whole numbers must still have all digits. */
const RECEIVED: Readonly<Record<string, (value: unknown) => unknown>> = {
	'as it is': (value) => parseSubject({ a: value }).a,
	'in a list': (value) => (parseSubject({ a: [value] }).a as unknown[])[0],
	'as text': (value) => subjectFromFields([{ name: 'a', type: 'string', value }]).a,
	'as a number': (value) => subjectFromFields([{ name: 'a', type: 'number', value }]).a,
	'within quotation marks': (value) => parseSubject(filled('{"a": "{{ 1 }}"}', () => value)).a,
	'where a value stands': (value) => parseSubject(filled('{"a": {{ 1 }} }', () => value)).a,
};

export const claimNumbers = badInput({
	name: 'Numbers with many digits',
	share: 400,
	inputs: fc.oneof(
		fc.record({ way: fc.constantFrom(...Object.keys(SPELLED)), text: spelledNumber }),
		fc.record({ way: fc.constantFrom(...Object.keys(RECEIVED)), text: whole }),
	),
	corpus: Object.keys({ ...SPELLED, ...RECEIVED }).flatMap((way) =>
		['4012888888881881123', '9007199254740992', '9007199254740991', '7'].map((text) => ({
			way,
			text,
		})),
	),
	check: async ({ way, text }) =>
		await taken(
			() => SPELLED[way]?.(text) ?? RECEIVED[way]?.(JSON.parse(text)),
			(value) => {
				const sent = typeof value === 'string' ? value : JSON.stringify(value);
				must(exactly(sent) === exactly(text), 'no digit is lost');
			},
			CODE,
		),
});

interface Tree {
	readonly text: string;
	readonly twice: boolean;
}

const name = fc.stringMatching(/^[a-z]{1,3}$/).filter((text) => text !== 'id');
/** Each character of a name may be escaped. */
const spelledName = fc
	.tuple(name, fc.array(fc.boolean(), { maxLength: 3 }))
	.map(([text, escaped]) => ({
		text,
		spelled: Array.from(text, (character, index) =>
			escaped[index] === true
				? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
				: character,
		).join(''),
	}));
const leaf: fc.Arbitrary<Tree> = fc
	.oneof(
		fc.constantFrom('null', 'true', '{}', '[]', '""', '1', '1.0'),
		fc.constantFrom('"a\\": 1, \\"a"', '"{[,:"', '"\\\\"'),
		fc.string().map((text) => JSON.stringify(text)),
	)
	.map((text) => ({ text, twice: false }));
const trees = fc.letrec<{ any: Tree; object: Tree }>((tie) => ({
	any: fc.oneof(
		{ maxDepth: 4 },
		leaf,
		tie('object'),
		fc.array(tie('any'), { maxLength: 3 }).map((inner) => ({
			text: `[${inner.map(({ text }) => text).join(' , ')}]`,
			twice: inner.some(({ twice }) => twice),
		})),
	),
	object: fc
		.array(fc.tuple(spelledName, tie('any')), { minLength: 1, maxLength: 4 })
		.map((members) => ({
			text: `{${members.map(([{ spelled }, { text }]) => `"${spelled}" :${text}`).join(',')}}`,
			twice:
				new Set(members.map(([{ text }]) => text)).size < members.length ||
				members.some(([, { twice }]) => twice),
		})),
}));

export const claimNames = badInput({
	name: 'Names that are there twice',
	share: 300,
	inputs: trees.object,
	corpus: [],
	check: async ({ text, twice }) =>
		await taken(
			() => parseSubject(text),
			(subject) => {
				must(!twice, 'a name that is there twice is refused');
				must(same(subject, JSON.parse(text)), 'and all else is what it says');
			},
			CODE,
			(error) => {
				must(twice === / holds \S+ twice$/.test(error.message), 'it says that it is there twice');
				must(twice, 'only that is refused');
			},
		),
});

/** Values that a form, a webhook or a model may put into an expression. */
export const hostile = fc.oneof(
	fc.constantFrom(...NASTY.filter((text) => text.isWellFormed())),
	fc.constantFrom('x","admin":true,"b":"', '"}', '\\', '\\"', '{{ 1 }}', '}}', '\\u0022', '"a"'),
	fc.json(),
	fc.jsonValue().map((value) => JSON.stringify({ a: value }).slice(1, -1)),
	fc.string({ unit: 'grapheme', maxLength: 8 }),
);

export interface Place {
	readonly kind: 'text' | 'value' | 'fixed';
	readonly before: string;
	readonly after: string;
	readonly value: unknown;
}

const written = fc.stringMatching(/^[ a-z.,:-]{0,5}$/);
/** A template as an author writes it: texts and values with expressions, and fixed claims between. */
export const formTemplates = fc.dictionary(
	name.filter((text) => !['not', 'val'].includes(text)),
	fc.record<Place>({
		kind: fc.constantFrom('text', 'value', 'fixed'),
		before: written,
		after: written,
		value: fc.oneof({ weight: 4, arbitrary: hostile }, fc.constantFrom(7, true, null, ['a'])),
	}),
	{ minKeys: 1, maxKeys: 4 },
);

/** The text of the template; `expression` gives the text for a claim's value. */
export function templateOf(
	places: Readonly<Record<string, Place>>,
	expression: (name: string) => string,
): string {
	const members = Object.entries(places).map(([key, { kind, before, after }]) => {
		if (kind === 'fixed') return `"${key}": "${before}${after}"`;
		const inner = `{{ ${expression(key)} }}`;
		return `"${key}": ${kind === 'value' ? `${inner} ` : `"${before}${inner}${after}"`}`;
	});
	return `{${members.join(', ')}}`;
}

/** The only subject that the author can have intended. */
export const meant = (places: Readonly<Record<string, Place>>): Record<string, unknown> =>
	Object.fromEntries(
		Object.entries(places).map(([key, { kind, before, after, value }]) => {
			if (kind === 'value') return [key, value];
			return [key, `${before}${kind === 'text' ? String(value) : ''}${after}`];
		}),
	);

export const claimTemplates = badInput({
	name: 'Hostile values in JSON with expressions',
	share: 400,
	inputs: formTemplates,
	corpus: [],
	check: async (places) => {
		const inTurn = Object.values(places).filter(({ kind }) => kind !== 'fixed');
		return await taken(
			() =>
				parseSubject(
					filled(
						templateOf(places, (key) => key),
						(at) => inTurn[at]?.value,
					),
				),
			(subject) => {
				must(same(subject, meant(places)), 'the claims are those of the author');
			},
			CODE,
		);
	},
});
