import { domainToASCII } from 'node:url';
import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

const LONGEST_EMAIL = 254;
const LONGEST_LOCAL_PART = 64;
/** Characters that separate, quote or hide: with one of them, this is not one plain address. */
const NOT_IN_AN_ADDRESS = /[\s"(),:;<>[\]\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{DI}]/u;
const LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?$/u;

function isEmail(text: string): boolean {
	const [local, domain, ...more] = text.split('@');
	if (local === undefined || domain === undefined || more.length > 0) return false;
	if (text.length > LONGEST_EMAIL || local.length > LONGEST_LOCAL_PART) return false;
	if (NOT_IN_AN_ADDRESS.test(text)) return false;
	if (local === '' || local.startsWith('.') || local.endsWith('.') || local.includes('..')) {
		return false;
	}
	const labels = domain.split('.');
	const last = labels.at(-1) ?? '';
	return (
		labels.length > 1 &&
		labels.every((label) => label.length <= 63 && LABEL.test(label)) &&
		last.length > 1 &&
		!/^\d+$/.test(last) &&
		// Empty for a name that can never be resolved, e.g. broken Punycode.
		domainToASCII(domain) !== ''
	);
}

/** How JavaScript writes a missing value. */
const MISSING = /^(?:(null|NaN)@|(?:[^@]*[._-])?(undefined)[._@-])/;

const kindOf = (value: unknown) =>
	value === null ? 'undefined' : Array.isArray(value) ? 'list' : typeof value;

const NO_TEXT: Readonly<Record<string, string>> = {
	undefined: 'there is no value',
	list: 'it is a list',
	object: 'it is an object',
	number: 'it is a number',
	boolean: 'it is true or false',
};

/**
 * Reads the recipient: exactly one e-mail address. Spaces around it are dropped; nothing else is
 * changed, because nobody knows how AIR itself normalises addresses.
 *
 * @param value - what the parameter gave
 * @param code - the code of the error, for another parameter
 * @throws AirError which says why and does not repeat the value
 */
export function parseRecipient(
	value: unknown,
	code: AirErrorCode = 'AIR_RECIPIENT_INVALID',
): string {
	const refuse = (detail: string) => new AirError(code, { detail });
	if (typeof value !== 'string') throw refuse(NO_TEXT[kindOf(value)] ?? 'it is not text');
	const text = value.trim();
	if (text === '') throw refuse('it is empty');
	const [, whole, part] = MISSING.exec(text) ?? [];
	const missing = whole ?? part;
	if (missing !== undefined) {
		throw refuse(`it holds “${missing}” in place of a name: a value is missing`);
	}
	if (text.includes('\u{FFFD}')) {
		throw refuse(
			'it has a broken letter (\u{FFFD}): the file or form that it came from is not UTF-8',
		);
	}
	if (isEmail(text)) return text;
	throw refuse(
		text.split('@').length > 2 || /[,;]/.test(text)
			? 'it holds more than one address'
			: text.includes('@')
				? 'it is not written as name@example.com'
				: 'it has no @',
	);
}

const LONGEST_ID = 200;

/** Reads an ID as text; an expression may have given anything. */
function readId(
	value: unknown,
	characters: RegExp,
	{ code, what }: { readonly code: AirErrorCode; readonly what: string },
): string {
	const refuse = (detail: string) => new AirError(code, { detail });
	if (value != null && typeof value !== 'string') throw refuse('it is not text');
	const text = value?.trim() ?? '';
	if (text === '') throw refuse('it is empty');
	if (text.length > LONGEST_ID) throw refuse('it is too long');
	if (!characters.test(text)) throw refuse(`it holds characters that no ${what} has`);
	return text;
}

/** Reads an issuance program ID: AIR's field `credentialId`. @throws AirError `AIR_PROGRAM_INVALID` */
export function parseProgram(value: unknown): string {
	return readId(value, /^[\w.:-]+$/, { code: 'AIR_PROGRAM_INVALID', what: 'program ID' });
}

/** Reads the schema ID of a direct issuance. @throws AirError `AIR_DIRECT_SCHEMA_INVALID` */
export function parseSchemaId(value: unknown): string {
	return readId(value, /^[\w.:-]+$/, { code: 'AIR_DIRECT_SCHEMA_INVALID', what: 'schema ID' });
}

/**
 * Reads the type of a credential, its claim `vct`: any name without spaces; many are addresses.
 *
 * @throws AirError `AIR_DIRECT_TYPE_INVALID`
 */
export function parseCredentialType(value: unknown): string {
	return readId(value, /^[\x21-\x7E]+$/, { code: 'AIR_DIRECT_TYPE_INVALID', what: 'type' });
}

/**
 * Reads an issuer DID: the option of the node, or else the credential's. AIR's documents show several
 * methods, so only the `did:` is required.
 *
 * @throws AirError `AIR_ISSUER_DID_INVALID`
 */
export function parseIssuerDid(option: unknown, credentialsOwn: string): string {
	const own = typeof option === 'string' ? option.trim() : '';
	const text = own === '' ? credentialsOwn.trim() : own;
	if (text === '') {
		throw new AirError('AIR_ISSUER_DID_INVALID', {
			detail: 'neither the credential nor the node names one',
		});
	}
	if (!/^did:[a-z0-9]+:[\w.:%/#?&=-]+$/.test(text) || text.length > 500) {
		throw new AirError('AIR_ISSUER_DID_INVALID', {
			detail: text.startsWith('did:')
				? 'it is not written as did:method:id'
				: 'it must start with did:',
		});
	}
	return text;
}

/**
 * Reads a `coreClaimHash`; its form is not documented, so it only has to be present. @throws AirError
 * `AIR_HASH_INVALID`
 */
export function parseHash(value: unknown): string {
	return readId(value, /^[\w.:+/=-]+$/, { code: 'AIR_HASH_INVALID', what: 'hash' });
}
