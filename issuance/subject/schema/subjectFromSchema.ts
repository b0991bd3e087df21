import { AirError } from '../../../errors/AirError';
import { ADVICE } from '../advice';
import { convertValue, isEmpty } from '../values/convertValue';
import type { SubjectAttribute } from './attributes';
import { parseSubject, refusedValue, type CredentialSubject } from '../subject';
import type { SubjectSchema } from './readSchema';

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

/** @returns undefined if there is nothing to send */
function valueFor(attribute: SubjectAttribute, given: unknown): { value: unknown } | undefined {
	const { name, type, required, nullable } = attribute;
	if (!isEmpty(given)) {
		const conversion = convertValue(type, given);
		if ('refused' in conversion) throw refusedValue(name, conversion);
		return conversion;
	}
	if (!required) return undefined;
	if (nullable && given === null) return { value: null };
	throw refuse(
		`${name} is required, but ${given == null ? 'there is no value' : 'the value is empty'}`,
	);
}

/**
 * Builds a credential subject from values and a schema: converts the values strictly, leaves out empty
 * optional attributes, and checks the result.
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
	if (claims.length === 0) {
		throw refuse('it holds no attributes').with({ note: ADVICE.noneMapped });
	}
	const subject = parseSubject(Object.fromEntries(claims));
	const misfit = validator?.(subject);
	if (misfit !== undefined) throw refuse(misfit);
	return subject;
}
