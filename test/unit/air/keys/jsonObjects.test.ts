import fc from 'fast-check';
import { jsonObjects } from '../../../../air/keys/jsonObjects';

test('cuts out what JSON.stringify wrote, whatever is in it', () => {
	const object = fc.dictionary(fc.string(), fc.jsonValue());
	fc.assert(
		fc.property(
			fc.array(object, { maxLength: 5 }),
			fc.constantFrom('', '\n', ',', ' [] '),
			fc.option(fc.constant(2)),
			(values, between, indent) => {
				const texts = values.map((value) => JSON.stringify(value, null, indent ?? 0));
				expect(jsonObjects(texts.join(between))).toEqual({
					objects: texts,
					around: between.repeat(Math.max(0, texts.length - 1)),
					cut: false,
				});
			},
		),
	);
});

test.each([
	['{', [], true],
	['{"a":"}', [], true],
	['{}{', ['{}'], true],
	['}{}', ['{}'], false],
	['"{"', [], true],
	['{"\\"}":{}}', ['{"\\"}":{}}'], false],
])('%j', (text, objects, cut) => {
	expect(jsonObjects(text)).toMatchObject({ objects, cut });
});
