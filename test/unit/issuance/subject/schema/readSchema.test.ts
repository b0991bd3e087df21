import fc from 'fast-check';
import { subjectFromSchema } from '../../../../../issuance/subject/schema/subjectFromSchema';
import {
	schemaFromExample,
	schemaFromJsonSchema,
} from '../../../../../issuance/subject/schema/readSchema';
import { airErrorOf, everythingShown } from '../../support';

const typesOf = (schema: unknown) =>
	Object.fromEntries(schemaFromJsonSchema(schema).attributes.map(({ name, type }) => [name, type]));

const typeOf = (attribute: unknown, rest: object = {}) =>
	typesOf({ properties: { claim: attribute }, ...rest }).claim;

describe('an example', () => {
	test('tells names and types; a number may be another number next time', () => {
		const example = {
			id: 'did:air:x',
			tier: 'Gold',
			points: 25,
			isMember: true,
			memberSince: '2026-01-19',
			verifiedAt: '2026-01-19T07:18:45Z',
			version: '2026-01',
			interests: ['a'],
			address: { city: 'London' },
			unknown: null,
		};
		const attributes = schemaFromExample(JSON.stringify(example)).attributes;
		expect(attributes.map(({ name, type }) => [name, type])).toEqual([
			['tier', 'string'],
			['points', 'number'],
			['isMember', 'boolean'],
			['memberSince', 'day'],
			['verifiedAt', 'dateTime'],
			['version', 'string'],
			['interests', 'list'],
			['address', 'object'],
			['unknown', 'any'],
		]);
		expect(attributes.some(({ required }) => required)).toBe(false);
	});

	test.each([
		['', /the example is empty/],
		['{', /the example is not valid JSON/],
		['[]', /must be one object/],
		['5', /must be one object/],
		[null, /must be one object/],
		['{}', /holds no attributes/],
		['{"id": "x"}', /holds no attributes/],
		['{"$schema": "x"}', /looks like a JSON Schema/],
		['{"type": "object", "properties": {}}', /looks like a JSON Schema/],
	])('%j is refused', async (value, words) => {
		const error = await airErrorOf(() => schemaFromExample(value));
		expect(error.code).toBe('AIR_SCHEMA_INVALID');
		expect(error.message).toMatch(words);
	});
});

