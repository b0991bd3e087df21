import type { z } from 'zod';
import { AirError } from '../air/AirError';
import { redact } from '../air/redact';
import { convertValue, isEmpty } from './convertValue';
import type { SubjectAttribute } from './jsonSchema';
import { parseSubject, type CredentialSubject } from './subject';
import type { SubjectSchema } from './subjectSchema';

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

/** Names further in are free text, so a path is made fit for one line. */
const pathOf = (path: readonly PropertyKey[]) =>
	redact(
		path.reduce<string>(
			(text, part) =>
				typeof part === 'number' ? `${text}[${part}]` : `${text}${text && '.'}${String(part)}`,
			'',
		),
		120,
	);

/** What the schema wants, in words; what zod was given stays unsaid. */
function wordsOf(issue: z.core.$ZodIssue): string {
	switch (issue.code) {
		case 'invalid_value':
			return `must be one of ${redact(issue.values.map(String).join(', '), 200)}`;
		case 'invalid_type':
			return `must be ${issue.expected}`;
		case 'too_small':
			return `is less or shorter than the schema allows, which is at least ${String(issue.minimum)}`;
		case 'too_big':
			return `is more or longer than the schema allows, which is at most ${String(issue.maximum)}`;
		case 'not_multiple_of':
			return `must be a multiple of ${issue.divisor}`;
		case 'invalid_format':
			return issue.format === 'regex'
				? 'does not fit the pattern in the schema'
				: `is not in the format ${issue.format}`;
		case 'unrecognized_keys':
			return 'holds a name that is not in the schema';
		default:
			return 'does not fit the schema';
	}
}

function firstIssue(
	subject: CredentialSubject,
	validator: z.ZodType,
): z.core.$ZodIssue | undefined {
	try {
		return validator.safeParse(subject).error?.issues[0];
	} catch (error) {
		// A subject is at most 32 levels deep, so only the schema can be without an end.
		if (!(error instanceof RangeError)) throw error;
		throw new AirError('AIR_SCHEMA_INVALID', { detail: 'a $ref leads back to itself' });
	}
}

function assertFits(subject: CredentialSubject, validator: z.ZodType): void {
	const issue = firstIssue(subject, validator);
	if (issue === undefined) return;
	const where = issue.path.length === 0 ? 'it' : pathOf(issue.path);
	throw refuse(`${where} ${wordsOf(issue)}`);
}

/** @returns undefined when there is nothing to send */
function valueFor(attribute: SubjectAttribute, given: unknown): { value: unknown } | undefined {
	const { name, type, required, nullable } = attribute;
	if (!isEmpty(given)) {
		const conversion = convertValue(type, given);
		if ('refused' in conversion) throw refuse(`${name} ${conversion.refused}`);
		return conversion;
	}
	if (!required) return undefined;
	if (nullable && given === null) return { value: null };
	throw refuse(
		`${name} is required, but ${given == null ? 'there is no value' : 'the value is empty'}`,
	);
}

/**
 * Builds a credential subject from values and the schema that says what they have to be: converts
 * them strictly, leaves out optional attributes that are empty, and checks the whole.
 *
 * @param given - the value of an attribute, by its name
 * @throws AirError `AIR_SUBJECT_INVALID`, naming the attribute and the value's type, never the value
 * @example
 * ```ts
 * subjectFromSchema(schemaFromExample({ isOver18: true }), () => 'TRUE'); // { isOver18: true }
 * ```
 */
export function subjectFromSchema(
	{ attributes, validator }: SubjectSchema,
	given: (name: string) => unknown,
): CredentialSubject {
	const claims: [string, unknown][] = [];
	for (const attribute of attributes) {
		const converted = valueFor(attribute, given(attribute.name));
		if (converted !== undefined) claims.push([attribute.name, converted.value]);
	}
	const subject = parseSubject(Object.fromEntries(claims));
	if (validator !== undefined) assertFits(subject, validator);
	return subject;
}
