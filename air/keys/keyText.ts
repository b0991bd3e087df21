import { AirError } from '../../errors/AirError';
import type { AirErrorCode } from '../../errors/errorCatalogue';

// Undoes what copying, JSON, shells and .env files do to the text of a key.

/** An RSA key of 16384 bits has 13 kB as PEM; base64 of that stays below. */
export const LONGEST_KEY_TEXT = 64 * 1024;

/** Either marker, so that a key cut off at its beginning is still recognized as a key. */
export const PEM_MARKER = /-----(BEGIN|END)/;

/** A line of an OpenSSH public key, or the head of its other form (RFC 4716). */
export const SSH_PUBLIC_KEY =
	/^(?:(?:ssh|ecdsa-sha2|sk-ssh|sk-ecdsa-sha2)-[\w@.-]+ +AAAA|---- BEGIN SSH2 PUBLIC KEY ----)/m;

export interface PemBlock {
	readonly label: string;
	readonly body: string;
}

/** In one pass over the markers: a pattern across whole blocks takes seconds on hostile text. */
export function pemBlocks(text: string): PemBlock[] {
	const blocks: PemBlock[] = [];
	let open: { readonly label: string; readonly from: number } | undefined;
	for (const marker of text.matchAll(/-----(BEGIN|END) ([A-Z0-9 ]*)-----/g)) {
		const [line, kind, name = ''] = marker;
		const label = name.trim();
		if (kind === 'BEGIN') {
			open = { label, from: marker.index + line.length };
		} else if (open?.label === label) {
			blocks.push({ label, body: text.slice(open.from, marker.index) });
			open = undefined;
		}
	}
	return blocks;
}

/** Base64 or base64url, with whatever white space copying left in it; undefined if it is neither. */
export function decodeBase64(text: string): Buffer | undefined {
	const body = text.replace(/\s+/g, '');
	if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(body)) return undefined;
	const decoded = Buffer.from(body, 'base64');
	return decoded.length > 0 ? decoded : undefined;
}

/**
 * JSON and .env files keep newlines as backslash-n, sometimes escaped twice. Without the look-behind, a
 * long run of backslashes would take quadratic time.
 */
const unescapeNewlines = (text: string) =>
	text.replace(/(?<!\\)\\+r/g, '').replace(/(?<!\\)\\+n/g, '\n');

/** JSON that was itself stored as a JSON string. */
const unescapeJson = (text: string) =>
	/^[[{]{1,2}\\/.test(text) ? unescapeNewlines(text).replaceAll('\\"', '"') : text;

/** Text copied out of JSON or a shell still has its quotes. */
const unquote = (text: string) =>
	text
		.replace(/^\ufeff/, '')
		.trim()
		.replace(/^(["'`])([\s\S]*)\1$/, '$2')
		.trim();

/** How each form of a key is read; the reader decides what counts as private. */
export interface KeyReader<T> {
	readonly empty: AirErrorCode;
	readonly tooLong: AirErrorCode;
	readonly sshPublic: AirErrorCode;
	/** All other text is PEM, if it has a marker. */
	readonly isJson: (text: string) => boolean;
	readonly json: (text: string) => T;
	/** Text with a BEGIN or END in it. */
	readonly pem: (text: string) => T;
	/** Undefined for text that is not even base64. */
	readonly der: (der: Buffer | undefined) => T;
}

/**
 * Reads the text of a key as PEM, JSON, base64 of either, or base64 of DER.
 *
 * @param pasted - as the user pasted it, with whatever was done to its quotes and newlines
 * @throws AirError with the codes given as `empty` or `tooLong`, and what the reader throws
 */
export function readKeyText<T>(pasted: string, reader: KeyReader<T>): T {
	const input = unquote(pasted);
	if (input === '') throw new AirError(reader.empty);
	if (input.length > LONGEST_KEY_TEXT) throw new AirError(reader.tooLong);
	const readText = (text: string) => {
		if (reader.isJson(text)) return reader.json(unescapeJson(text));
		return PEM_MARKER.test(text) ? reader.pem(unescapeNewlines(text)) : undefined;
	};
	const read = readText(input);
	if (read !== undefined) return read;
	if (SSH_PUBLIC_KEY.test(input)) throw new AirError(reader.sshPublic);
	const der = decodeBase64(unescapeNewlines(input));
	return readText(unquote(der?.toString('utf8') ?? '')) ?? reader.der(der);
}
