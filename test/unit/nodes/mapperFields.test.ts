import type { ILoadOptionsFunctions } from 'n8n-workflow';
import { subjectAttributes } from '../../../n8n/issuing/mapperFields';
import { node } from './support';

const fieldsFor = async (parameters: Record<string, unknown>) => {
	const context = {
		getNode: () => node,
		getCurrentNodeParameter: (name: string) => parameters[name],
	} as unknown as ILoadOptionsFunctions;
	return await subjectAttributes.call(context);
};

test('a field for each attribute, without a type by which n8n would convert and print it', async () => {
	const { fields } = await fieldsFor({
		schemaSource: 'jsonSchema',
		subjectSchema: JSON.stringify({
			required: ['tier'],
			properties: {
				tier: { enum: ['Gold', 'Silver'] },
				points: { type: 'integer' },
				anything: {},
				long: { type: 'string', enum: ['x'.repeat(40), 'y'.repeat(40)] },
			},
		}),
	});
	expect(fields.map(({ id, displayName, required }) => [id, displayName, required])).toEqual([
		['tier', 'tier (Gold, Silver)', true],
		['points', 'points (whole number)', false],
		['anything', 'anything', false],
		['long', 'long (text)', false],
	]);
	for (const field of fields) expect(field).not.toHaveProperty('type');
});

test('an example gives them, too', async () => {
	const { fields } = await fieldsFor({
		schemaSource: 'example',
		subjectExample: '{"isOver18": true}',
	});
	expect(fields.map(({ displayName }) => displayName)).toEqual(['isOver18 (true or false)']);
});

test.each([['{}'], [''], ['  {\n } '], [undefined]])(
	'%j: nothing is pasted yet, and that is said',
	async (given) => {
		expect(await fieldsFor({ schemaSource: 'example', subjectExample: given })).toEqual({
			fields: [],
			emptyFieldsNotice: expect.stringMatching(/Paste an example subject/) as string,
		});
	},
);

test('what cannot be read is said in words, in place of the fields', async () => {
	expect(await fieldsFor({ schemaSource: 'jsonSchema', subjectSchema: '{' })).toEqual({
		fields: [],
		emptyFieldsNotice: expect.stringMatching(/JSON Schema is not valid JSON\.$/) as string,
	});
});
