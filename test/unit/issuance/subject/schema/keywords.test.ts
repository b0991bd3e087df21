import { Script } from 'node:vm';
import fc from 'fast-check';
import { AirError } from '../../../../../errors/AirError';
import { subjectFromSchema } from '../../../../../issuance/subject/schema/subjectFromSchema';
import { schemaFromJsonSchema } from '../../../../../issuance/subject/schema/readSchema';
import { airErrorOf, everythingShown } from '../../support';

/** Every keyword of a pasted JSON Schema is checked, or the schema is refused and the keyword named. */

const make = (schema: unknown, subject: Record<string, unknown>) =>
	subjectFromSchema(schemaFromJsonSchema(schema), (name) => subject[name]);

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2019 = 'https://json-schema.org/draft/2019-09/schema';
const text = { type: 'string' };
const claim = (schema: unknown, rest: object = {}) => ({ properties: { claim: schema }, ...rest });

interface Case {
	readonly schema: unknown;
	readonly good: Record<string, unknown>;
	readonly bad: Record<string, unknown>;
	readonly words: RegExp;
}

describe('is checked', () => {
	test.each<[string, Case]>([
		[
			'pattern beside enum',
			{
				schema: claim({ type: 'string', enum: ['EU-1', 'SECRET'], pattern: '^EU-' }),
				good: { claim: 'EU-1' },
				bad: { claim: 'SECRET' },
				words: /claim does not fit the pattern/,
			},
		],
		[
			'what stands beside $ref',
			{
				schema: claim(
					{ $ref: '#/$defs/code', maxLength: 4 },
					{ $defs: { code: { type: 'string', maxLength: 9 } } },
				),
				good: { claim: 'four' },
				bad: { claim: 'SECRET' },
				words: /claim .*at most 4 characters/,
			},
		],
		[
			'what stands beside $ref in draft-07, where AIR may check it or not',
			{
				schema: claim(
					{ $ref: '#/definitions/code', maxLength: 4 },
					{ $schema: DRAFT_07, definitions: { code: text } },
				),
				good: { claim: 'four' },
				bad: { claim: 'SECRET' },
				words: /claim .*at most 4 characters/,
			},
		],
		[
			'required in an allOf of the whole',
			{
				schema: { properties: { claim: text, note: text }, allOf: [{ required: ['claim'] }] },
				good: { claim: 'x' },
				bad: { note: 'SECRET' },
				words: /claim is required, but there is no value$/,
			},
		],
		[
			'minimum without type',
			{
				schema: claim({ minimum: 18 }),
				good: { claim: 18 },
				bad: { claim: 17 },
				words: /claim must be at least 18$/,
			},
		],
		[
			'exclusiveMaximum',
			{
				schema: claim({ type: 'number', exclusiveMaximum: 5 }),
				good: { claim: 4.9 },
				bad: { claim: 5 },
				words: /claim must be less than 5$/,
			},
		],
		[
			'if, then and else',
			{
				schema: {
					properties: { kind: text, iban: text, card: text },
					if: { properties: { kind: { const: 'bank' } } },
					then: { required: ['iban'] },
					else: { required: ['card'] },
				},
				good: { kind: 'bank', iban: 'x' },
				bad: { kind: 'bank', card: 'SECRET' },
				words: /iban is required/,
			},
		],
		[
			'dependentRequired',
			{
				schema: {
					properties: { street: text, city: text },
					dependentRequired: { street: ['city'] },
				},
				good: { city: 'x' },
				bad: { street: 'SECRET' },
				words: /city is required beside street/,
			},
		],
		[
			'dependencies of draft-07',
			{
				schema: {
					$schema: DRAFT_07,
					properties: { street: text, city: text },
					dependencies: { street: ['city'] },
				},
				good: { city: 'x' },
				bad: { street: 'SECRET' },
				words: /city is required beside street/,
			},
		],
		[
			'dependentSchemas of 2019-09',
			{
				schema: {
					$schema: DRAFT_2019,
					properties: { street: text, city: text },
					dependentSchemas: { street: { properties: { city: { minLength: 2 } } } },
				},
				good: { street: 'x', city: 'xy' },
				bad: { street: 'SECRET', city: 'x' },
				words: /city .*at least 2 characters/,
			},
		],
		[
			'oneOf, of which several fit',
			{
				schema: claim({ type: 'integer', oneOf: [{ multipleOf: 2 }, { multipleOf: 3 }] }),
				good: { claim: 4 },
				bad: { claim: 6 },
				words: /claim must fit exactly one of the forms/,
			},
		],
		[
			'anyOf, of which none fits',
			{
				schema: claim({ type: 'string', anyOf: [{ minLength: 9 }, { pattern: '^x' }] }),
				good: { claim: 'xy' },
				bad: { claim: 'SECRET' },
				words: /claim fits none of the forms/,
			},
		],
		[
			'const',
			{
				schema: claim({ const: 'Gold' }),
				good: { claim: 'Gold' },
				bad: { claim: 'SECRET' },
				words: /claim must be Gold$/,
			},
		],
		[
			'not',
			{
				schema: claim({ type: 'string', not: { enum: ['SECRET'] } }),
				good: { claim: 'x' },
				bad: { claim: 'SECRET' },
				words: /claim is what the schema rules out/,
			},
		],
		[
			'multipleOf with decimals, as they are written',
			{
				schema: claim({ type: 'number', multipleOf: 0.1 }),
				good: { claim: 0.3 },
				bad: { claim: 0.30000001 },
				words: /claim must be a multiple of 0.1$/,
			},
		],
		[
			'multipleOf where a division would be off by its rounding',
			{
				schema: claim({ type: 'number', multipleOf: 0.01 }),
				good: { claim: 123456789.13 },
				bad: { claim: 123456789.135 },
				words: /multiple of 0.01$/,
			},
		],
		[
			'format: date, to the day',
			{
				schema: claim({ anyOf: [{ type: 'string', format: 'date' }, { type: 'boolean' }] }),
				good: { claim: '2024-02-29' },
				bad: { claim: '2023-02-29' },
				words: /claim fits none/,
			},
		],
		[
			'format: email',
			{
				schema: claim({ type: 'string', format: 'email' }),
				good: { claim: 'ada@example.com' },
				bad: { claim: 'SECRET' },
				words: /claim is not in the format email$/,
			},
		],
		[
			'format without a type',
			{
				schema: claim({ format: 'ipv4' }),
				good: { claim: '10.0.0.1' },
				bad: { claim: 'SECRET' },
				words: /claim is not in the format ipv4$/,
			},
		],
		[
			'contains',
			{
				schema: claim({ type: 'array', contains: { const: 'x' } }),
				good: { claim: ['x'] },
				bad: { claim: ['SECRET'] },
				words: /claim lacks an element/,
			},
		],
		[
			'prefixItems, and nothing behind them',
			{
				schema: claim({ type: 'array', prefixItems: [text], items: false }),
				good: { claim: ['x'] },
				bad: { claim: ['x', 'SECRET'] },
				words: /claim .*at most 1/,
			},
		],
		[
			'additionalItems of draft-07',
			{
				schema: claim({ items: [text], additionalItems: false }, { $schema: DRAFT_07 }),
				good: { claim: ['x'] },
				bad: { claim: ['x', 'SECRET'] },
				words: /claim .*at most 1/,
			},
		],
		[
			'uniqueItems, whatever the order of names',
			{
				schema: claim({ type: 'array', uniqueItems: true }),
				good: { claim: [{ a: 1, b: 2 }, { a: 1 }, 1, '1', true] },
				bad: {
					claim: [
						{ a: 1, b: 'SECRET' },
						{ b: 'SECRET', a: 1 },
					],
				},
				words: /claim holds one value twice$/,
			},
		],
		[
			'propertyNames',
			{
				schema: claim({ type: 'object', propertyNames: { pattern: '^x' } }),
				good: { claim: { x: 1 } },
				bad: { claim: { SECRET: 1 } },
				words: /claim holds a name that the schema does not allow$/,
			},
		],
		[
			'patternProperties',
			{
				schema: claim({ type: 'object', patternProperties: { '^S': { type: 'number' } } }),
				good: { claim: { S1: 1 } },
				bad: { claim: { SECRET: 'SECRET' } },
				words: /claim\.… must be a number$/,
			},
		],
		[
			'unevaluatedProperties',
			{
				schema: claim({
					type: 'object',
					allOf: [{ properties: { a: {} } }],
					unevaluatedProperties: false,
				}),
				good: { claim: { a: 1 } },
				bad: { claim: { a: 1, SECRET: 1 } },
				words: /claim holds a name that is not in the schema$/,
			},
		],
		[
			'additionalProperties of the whole, where nothing is declared but in allOf',
			{
				schema: {
					additionalProperties: false,
					properties: { claim: text },
					allOf: [{ properties: { other: text } }],
				},
				good: { claim: 'x' },
				bad: { claim: 'x', other: 'SECRET' },
				words: /it holds a name that is not in the schema$/,
			},
		],
		[
			'what every object inherits is not there',
			{
				schema: claim({ type: 'object', required: ['toString'] }),
				good: { claim: { toString: 1 } },
				bad: { claim: { a: 'SECRET' } },
				words: /claim\.toString is required/,
			},
		],
		[
			'minProperties',
			{
				schema: { ...claim(text), properties: { claim: text, other: text }, minProperties: 2 },
				good: { claim: 'x', other: 'y' },
				bad: { claim: 'SECRET' },
				words: /it must hold at least 2/,
			},
		],
		[
			'an attribute that must not be there',
			{
				schema: { properties: { claim: false, other: text } },
				good: { other: 'x' },
				bad: { claim: 'SECRET' },
				words: /claim is not allowed by the schema$/,
			},
		],
		[
			'the length in characters as people count them',
			{
				schema: claim({ type: 'string', maxLength: 2 }),
				good: { claim: '🎓🎓' },
				bad: { claim: '🎓🎓🎓' },
				words: /at most 2 characters/,
			},
		],
		[
			'nullable of OpenAPI',
			{
				schema: claim({ type: 'integer', nullable: true }, { required: ['claim'] }),
				good: { claim: null },
				bad: { claim: 'SECRET' },
				words: /whole number/,
			},
		],
	])('%s', async (_what, { schema, good, bad, words }) => {
		expect(make(schema, good)).toEqual(good);
		const error = await airErrorOf(() => make(schema, bad));
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		expect(error.message).toMatch(words);
		expect(everythingShown(error)).not.toContain('SECRET');
	});

	test('a whole credential: what AIR fills in is asked of nobody', () => {
		const schema = {
			$schema: 'https://json-schema.org/draft/2020-12/schema',
			$id: 'https://schemas.example/member.json',
			$metadata: { uris: { jsonLdContext: 'https://schemas.example/member.jsonld' } },
			type: 'object',
			required: ['@context', 'credentialSubject'],
			properties: {
				'@context': { type: 'array' },
				credentialSubject: {
					$ref: '#/$defs/holder',
					allOf: [{ required: ['id', 'claim'] }],
					unevaluatedProperties: false,
				},
			},
			$defs: {
				holder: {
					required: ['id'],
					properties: { id: { type: 'string', format: 'uri' }, claim: { $ref: '#/$defs/text' } },
				},
				text: { type: 'string', title: 'T', examples: ['x'], $comment: 'c', default: 'd' },
			},
		};
		expect(make(schema, { claim: 'x' })).toEqual({ claim: 'x' });
		expect(() => make(schema, {})).toThrow(/claim is required/);
	});

	test('an attribute that is required and nowhere declared can be given', () => {
		const schema = claim(text, { required: ['zip'] });
		expect(schemaFromJsonSchema(schema).attributes.map(({ name }) => name)).toEqual([
			'claim',
			'zip',
		]);
		expect(make(schema, { zip: 5 })).toEqual({ zip: 5 });
	});

	test('an attribute that only an alternative declares can be given', () => {
		const schema = {
			properties: { kind: text },
			if: { properties: { kind: { const: 'bank' } } },
			then: { properties: { iban: { type: 'integer' } }, required: ['iban'] },
		};
		expect(make(schema, { kind: 'bank', iban: '5' })).toEqual({ kind: 'bank', iban: 5 });
	});

	test.each([
		['https://json-schema.org/draft-07/schema#'],
		['http://json-schema.org/draft-07/schema'],
		['https://json-schema.org/draft/2019-09/schema#'],
	])('$schema may be %s', ($schema) => {
		expect(make(claim(text, { $schema }), { claim: 'x' })).toEqual({ claim: 'x' });
	});

	test('a subject that goes as deep as its schema, which calls itself', () => {
		const node = {
			type: 'object',
			properties: { next: { $ref: '#/$defs/node' }, value: { type: 'integer' } },
		};
		const schema = claim({ $ref: '#/$defs/node' }, { $defs: { node } });
		expect(() => make(schema, { claim: { next: { next: { value: 'SECRET' } } } })).toThrow(
			/claim\.next\.next\.value must be a whole number$/,
		);
	});

	test('annotations change nothing: no default is claimed', () => {
		const schema = {
			properties: { claim: { type: 'string', default: 'x' }, other: { ...text, readOnly: true } },
		};
		expect(make(schema, { other: 'y' })).toEqual({ other: 'y' });
	});
});