describe('a JSON Schema', () => {
	test.each<[string, unknown, string]>([
		['string', { type: 'string' }, 'string'],
		['integer', { type: 'integer' }, 'integer'],
		['number', { type: 'number' }, 'number'],
		['boolean', { type: 'boolean' }, 'boolean'],
		['array', { type: 'array', items: { type: 'string' } }, 'list'],
		['object', { type: 'object' }, 'object'],
		['properties without a type', { properties: { a: {} } }, 'object'],
		['date', { type: 'string', format: 'date' }, 'day'],
		['date-time', { type: 'string', format: 'date-time' }, 'dateTime'],
		['another format', { type: 'string', format: 'email' }, 'string'],
		['unix-time', { type: 'integer', format: 'unix-time' }, 'unixSeconds'],
		['unix seconds as a number', { type: 'number', format: 'unix-seconds' }, 'unixSeconds'],
		['int64', { type: 'integer', format: 'int64' }, 'integer'],
		['or null', { type: ['integer', 'null'] }, 'integer'],
		['a date or null', { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] }, 'day'],
		['two types', { type: ['integer', 'string'] }, 'any'],
		['anyOf of two', { anyOf: [{ type: 'integer' }, { type: 'boolean' }] }, 'any'],
		['allOf', { allOf: [{ type: 'string', format: 'date' }] }, 'day'],
		['words', { enum: ['a', 'b'] }, 'string'],
		['words and null', { enum: ['a', null] }, 'string'],
		['a constant', { const: true }, 'boolean'],
		['nothing said', {}, 'any'],
		['true', true, 'any'],
	])('%s', (_what, attribute, type) => {
		expect(typeOf(attribute)).toBe(type);
	});

	test.each([['$defs'], ['definitions']])('$ref into %s, and from there on', (home) => {
		const definitions = {
			[home]: { day: { type: 'string', format: 'date' }, since: { $ref: `#/${home}/day` } },
		};
		expect(typeOf({ $ref: `#/${home}/since` }, definitions)).toBe('day');
		expect(typeOf({ $ref: `#/${home}/since`, description: 'x' }, definitions)).toBe('day');
		const schema = schemaFromJsonSchema({
			$schema: 'http://json-schema.org/draft-07/schema#',
			properties: { since: { $ref: `#/${home}/since` } },
			...definitions,
		});
		expect(subjectFromSchema(schema, () => '2026-01-19')).toEqual({ since: '2026-01-19' });
	});

	test('the schema of a whole credential, as AIR keeps it: only the subject counts, without id', () => {
		const { attributes } = schemaFromJsonSchema({
			$schema: 'https://json-schema.org/draft/2020-12/schema',
			type: 'object',
			required: ['credentialSubject', '@context', 'issuer'],
			properties: {
				'@context': { type: ['string', 'array'] },
				issuer: { type: 'string' },
				credentialSubject: {
					type: 'object',
					required: ['id', 'kycLevel'],
					properties: {
						id: { type: 'string', format: 'uri' },
						kycLevel: { $ref: '#/$defs/level' },
						isOver18: { type: 'boolean' },
					},
				},
			},
			$defs: { level: { type: 'string', enum: ['basic', 'enhanced'] } },
		});
		expect(attributes).toEqual([
			{
				name: 'kycLevel',
				type: 'string',
				required: true,
				nullable: false,
				choices: ['basic', 'enhanced'],
			},
			{ name: 'isOver18', type: 'boolean', required: false, nullable: false },
		]);
	});

	test('names of attributes are never taken for keywords', () => {
		const properties = {
			default: { type: 'integer' },
			enum: { type: 'boolean' },
			definitions: { type: 'string' },
			$ref: { type: 'number' },
			properties: { type: 'object', properties: { type: { type: 'string' } } },
		};
		expect(typesOf({ properties })).toEqual({
			default: 'integer',
			enum: 'boolean',
			definitions: 'string',
			$ref: 'number',
			properties: 'object',
		});
	});

	test.each<[string, unknown, RegExp]>([
		['empty', ' ', /the JSON Schema is empty/],
		[
			'a name that is there twice',
			'{"type": "object", "type": "string"}',
			/the JSON Schema holds type twice/,
		],
		['no JSON', '{type: object}', /not valid JSON/],
		['an example', { tier: 'Gold' }, /an example belongs under Example Subject/],
		['nothing but id', { properties: { id: {} } }, /has no properties/],
		[
			'a $ref to elsewhere',
			{ properties: { a: { $ref: 'https://x.example/y' } } },
			/does not lead to \$defs/,
		],
		['a $ref to nothing', { properties: { a: { $ref: '#/$defs/b' } } }, /leads nowhere/],
		[
			'a $ref to itself',
			{ properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { $ref: '#/$defs/b' } } },
			/back to itself/,
		],
		[
			'a $ref to itself further in',
			{
				properties: { a: { type: 'array', items: { $ref: '#/$defs/b' } } },
				$defs: { b: { $ref: '#/$defs/c' }, c: { $ref: '#/$defs/b' } },
			},
			/back to itself/,
		],
		['a condition without effect', { properties: { a: {} }, if: {} }, /"if" without/],
		[
			'a type that is none',
			{ properties: { a: { type: 'text' } } },
			/properties\.a\.type must be equal/,
		],
		['a broken pattern', { properties: { a: { type: 'string', pattern: '(' } } }, /regular expr/],
	])('%s is refused', async (_what, schema, words) => {
		const error = await airErrorOf(() =>
			subjectFromSchema(schemaFromJsonSchema(schema), () => ['x']),
		);
		expect(error.code).toBe('AIR_SCHEMA_INVALID');
		expect(error.message).toMatch(words);
	});
});

