import { attributesIn, noField } from '../../../../issuance/subject/itemFields';

const ITEM = {
	submittedAt: 'SECRET',
	formMode: 'SECRET',
	body: { mail: 'SECRET', to: {} },
	people: [{ mail: 'SECRET' }],
};
const LIST = 'a Split Out node before this one makes an item of each entry';

test.each([
	['email', 'the item has no field called “email”; it has: submittedAt, formMode, body, people'],
	['body.email', 'the item has no field called “body.email”; body has: mail, to'],
	['body.to.email', 'the item has no field called “body.to.email”; body.to has: none'],
	['body.mail.x', 'the item has no field called “body.mail.x”; body has: mail, to'],
	['people.email', 'the item has no field called “people.email”; people is a list: LIST'],
	['people.0.email', 'the item has no field called “people.0.email”; people.0 has: mail'],
	['people.7.email', 'the item has no field called “people.7.email”; people is a list: LIST'],
	['body.all.0', 'the item has no field called “body.all.0”; body has: mail, to'],
	[
		'toString',
		'the item has no field called “toString”; it has: submittedAt, formMode, body, people',
	],
])('says which field is not there, and which are: %s', (path, words) => {
	expect(noField(ITEM, path)).toBe(words.replace('LIST', LIST));
});

const JSON_TEXT =
	'is JSON written as text: let the sender send it as application/json, or make an object of it in an Edit Fields node before this one';

test.each([
	['body', { body: ' {"email": "SECRET"}' }, 'body.email'],
	['body', { body: '[{"email":"SECRET"}]' }, 'body.0.email'],
	['body.payload', { body: { payload: '{"email":"SECRET"}' } }, 'body.payload.email'],
])('says that the field is JSON written as text: %s', (where, item, path) => {
	expect(noField(item, path)).toBe(`the item has no field called “${path}”; ${where} ${JSON_TEXT}`);
	expect(() => attributesIn(item, { within: where, without: [] })).toThrow(
		`Attributes In: ${where} ${JSON_TEXT}`,
	);
});

/** As n8n's Extract from File gives the first column of a file from Excel. */
const MARKED = { '\ufeffemail': 'SECRET', tier: 'Gold' };

test('says that a byte order mark stands before the name, which nobody sees', () => {
	expect(noField(MARKED, 'email')).toBe(
		'the item has no field called “email”; a byte order mark, which nobody sees, stands before that name: switch on Exclude Byte Order Mark (BOM) in the node that reads the file',
	);
	expect(noField({ '\ufefftier': 1 }, 'email')).toMatch(/; it has: tier$/);
});

test('a byte order mark is no part of the name of an attribute', () => {
	expect(attributesIn(MARKED, { within: '', without: [] })).toEqual({
		email: 'SECRET',
		tier: 'Gold',
	});
	for (const name of ['email', '\ufeffemail']) {
		expect(attributesIn(MARKED, { within: '', without: [name] })).toEqual({ tier: 'Gold' });
	}
});

test('names ten fields at most, each of them short', () => {
	const item = Object.fromEntries(
		Array.from({ length: 500 }, (_, index) => [`field${index}${'x'.repeat(99)}`, 1]),
	);
	const words = noField(item, 'y'.repeat(5_000));
	expect(words).toMatch(/ and 490 more$/);
	expect(words.length).toBeLessThan(700);
});

test('an item without fields', () => {
	expect(noField({}, 'email')).toBe('the item has no field called “email”; it has: none');
});

test('Attributes In that leads nowhere, or to no attributes', () => {
	const within = (name: string) => () => attributesIn(ITEM, { within: name, without: [] });
	expect(within('answers')).toThrow(
		/Attributes In: the item has no field called “answers”; it has: s/,
	);
	expect(within('formMode')).toThrow(
		/the field “formMode” that Attributes In names holds no attri/,
	);
	expect(within('formMode')).not.toThrow(/SECRET/);
});