describe('is refused when the schema is read, and named', () => {
	const deep = (levels: number): unknown =>
		levels === 0 ? text : { type: 'object', properties: { a: deep(levels - 1) } };
	const doubling = Object.fromEntries(
		Array.from({ length: 30 }, (_, level) => [
			`d${level}`,
			level === 29
				? text
				: { allOf: [{ $ref: `#/$defs/d${level + 1}` }, { $ref: `#/$defs/d${level + 1}` }] },
		]),
	);
	test.each<[string, unknown, RegExp]>([
		['an unknown keyword', claim({ type: 'string', maxLenght: 5 }), /maxLenght/],
		['one of OpenAPI', claim({ type: 'object', discriminator: {} }), /discriminator/],
		['one of another draft', claim({ prefixItems: [text] }, { $schema: DRAFT_07 }), /prefixItems/],
		['an unknown format', claim({ type: 'string', format: 'iban' }), /iban/],
		[
			'a format that never counts',
			claim({ type: 'integer', format: 'date' }),
			/claim: the format date is for text/,
		],
		[
			'seconds in text',
			claim({ type: 'string', format: 'unix-time' }),
			/claim: the format unix-time is for numbers/,
		],
		['an encoding, which nobody checks', claim({ contentEncoding: 'base64' }), /contentEncoding/],
		['an asynchronous schema', { ...claim(text), $async: true }, /\$async/],
		['a dynamic reference', claim({ $dynamicRef: '#x' }), /\$dynamicRef/],
		['a schema within, with an address', claim({ $id: 'https://x.example/y' }), /\$id/],
		['a $ref over the network', claim({ $ref: 'https://x.example/y' }), /\$ref .*x\.example/],
		['a $ref to a file', claim({ $ref: 'file:///etc/passwd' }), /\$ref/],
		['a $ref to the whole', claim({ $ref: '#' }), /\$ref/],
		['a $ref to an anchor', claim({ $ref: '#x' }, { $defs: { x: { $anchor: 'x' } } }), /\$ref/],
		[
			'an older draft',
			claim(text, { $schema: 'http://json-schema.org/draft-04/schema#' }),
			/draft-04/,
		],
		['a draft that is none', claim(text, { $schema: 'https://x.example/schema' }), /\$schema/],
		['a keyword without effect', claim({ if: {} }), /if/],
		['a limit that is none', claim({ minLength: 'SECRET' }), /minLength/],
		[
			'in a whole credential, what is said beside the subject',
			{ properties: { credentialSubject: claim(text) }, allOf: [{}] },
			/allOf beside credentialSubject/,
		],
		['a name that changes objects', '{"properties": {"__proto__": {}}}', /__proto__/],
		['too many levels', claim(deep(80)), /nested too deeply/],
		['levels beyond any stack', `${'{"not":'.repeat(20_000)}{}${'}'.repeat(20_000)}`, /nested/],
		['too much text', claim({ description: 'x'.repeat(300_000) }), /larger than/],
		['doubling references', claim({ $ref: '#/$defs/d0' }, { $defs: doubling }), /too much/],
		['a broken pattern', claim({ pattern: '(' }), /pattern|regular expression/i],
		[
			'a reference to what is not a schema',
			claim({ $ref: '#/$defs/x' }, { $defs: { x: 5 } }),
			/\$ref|x/,
		],
	])('%s', async (_what, schema, words) => {
		const error = await airErrorOf(() => schemaFromJsonSchema(schema));
		expect(error.code).toBe('AIR_SCHEMA_INVALID');
		expect(error.message).toMatch(words);
		expect(error.message.length).toBeLessThan(500);
	});
});

