import { errorOfAnswer } from '../support';

const titleOf = (message: string) =>
	errorOfAnswer(
		{ status: 400, headers: {}, text: JSON.stringify({ statusCode: 400, message }) },
		{ operation: 'issue', now: 0 },
	).message;

test.each([
	['Missing required field: fullName', 'A field that AIR requires is missing: fullName'],
	["must have required property 'fullName'", 'A field that AIR requires is missing: fullName'],
	[
		'credentialSubject must have required property "age"',
		'A field that AIR requires is missing: age',
	],
	['Missing required field', 'A field that AIR requires is missing'],
])('the title names what AIR misses: %s', (message, title) => {
	expect(titleOf(message)).toBe(title);
});

test('words that are not a name do not get into the title', () => {
	expect(titleOf(`Missing required field: ${'x'.repeat(500)}`).length).toBeLessThan(200);
	expect(titleOf('Missing required field: <img src=x>')).toBe(
		'A field that AIR requires is missing',
	);
});
