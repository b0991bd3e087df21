import { AirError } from '../../../../../errors/AirError';
import { FIELD_TYPES, type ValueType } from '../../../../../issuance/subject/values/valueTypes';
import { readTemplate } from '../../../../../issuance/subject/values/template';
import { subjectFromSchema } from '../../../../../issuance/subject/schema/subjectFromSchema';
import { parseSubject, subjectFromFields } from '../../../../../issuance/subject/subject';
import { splitTemplate } from '../../../../../n8n/issuing/templates';
import { claimTables } from '../../../../support/claimTables';

/** docs/internals/decisions.md says what becomes of a value; here every row of it is run. */
const [typed = [], plain = [], texts = []] = claimTables();

const TYPES = new Map(FIELD_TYPES.map(({ name, value }) => [name, value]));

/** What a way makes of it, as AIR would read it; undefined if it is refused. */
function outcome(way: () => unknown): string | undefined {
	try {
		return JSON.stringify(way());
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		expect(error.code).toBe('AIR_SUBJECT_INVALID');
		return undefined;
	}
}

/** As n8n reads the JSON that a webhook brings. */
const asReceived = (given: string): unknown => JSON.parse(given);

test('the page has its tables', () => {
	expect([typed, plain, texts].map(({ length }) => length > 10)).toEqual([true, true, true]);
});

test('the page describes every type that can be chosen, and they are offered by the alphabet', () => {
	const offered = [...TYPES.keys()];
	expect(offered.filter((name) => !typed.some(({ into }) => into === name))).toEqual([]);
	expect(offered.toSorted((one, other) => one.localeCompare(other))).toEqual(offered);
});

test.each(typed)('into $into: $given', ({ into, given, becomes }) => {
	const type = TYPES.get(into);
	if (type === undefined) throw new Error(`the page has a type that there is not: ${into}`);
	const value = asReceived(given);
	const attributes = [{ name: 'claim', type, required: true, nullable: false }];
	expect(outcome(() => subjectFromFields([{ name: 'claim', type, value }]).claim)).toBe(becomes);
	expect(outcome(() => subjectFromSchema({ attributes }, () => value).claim)).toBe(becomes);
});

test.each(plain)('as it is: $given', ({ given, becomes }) => {
	const value = asReceived(given);
	const fill = readTemplate(splitTemplate('={"claim": {{ x }} }'));
	expect(outcome(() => parseSubject({ claim: value }).claim)).toBe(becomes);
	expect(outcome(() => parseSubject({ claim: [{ a: value }] }).claim)).toBe(
		becomes && `[{"a":${becomes}}]`,
	);
	if (typeof value === 'string') return;
	expect(outcome(() => parseSubject(fill(() => value)).claim)).toBe(becomes);
});

test.each(texts)('JSON text: $given', ({ given, becomes }) => {
	const field = (type: ValueType) => [{ name: 'claim', type, value: given }];
	expect(outcome(() => parseSubject(given))).toBe(becomes);
	expect(
		outcome(() => parseSubject(readTemplate(splitTemplate(`=${given}`))(() => undefined))),
	).toBe(becomes);
	expect(outcome(() => subjectFromFields(field('json')).claim)).toBe(becomes);
	expect(outcome(() => subjectFromFields(field('object')).claim)).toBe(becomes);
});
