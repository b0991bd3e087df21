import { MESSAGES, Refusal } from './answers';
import type { Attribute } from './inputs';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Refuses a credential subject that does not match the program's schema: docs "Credential issues",
 * unknown attributes and wrong types are 400 and the body has the detail. The wording of that detail
 * is ours, except for "Missing required field: …" (openapi example). An `id` that is not a URI, such as an
 * e-mail, is refused in AIR's own words; AIR does not document what it does with a URI, so
 * a URI is accepted, and changes nothing: the Partner JWT names the holder.
 */
export function checkSubject(
	subject: Record<string, unknown>,
	schema: Record<string, Attribute>,
): void {
	if (Object.hasOwn(subject, 'id') && !isUri(subject.id)) {
		throw new Refusal(400, MESSAGES.subjectId);
	}
	for (const [name, value] of Object.entries(subject)) {
		const attribute = Object.hasOwn(schema, name) ? schema[name] : undefined;
		if (attribute === undefined && name === 'id') continue;
		if (attribute === undefined) {
			throw new Refusal(400, `Invalid credentialSubject: unknown attribute ${name}`);
		}
		if (!hasType(value, attribute.type)) {
			throw new Refusal(400, `Invalid credentialSubject: ${name} must be ${attribute.type}`);
		}
	}
	for (const [name, attribute] of Object.entries(schema)) {
		// AIR fills in the holder itself, though its schemas call the id required.
		if (attribute.required && name !== 'id' && !Object.hasOwn(subject, name)) {
			throw new Refusal(400, `Missing required field: credentialSubject.${name}`);
		}
	}
}

/** A URI with a scheme, as in RFC 3986, and without spaces. */
function isUri(value: unknown): boolean {
	return typeof value === 'string' && /^[a-z][a-z\d+.-]*:[^\s<>"{}|\\^`]+$/i.test(value);
}

function hasType(value: unknown, type: Attribute['type']): boolean {
	switch (type) {
		case 'string':
		case 'boolean':
			return typeof value === type;
		case 'integer':
			return Number.isInteger(value);
		case 'number':
			return Number.isFinite(value);
		case 'object':
			return typeof value === 'object' && value !== null && !Array.isArray(value);
		case 'date':
			return typeof value === 'string' && DATE.test(value) && isCalendarDate(value);
		case 'date-time':
			return (
				typeof value === 'string' &&
				DATE_TIME.test(value) &&
				!Number.isNaN(Date.parse(value)) &&
				isCalendarDate(value.slice(0, 10))
			);
	}
}

/** `Date.parse` rolls 31 February over into March, so the result is converted back and compared. */
function isCalendarDate(day: string): boolean {
	const parsed = new Date(`${day}T00:00:00Z`);
	return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === day;
}
