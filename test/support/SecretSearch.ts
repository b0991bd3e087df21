import {
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	type KeyObject,
} from 'node:crypto';
import { inspect } from 'node:util';

/** Shorter matches occur by chance. */
const WINDOW = 16;

/** Members of a private JWK (RFC 7518, sections 6.2.2 and 6.3.2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi'];

/** Bytes as text: in Base64, in three variants depending on the preceding bytes, and in hex. */
function texts(bytes: Buffer): string[] {
	const inBase64 = [0, 1, 2].map((before) =>
		Buffer.concat([Buffer.alloc(before), bytes])
			.toString('base64url')
			.slice(before === 0 ? 0 : before + 1, -1),
	);
	return [...inBase64, bytes.toString('hex')];
}

function windowsOf(text: string): string[] {
	const starts = Math.max(0, text.length - WINDOW + 1);
	return Array.from({ length: starts }, (_, start) => text.slice(start, start + WINDOW));
}

const bytesOf = (jwk: object, names: readonly string[]) =>
	Object.entries(jwk)
		.filter(([name, value]) => names.includes(name) && typeof value === 'string')
		.map(([, value]) => Buffer.from(value as string, 'base64url'));

function dersOf(key: KeyObject): Buffer[] {
	const types =
		key.asymmetricKeyType === 'rsa' ? (['pkcs8', 'pkcs1'] as const) : (['pkcs8', 'sec1'] as const);
	return types.map((type) => key.export({ format: 'der', type: type as 'pkcs8' }));
}

/** All forms of a private key: its PEM body, its DER, and each private member of its JWK. */
const partsOf = (key: KeyObject) =>
	[...dersOf(key), ...bytesOf(key.export({ format: 'jwk' }), PRIVATE_MEMBERS)].flatMap(texts);

/** The part of its DER before the first secret: lengths, which are the same for most keys, and public members. */
function beginningsOf(key: KeyObject): string[] {
	const [d = Buffer.alloc(0)] = bytesOf(key.export({ format: 'jwk' }), ['d']);
	return dersOf(key)
		.map((der) => der.subarray(0, der.indexOf(d)))
		.flatMap(texts);
}

/** The parts of it that may be shown. */
function publicPartsOf(key: KeyObject): string[] {
	const publicKey = createPublicKey(key);
	const members = bytesOf(publicKey.export({ format: 'jwk' }), ['x', 'y', 'n', 'e']);
	return [publicKey.export({ format: 'der', type: 'spki' }), ...members].flatMap(texts);
}

/** Another key of the same kind: what both share is not secret. */
const anotherLike = (key: KeyObject) =>
	key.asymmetricKeyType === 'rsa'
		? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
		: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** Converts texts to one alphabet: both Base64 alphabets become one, and listed bytes become hex. */
const normalized = (text: string) =>
	[
		text.replaceAll('+', '-').replaceAll('/', '_'),
		...[...text.matchAll(/(?:[0-9a-f]{2} ){7,}[0-9a-f]{2}/gi)].map(([list]) =>
			list.replaceAll(' ', '').toLowerCase(),
		),
		...[...text.matchAll(/(?:\d{1,3},\s*){7,}\d{1,3}/g)].map(([list]) =>
			Buffer.from(list.split(',').map(Number)).toString('hex'),
		),
	].join('\n');

/**
 * Looks for any part of secrets: 16 consecutive characters of a key or a token in any of their forms are
 * enough, and so is a word.
 *
 * @example
 * ```ts
 * const search = new SecretSearch().addKey(pem).addWord('the password', password);
 * expect(search.find(log)).toBeUndefined();
 * ```
 */
export class SecretSearch {
	private readonly windows = new Map<string, string>();
	private readonly words = new Map<string, string>();

	/** @param key - as PEM */
	addKey(key: string): this {
		const secret = createPrivateKey(key);
		const harmless = new Set(
			[...publicPartsOf(secret), ...beginningsOf(secret), ...partsOf(anotherLike(secret))].flatMap(
				windowsOf,
			),
		);
		for (const window of partsOf(secret).flatMap(windowsOf)) {
			if (!harmless.has(window)) this.windows.set(window, 'a private key');
		}
		return this;
	}

	/** A token's claims are secret like its signature; its header reveals nothing. */
	addToken(token: string): this {
		for (const part of token.split('.').slice(1)) {
			for (const window of windowsOf(part)) this.windows.set(window, 'a Partner JWT');
		}
		return this;
	}

	addWord(name: string, word: string): this {
		this.words.set(word, name);
		return this;
	}

	/** @returns what was found, with the text around it; undefined if nothing was found */
	find(text: string): string | undefined {
		for (const [word, name] of this.words) {
			const at = text.indexOf(word);
			if (at >= 0) return `${name} in: …${text.slice(Math.max(0, at - 200), at + 100)}…`;
		}
		const all = normalized(text);
		for (const { 0: run, index } of all.matchAll(/[\w-]{16,}/g)) {
			for (const window of windowsOf(run)) {
				const name = this.windows.get(window);
				if (name === undefined) continue;
				return `${name} in: …${all.slice(Math.max(0, index - 200), index + 100)}…`;
			}
		}
		return undefined;
	}

	/** The same in a value: in everything of it that could be printed. */
	findIn(value: unknown): string | undefined {
		return this.find(typeof value === 'string' ? value : printed(value));
	}
}

function printed(value: unknown): string {
	const seen = new WeakSet();
	const json = JSON.stringify(value, (_name, part: unknown) => {
		if (typeof part === 'bigint') return String(part);
		if (typeof part !== 'object' || part === null) return part;
		if (seen.has(part)) return undefined;
		seen.add(part);
		return part;
	});
	const inspected = inspect(value, {
		depth: 30,
		maxArrayLength: null,
		maxStringLength: null,
		breakLength: Infinity,
	});
	return `${json}\n${inspected}`;
}