test('whatever is pasted, it is read or refused in our words', () => {
	const names = fc.constantFrom(
		...['type', 'properties', 'items', 'required', 'allOf', 'if', 'not', '$ref', '$defs', 'enum'],
		...['format', 'pattern', 'const', 'minimum', 'multipleOf', 'claim', 'definitions', '$schema'],
		...['dependentSchemas', 'dependencies', 'credentialSubject', 'nullable', '$id', '__proto__'],
	);
	const { schema: any } = fc.letrec<{ schema: unknown }>((tie) => ({
		schema: fc.oneof(
			{ maxDepth: 5 },
			fc.constantFrom('string', 'integer', 'date', '#/$defs/claim', '#/definitions/claim', 'unix'),
			fc.constantFrom<unknown>(true, false, null, 0, 0.1, 5, ''),
			fc.array(tie('schema'), { maxLength: 3 }),
			fc.dictionary(names, tie('schema'), { maxKeys: 4 }),
			fc.dictionary(names, tie('schema'), { maxKeys: 4 }),
		),
	}));
	fc.assert(
		fc.property(fc.dictionary(names, any), fc.jsonValue(), (rest, value) => {
			try {
				make(JSON.stringify({ properties: { claim: {} }, ...rest }), { claim: value });
			} catch (error) {
				expect(error).toBeInstanceOf(AirError);
			}
		}),
		{ numRuns: 2_000 },
	);
});