describe('the subject', () => {
	const schema = schemaFromJsonSchema({
		type: 'object',
		additionalProperties: false,
		required: ['kycLevel', 'isOver18', 'note'],
		properties: {
			kycLevel: { type: 'string', enum: ['basic', 'enhanced'] },
			isOver18: { type: 'boolean' },
			note: { type: ['string', 'null'] },
			score: { type: 'integer', minimum: 0, maximum: 100 },
			verifiedAt: { type: 'integer', format: 'unix-time' },
			since: { type: 'string', format: 'date', default: '2000-01-01' },
			code: { type: 'string', pattern: '^[A-Z]{2}$' },
			site: { type: 'string', format: 'uri' },
			address: {
				type: 'object',
				required: ['city'],
				additionalProperties: false,
				properties: { city: { type: 'string' }, zip: { type: 'string', maxLength: 5 } },
			},
			tags: { type: 'array', items: { enum: ['x', 'y'] }, minItems: 1, uniqueItems: true },
		},
	});
	const good: Record<string, unknown> = { kycLevel: 'basic', isOver18: 'TRUE', note: 'n' };
	const make = (change: Record<string, unknown>) =>
		subjectFromSchema(schema, (name) => ({ ...good, ...change })[name]);

	test('is converted to the types of the schema, in its order, without what it does not know', () => {
		const subject = make({
			score: '42',
			verifiedAt: '2026-01-19T07:18:45Z',
			address: '{"city": "London"}',
			tags: '["x"]',
			surplus: 'dropped',
		});
		expect(subject).toEqual({
			kycLevel: 'basic',
			isOver18: true,
			note: 'n',
			score: 42,
			verifiedAt: 1768807125,
			address: { city: 'London' },
			tags: ['x'],
		});
		expect(Object.keys(subject).slice(0, 3)).toEqual(['kycLevel', 'isOver18', 'note']);
	});

	test('optional attributes without a value are left out, and no default is claimed', () => {
		expect(make({ score: '', since: null, code: ' ', site: undefined })).toEqual({
			kycLevel: 'basic',
			isOver18: true,
			note: 'n',
		});
	});

	test('null is sent where the schema demands the attribute and takes null', () => {
		expect(make({ note: null }).note).toBeNull();
	});

	test.each<[Record<string, unknown>, RegExp]>([
		[{ kycLevel: undefined }, /kycLevel is required, but there is no value$/],
		[{ kycLevel: ' ' }, /kycLevel is required, but the value is empty$/],
		[{ note: '' }, /note is required, but the value is empty$/],
		[{ kycLevel: 'SECRET' }, /kycLevel must be one of basic, enhanced$/],
		[
			{ isOver18: 'SECRET' },
			/isOver18 must be true or false\. The value is text other than true, yes/,
		],
		[{ score: 'SECRET' }, /score must be a whole number, but the value is text/],
		[{ score: 101 }, /score must be at most 100$/],
		[{ score: '-1' }, /score must be at least 0$/],
		[{ code: 'SECRET' }, /code does not fit the pattern in the schema$/],
		[{ site: 'SECRET' }, /site is not in the format ur[il]$/],
		[{ address: {} }, /address\.city is required, but there is no value$/],
		[
			{ address: { city: 'SECRET', zip: 'SECRET' } },
			/address\.zip must have at most 5 characters$/,
		],
		[{ address: { city: 'a', SECRET: 1 } }, /address holds a name that is not in the schema$/],
		[{ tags: ['x', 'SECRET'] }, /tags\[1\] must be one of x, y$/],
		[{ tags: ['x', 'x'] }, /tags holds one value twice$/],
		[{ tags: [] }, /tags must have at least 1 element$/],
	])('%j is refused in words that do not hold the value', async (change, words) => {
		const error = await airErrorOf(() => make(change));
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		expect(error.message).toMatch(words);
		expect(everythingShown(error)).not.toContain('SECRET');
	});

	test('whatever comes, it fits the schema or is refused, and is never shown', () => {
		const values = fc.dictionary(
			fc.constantFrom('kycLevel', 'isOver18', 'note', 'score', 'verifiedAt', 'since', 'tags'),
			fc.oneof(
				fc.jsonValue(),
				fc.constantFrom('basic', 'true', '5', '2026-01-19', '["x"]', 'QXZ7', ['QXZ7']),
			),
		);
		fc.assert(
			fc.property(values, (change) => {
				try {
					expect(schema.validator?.(make(change))).toBeUndefined();
				} catch (error) {
					expect(error).toMatchObject({ code: 'AIR_SUBJECT_INVALID' });
					expect(everythingShown(error as never)).not.toContain('QXZ7');
				}
			}),
		);
	});

	test('from an example: converted, and nothing is required', () => {
		const like = schemaFromExample({ tier: 'Gold', points: 5, isMember: true });
		const values: Record<string, unknown> = { tier: 'Silver', points: '7.5', isMember: '' };
		expect(subjectFromSchema(like, (name) => values[name])).toEqual({
			tier: 'Silver',
			points: 7.5,
		});
	});

	test('one that is empty altogether is refused', async () => {
		const error = await airErrorOf(() =>
			subjectFromSchema(schemaFromExample({ tier: 'x' }), () => ''),
		);
		expect(error.message).toMatch(/no attributes/);
	});
});
