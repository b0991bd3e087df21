import { createHash } from 'node:crypto';

/** A parsed SD-JWT (RFC 9901); its signature is not checked here. */
export interface SdJwt {
	readonly jwt: string;
	readonly header: Record<string, unknown>;
	/** As signed: with digests in place of what can be disclosed. */
	readonly signed: Record<string, unknown>;
	/** With everything disclosed. */
	readonly payload: Record<string, unknown>;
	/** What the holder can leave out: dotted paths, and a number for a member of a list. */
	readonly disclosable: string[];
}

interface Disclosure {
	readonly parts: readonly unknown[];
	used: boolean;
}

/** Claims that must be readable without any disclosure, by the SD-JWT VC specification. */
const NEVER_DISCLOSABLE = new Set(['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'status']);

/**
 * Parses `<JWT>~<disclosure>~…~` and puts each disclosure in its place.
 *
 * @throws Error that says what is wrong with its form
 */
export function readSdJwt(compact: string): SdJwt {
	const [jwt = '', ...rest] = compact.split('~');
	if (rest.length === 0) throw new Error('it has no ~: it is a plain JWT');
	if (rest.pop() !== '')
		throw new Error('it does not end with ~: a key binding JWT has no place here');
	const segments = jwt.split('.');
	if (segments.length !== 3) throw new Error('the part before the first ~ is not a JWT');
	const header = objectIn('header', segments[0] ?? '');
	const signed = objectIn('payload', segments[1] ?? '');
	const { _sd_alg: alg = 'sha-256' } = signed;
	if (alg !== 'sha-256') throw new Error('_sd_alg is not sha-256');

	const disclosing = new Disclosing(rest);
	const payload = disclosing.object(signed, '');
	disclosing.finish();
	delete payload._sd_alg;
	for (const path of disclosing.paths) {
		if (NEVER_DISCLOSABLE.has(path)) throw new Error(`${path} must not be disclosable`);
	}
	return { jwt, header, signed, payload, disclosable: disclosing.paths };
}

class Disclosing {
	readonly paths: string[] = [];
	private readonly byDigest = new Map<string, Disclosure>();
	private readonly digests = new Set<string>();
	private readonly salts = new Set<string>();

	constructor(disclosures: readonly string[]) {
		for (const text of disclosures) {
			const digest = createHash('sha256').update(text, 'ascii').digest('base64url');
			if (this.byDigest.has(digest)) throw new Error('a disclosure is there twice');
			this.byDigest.set(digest, { parts: this.read(text), used: false });
		}
	}

	finish(): void {
		for (const { used } of this.byDigest.values()) {
			if (!used) throw new Error('a disclosure belongs to no digest');
		}
	}

	object(node: Record<string, unknown>, path: string): Record<string, unknown> {
		const out = new Map<string, unknown>();
		for (const [name, value] of Object.entries(node)) {
			if (name === '_sd') continue;
			if (name === '...') throw new Error('"..." stands outside of a list');
			if (name === '_sd_alg' && path !== '') throw new Error('_sd_alg stands below the top level');
			out.set(name, this.value(value, join(path, name)));
		}
		for (const digest of digestsOf(node)) {
			const parts = this.take(digest);
			if (parts === undefined) continue;
			const [, name, value] = parts;
			if (parts.length !== 3 || typeof name !== 'string') {
				throw new Error('the disclosure of a claim has not three parts');
			}
			if (name === '_sd' || name === '...' || name === '_sd_alg') {
				throw new Error(`a disclosure names its claim ${name}`);
			}
			if (out.has(name)) throw new Error('a claim is there twice, in the open and disclosed');
			this.paths.push(join(path, name));
			out.set(name, this.value(value, join(path, name)));
		}
		return Object.fromEntries(out);
	}

	private value(value: unknown, path: string): unknown {
		if (Array.isArray(value)) return this.list(value, path);
		return isObject(value) ? this.object(value, path) : value;
	}

	private list(items: readonly unknown[], path: string): unknown[] {
		return items.flatMap((item, index) => {
			const place = join(path, String(index));
			if (!isObject(item) || !Object.hasOwn(item, '...')) return [this.value(item, place)];
			const digest = item['...'];
			if (typeof digest !== 'string' || Object.keys(item).length !== 1) {
				throw new Error('"..." is not a digest, or is not alone');
			}
			const parts = this.take(digest);
			if (parts === undefined) return [];
			if (parts.length !== 2) throw new Error('the disclosure of a list member has not two parts');
			this.paths.push(place);
			return [this.value(parts[1], place)];
		});
	}

	/** The disclosure of a digest; none for a decoy. */
	private take(digest: string): readonly unknown[] | undefined {
		if (this.digests.has(digest)) throw new Error('a digest is there twice');
		this.digests.add(digest);
		const disclosure = this.byDigest.get(digest);
		if (disclosure !== undefined) disclosure.used = true;
		return disclosure?.parts;
	}

	private read(text: string): readonly unknown[] {
		const parts = jsonIn('a disclosure', text);
		const salt: unknown = Array.isArray(parts) ? parts[0] : undefined;
		if (!Array.isArray(parts) || typeof salt !== 'string') {
			throw new Error('a disclosure is not a list that begins with a salt');
		}
		if (Buffer.from(salt, 'base64url').length < 16) throw new Error('a salt has under 128 bits');
		if (this.salts.has(salt)) throw new Error('two disclosures have one salt');
		this.salts.add(salt);
		return parts;
	}
}

function digestsOf(node: Record<string, unknown>): string[] {
	if (!Object.hasOwn(node, '_sd')) return [];
	const digests: unknown = node._sd;
	if (!Array.isArray(digests)) throw new Error('_sd is not a list of digests');
	return digests.map((digest: unknown) => {
		if (typeof digest !== 'string') throw new Error('_sd is not a list of digests');
		return digest;
	});
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function objectIn(what: string, text: string): Record<string, unknown> {
	const value = jsonIn(`the ${what}`, text);
	if (!isObject(value)) throw new Error(`the ${what} is not an object`);
	return value;
}

function jsonIn(what: string, text: string): unknown {
	const bytes = Buffer.from(text, 'base64url');
	if (text === '' || bytes.toString('base64url') !== text)
		throw new Error(`${what} is not base64url`);
	try {
		return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
	} catch {
		throw new Error(`${what} is not JSON`);
	}
}

export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