describe('the event loop', () => {
	test('is not held by a pattern that takes exponential time', async () => {
		const schema = schemaFromJsonSchema(claim({ type: 'string', pattern: '^(a+)+$' }));
		const began = performance.now();
		const subject = () => subjectFromSchema(schema, () => `${'a'.repeat(50)}!`);
		const error = await airErrorOf(subject);
		expect(error.code).toBe('AIR_SCHEMA_INVALID');
		expect(error.message).toMatch(/pattern .* takes too long/);
		// The next items are told at once.
		for (let item = 0; item < 50; item++) expect(subject).toThrow(/takes too long/);
		expect(performance.now() - began).toBeLessThan(5_000);
	});

	test('that stood still by itself is not a slow pattern, now or later', () => {
		const schema = schemaFromJsonSchema(claim({ type: 'string', pattern: '^[A-Z]{2}$' }));
		const stopped = jest.spyOn(Script.prototype, 'runInContext');
		try {
			for (let i = 0; i < 3; i++) {
				stopped.mockImplementationOnce(() => {
					throw Object.assign(new Error('timed out'), { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' });
				});
			}
			expect(subjectFromSchema(schema, () => 'DE')).toEqual({ claim: 'DE' });
			expect(stopped).toHaveBeenCalledTimes(4);
			expect(subjectFromSchema(schema, () => 'FR')).toEqual({ claim: 'FR' });
		} finally {
			stopped.mockRestore();
		}
	});

	test('is not held by a long list of values that have to differ', () => {
		const schema = schemaFromJsonSchema(claim({ type: 'array', uniqueItems: true }));
		const list = Array.from({ length: 40_000 }, (_, index) => index);
		const began = performance.now();
		subjectFromSchema(schema, () => list);
		expect(performance.now() - began).toBeLessThan(1_000);
	});

	test('a schema is compiled once, and not kept forever', () => {
		const schema = (n: number) => JSON.stringify(claim({ type: 'string', maxLength: n }));
		expect(schemaFromJsonSchema(schema(1))).toBe(schemaFromJsonSchema(schema(1)));
		const first = schemaFromJsonSchema(schema(1));
		for (let n = 2; n < 60; n++) schemaFromJsonSchema(schema(n));
		expect(schemaFromJsonSchema(schema(1))).not.toBe(first);
	});
});
