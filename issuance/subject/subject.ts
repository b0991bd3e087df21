import { AirError } from '../../errors/AirError';
import { redact } from '../../errors/redact';
import type { Conversion } from './values/Conversion';
import { convertValue } from './values/convertValue';
import type { ValueType } from './values/valueTypes';
import { LARGEST, readJson, TOO_LARGE, UNKEPT_NUMBER } from './values/jsonText';
import { DIGITS_LOST, isKept, TOO_MANY_DIGITS } from './values/numbers';

/** Claims as the credential contains them. */
export type CredentialSubject = Readonly<Record<string, unknown>>;

export interface SubjectField {
	readonly name: string;
	readonly type: ValueType;
	readonly value: unknown;
}

const DEEPEST = 32;
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype'];
/** Attribute names that AIR's schema builder accepts. */
const ATTRIBUTE_NAME = /^[\w-]+$/;
const LONGEST_NAME = 100;
/** A subject may have 50,000 values, however short. */
const LEAST_SIZE = 20;

const refuse = (detail: string) => new AirError('AIR_SUBJECT_INVALID', { detail });

/** The error for a value that could not be converted. */
export const refusedValue = (
	name: string,
	{ refused, advice }: Extract<Conversion, { readonly refused: string }>,
) => new AirError('AIR_SUBJECT_INVALID', { detail: `${name} ${refused}`, note: advice });

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * Copies claims, and accepts only what JSON keeps unchanged. A copy, because an object may serialize
 * differently than it reads, through getters or a `toJSON` that is not among its entries.
 */
class ClaimCopier {
	/** The remaining size, roughly in characters of JSON. */
	private room = LARGEST;
	/** The path of the value, for error messages. */
	private readonly path: string[] = [];

	/** @param step - the path segment, with its dot or brackets */
	copy(value: unknown, step: string): unknown {
		// A value in two places counts twice, as in JSON.
		this.take(LEAST_SIZE);
		this.path.push(step);
		const copied = this.copied(value);
		this.path.pop();
		return copied;
	}

	take(size: number): void {
		this.room -= size;
		if (this.room < 0) throw refuse(`it ${TOO_LARGE}`);
	}

	private copied(value: unknown): unknown {
		if (this.path.length > DEEPEST) throw this.refused('is nested too deeply, or contains itself');
		switch (typeof value) {
			case 'string':
				this.take(value.length);
				if (!value.isWellFormed()) throw this.refused('holds a broken character');
				return value;
			case 'boolean':
				return value;
			case 'number':
				if (!Number.isFinite(value)) throw this.refused('is not a number that can be sent');
				if (!isKept(value)) throw this.refused(DIGITS_LOST);
				return value;
			case 'object':
				if (value === null) return value;
				// Not `map`, which skips holes that JSON would turn into null.
				if (Array.isArray(value)) {
					return Array.from(value, (element, index) => this.copy(element, `[${index}]`));
				}
				if (!isPlainObject(value)) {
					throw this.refused('is not plain data; turn dates into text, e.g. with .toISO()');
				}
				return this.members(value);
			case 'undefined':
				throw this.refused('has no value');
			default:
				if (value === UNKEPT_NUMBER) throw this.refused(TOO_MANY_DIGITS);
				throw this.refused(`is a ${typeof value}, which cannot be sent`);
		}
	}

	private members(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
		assertKeys(value, (detail) => this.refused(detail));
		const copy: Record<string, unknown> = {};
		for (const [key, inner] of Object.entries(value)) {
			this.take(key.length);
			copy[key] = this.copy(inner, `.${key}`);
		}
		return copy;
	}

	private refused(detail: string): AirError {
		// Nested names are free text, so a path is made safe for one line.
		return refuse(`${redact(this.path.join(''), 120)} ${detail}`);
	}
}

function assertKeys(value: object, refused: (detail: string) => AirError): void {
	for (const key of Reflect.ownKeys(value)) {
		if (typeof key === 'symbol') throw refused('holds a name that is not text');
		if (PROTOTYPE_KEYS.includes(key)) throw refused(`holds the forbidden name ${key}`);
		if (!key.isWellFormed()) throw refused('holds a broken character in a name');
	}
}

/** An invalid name is not shown: if name and value were swapped, it is a value. */
function assertAttributeName(name: string): void {
	if (PROTOTYPE_KEYS.includes(name)) throw refuse(`it holds the forbidden name ${name}`);
	if (!ATTRIBUTE_NAME.test(name)) {
		throw refuse('a name may hold only letters, digits, dash and underscore');
	}
	if (name.length > LONGEST_NAME) {
		throw refuse(`a name may have ${LONGEST_NAME} characters at most`);
	}
}

/**
 * Checks a credential subject: an object of claims that JSON keeps unchanged, at most 1 MB and 50,000
 * values, without `id`, which AIR fills in.
 *
 * @param value - an object, or its JSON as text
 * @returns a copy that nobody else can change
 * @throws AirError `AIR_SUBJECT_INVALID`, naming the attribute and never its value
 * @example
 * ```ts
 * parseSubject('{"tier": "Gold"}'); // { tier: 'Gold' }
 * ```
 */
export function parseSubject(value: unknown): CredentialSubject {
	let subject = value;
	if (typeof value === 'string') {
		const read = readJson(value);
		if (read === undefined) {
			throw refuse(value.trim() === '' ? 'it is empty' : 'the text is not valid JSON');
		}
		if ('refused' in read) throw refuse(`it ${read.refused}`);
		subject = read.value;
	}
	if (!isPlainObject(subject)) throw refuse('it must be one object, e.g. {"tier": "Gold"}');
	return claimsOf(subject, assertAttributeName);
}

function claimsOf(
	subject: Readonly<Record<string, unknown>>,
	assertName: (name: string) => void,
): CredentialSubject {
	if (Object.keys(subject).length === 0) throw refuse('it holds no attributes');
	if (Object.hasOwn(subject, 'id')) throw refuse('id must not be set');
	assertKeys(subject, (detail) => refuse(`it ${detail}`));
	const copier = new ClaimCopier();
	const claims = Object.entries(subject).map(([name, claim]) => {
		assertName(name);
		copier.take(name.length);
		return [name, copier.copy(claim, name)] as const;
	});
	return Object.fromEntries(claims);
}

/**
 * Builds a credential subject from fields with a name, a type and a value, converting strictly.
 *
 * @throws AirError `AIR_SUBJECT_INVALID`, naming the field, the wanted type and the value's type,
 *   never the value
 * @example
 * ```ts
 * subjectFromFields([{ name: 'isOver18', type: 'boolean', value: 'true' }]); // { isOver18: true }
 * ```
 */
export function subjectFromFields(fields: readonly SubjectField[]): CredentialSubject {
	const subject = new Map<string, unknown>();
	for (const field of fields) {
		const name = field.name.trim();
		if (name === '') throw refuse('a field has no name');
		assertAttributeName(name);
		if (subject.has(name)) throw refuse(`${name} is there twice`);
		const conversion = convertValue(field.type, field.value);
		if ('refused' in conversion) throw refusedValue(name, conversion);
		subject.set(name, conversion.value);
	}
	// Names are checked first, because the refusal of a value shows its name.
	return claimsOf(Object.fromEntries(subject), () => undefined);
}
