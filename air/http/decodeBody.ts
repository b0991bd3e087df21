import {
	brotliDecompressSync,
	gunzipSync,
	inflateRawSync,
	inflateSync,
	zstdDecompressSync,
} from 'node:zlib';
import { redact } from '../../errors/redact';
import { errorCode } from './errorCode';

/** The text of a body, or why it cannot be read. */
export type DecodedBody =
	| { readonly text: string; readonly unreadable?: undefined }
	| { readonly text: ''; readonly unreadable: string; readonly tooLarge: boolean };

interface Limit {
	readonly maxOutputLength: number;
}

/** `deflate` is zlib by its definition, and raw as some servers send it. */
function inflate(bytes: Buffer, limit: Limit): Buffer {
	// The first byte of zlib names its method, 8, and both bytes are a multiple of 31.
	const isZlib =
		bytes.length < 2 || (((bytes[0] ?? 0) & 15) === 8 && bytes.readUInt16BE(0) % 31 === 0);
	return isZlib ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit);
}

const CODINGS: Readonly<Record<string, (bytes: Buffer, limit: Limit) => Buffer>> = {
	gzip: gunzipSync,
	'x-gzip': gunzipSync,
	deflate: inflate,
	br: brotliDecompressSync,
	zstd: zstdDecompressSync,
};

/** Nobody uses more codings, and each one costs time. */
const MOST_CODINGS = 4;
const GZIP = Buffer.from([0x1f, 0x8b, 8]);

type Headers = Readonly<Record<string, string | undefined>>;

/** The codings in the order in which they are removed: the one that was applied last comes first. */
function codingsOf(headers: Headers): string[] {
	return [headers['content-encoding'], headers['transfer-encoding']]
		.flatMap((value) => (value ?? '').split(','))
		.map((name) => name.trim().toLowerCase())
		.filter((name) => name !== '' && name !== 'identity' && name !== 'chunked')
		.reverse();
}

function decoded(bytes: Buffer, label: string, fatal: boolean): string | undefined {
	try {
		return new TextDecoder(label, { fatal }).decode(bytes);
	} catch {
		// An unknown charset, or bytes that are invalid in it: the next one is tried.
		return undefined;
	}
}

/** JSON is UTF-8, whatever a header says; another charset is used only if the bytes are not UTF-8. */
function textOf(bytes: Buffer, { 'content-type': type = '' }: Headers): string {
	const named = /charset\s*=\s*"?([\w.:-]+)/i.exec(type)?.[1] ?? 'utf-8';
	const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : undefined;
	const wideBig = bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
	const first = wide ?? wideBig ?? (/^utf-?16/i.test(named) ? named : 'utf-8');
	return (
		decoded(bytes, first, true) ?? decoded(bytes, named, true) ?? new TextDecoder().decode(bytes)
	);
}

function isJson(text: string): boolean {
	if (!/^\s*[[{]/.test(text)) return false;
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function whyNot(error: unknown, coding: string): string {
	return errorCode(error) === 'Z_BUF_ERROR'
		? `it is compressed (${coding}) and cut off`
		: `it is not compressed as its header says (${coding})`;
}

/**
 * Turns the bytes of an answer into text. We ask for no compression; servers, CDNs and proxies compress
 * anyway. Decodes gzip, deflate, br and zstd, also several in a row; a body that plainly is JSON counts
 * as JSON, whatever a header says. Never throws.
 *
 * @param headers - names in lower case; several of one name joined with commas
 * @param maxBytes - the most after unpacking, so that a small answer cannot unpack to a large one
 * @example
 * ```ts
 * decodeBody(gzipSync('{}'), { 'content-encoding': 'gzip' }, 1024).text; // '{}'
 * ```
 */
export function decodeBody(bytes: Buffer, headers: Headers, maxBytes: number): DecodedBody {
	const asItIs = () => textOf(bytes, headers);
	const codings = codingsOf(headers);
	if (codings.length === 0 && bytes.subarray(0, 3).equals(GZIP)) codings.push('gzip');
	if (codings.length === 0 || bytes.length === 0) return { text: asItIs() };
	const unreadable = (why: string, tooLarge = false): DecodedBody => {
		const text = asItIs();
		return isJson(text) ? { text } : { text: '', unreadable: why, tooLarge };
	};
	const unknown = codings.find((coding) => !Object.hasOwn(CODINGS, coding));
	if (unknown !== undefined || codings.length > MOST_CODINGS) {
		const name = redact(headers['content-encoding'] ?? headers['transfer-encoding'] ?? '', 60);
		return unreadable(`its coding “${name}” is not known here`);
	}
	let current = bytes;
	for (const coding of codings) {
		try {
			current = CODINGS[coding]?.(current, { maxOutputLength: maxBytes }) ?? current;
		} catch (error) {
			const tooLarge = errorCode(error) === 'ERR_BUFFER_TOO_LARGE';
			return unreadable(
				tooLarge ? 'it is far too large once it is unpacked' : whyNot(error, coding),
				tooLarge,
			);
		}
	}
	return { text: textOf(current, headers) };
}
