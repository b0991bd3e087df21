import type { IncomingHttpHeaders } from 'node:http';
import {
	brotliCompressSync,
	constants,
	deflateRawSync,
	deflateSync,
	gzipSync,
	zstdCompressSync,
} from 'node:zlib';
import { airError, MESSAGES, type Answer } from './answers';
import type { Clock } from './clock';
import type { Fault } from './faults';
import type { RetryAfter } from './inputs';

/** What an echo shows of a request: its headers, and its body if the token is there. */
export interface Echo {
	readonly headers: IncomingHttpHeaders;
	readonly body?: string;
}

/** The answer a fault sends, given the one AIR would have sent (absent if no work was done). */
export function alter(
	fault: Fault,
	real: Answer | undefined,
	clock: Clock,
	request: Echo = { headers: {} },
): Answer {
	const whole = real ?? airError(500, MESSAGES.serverFailure);
	const answer = replaced(fault, whole, clock, request);
	const headers = { ...answer.headers };
	if (fault.retryAfter !== undefined) headers['retry-after'] = retryAfter(fault.retryAfter, clock);
	if (fault.dateSkewMs !== undefined) {
		headers.date = new Date(clock.wall() + fault.dateSkewMs).toUTCString();
	}
	for (const [name, value] of Object.entries(fault.headers)) headers[name.toLowerCase()] = value;
	return { ...answer, headers };
}

export function retryAfter(setting: RetryAfter, clock: Clock): string {
	return 'seconds' in setting
		? String(setting.seconds)
		: new Date(clock.wall() + setting.dateInSeconds * 1000).toUTCString();
}

function replaced(fault: Fault, real: Answer, clock: Clock, request: Echo): Answer {
	switch (fault.kind) {
		case 'answer': {
			const { type, body } = bodyOf(fault, real, clock);
			const contentType = fault.contentType ?? type;
			return { status: fault.status, headers: { 'content-type': contentType }, body };
		}
		case 'redirect':
			return { status: fault.status, headers: { location: fault.location }, body: '' };
		case 'dropField':
			return { ...real, body: withoutFields(real.body, fault.fields) };
		case 'setField':
			return { ...real, body: withFields(real.body, fault.fields) };
		case 'echo':
			return { ...real, body: withFields(real.body, { request }) };
		case 'encode':
			return encoded(fault, real);
		case 'delay':
		case 'headers':
		case 'stall':
		case 'reset':
		case 'hang':
			return real;
	}
}

const JSON_TYPE = 'application/json; charset=utf-8';

function bodyOf(
	{ status, body, afterWork }: Extract<Fault, { kind: 'answer' }>,
	real: Answer,
	clock: Clock,
): { type: string; body: Answer['body'] } {
	switch (body.type) {
		case 'air':
			return { type: JSON_TYPE, body: airBody(status, body.message) };
		case 'envelope': {
			// The catalog host's shape (docs "Catalog API"); failures come with HTTP 200 there.
			const { code, msg } = body;
			const timestamp = clock.now();
			return { type: JSON_TYPE, body: JSON.stringify({ code, msg, data: null, timestamp }) };
		}
		case 'html': {
			const title =
				body.title ?? `${status} ${status === 503 ? 'Service Temporarily Unavailable' : 'Error'}`;
			return {
				type: 'text/html',
				body: `<html>\n<head><title>${title}</title></head>\n<body><center><h1>${title}</h1></center></body>\n</html>\n`,
			};
		}
		case 'empty':
			return { type: JSON_TYPE, body: '' };
		case 'cut': {
			const whole = afterWork && typeof real.body === 'string' ? real.body : airBody(status);
			return { type: JSON_TYPE, body: whole.slice(0, Math.ceil(whole.length / 2)) };
		}
		case 'huge':
			return { type: JSON_TYPE, body: { bytes: body.bytes } };
		case 'text':
			return { type: 'text/plain; charset=utf-8', body: body.text };
	}
}

function airBody(status: number, message: string = MESSAGES.serverFailure): string {
	return JSON.stringify({ error: status, message });
}

const PACK: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
	gzip: (bytes) => gzipSync(bytes),
	deflate: (bytes) => deflateSync(bytes),
	'deflate-raw': (bytes) => deflateRawSync(bytes),
	// With a low quality, like a server under load.
	br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
	zstd: (bytes) => zstdCompressSync(bytes),
};

/** Compressed, whether requested or not, and perhaps not as the header says. */
function encoded(fault: Extract<Fault, { kind: 'encode' }>, real: Answer): Answer {
	const { codings, cut, bytes } = fault;
	const plain = bytes === undefined ? Buffer.from(textOf(real.body)) : Buffer.alloc(bytes, ' ');
	const packed = codings.reduce<Buffer>((done, coding) => PACK[coding]?.(done) ?? done, plain);
	// Raw deflate has no name of its own: servers that send it call it deflate.
	const label = fault.label ?? codings.join(', ').replaceAll('deflate-raw', 'deflate');
	return {
		status: fault.status ?? real.status,
		headers: { ...real.headers, 'content-encoding': label },
		body: cut ? packed.subarray(0, Math.ceil(packed.length / 2)) : packed,
	};
}

const textOf = (body: Answer['body']): string => (typeof body === 'string' ? body : '');

function withFields(body: Answer['body'], fields: Record<string, unknown>): Answer['body'] {
	const parsed: unknown = JSON.parse(textOf(body) || '{}');
	return JSON.stringify({ ...(typeof parsed === 'object' ? parsed : {}), ...fields });
}

function withoutFields(body: Answer['body'], fields: readonly string[]): Answer['body'] {
	if (typeof body !== 'string') return body;
	const parsed: unknown = JSON.parse(body);
	if (typeof parsed !== 'object' || parsed === null) return body;
	return JSON.stringify(
		Object.fromEntries(Object.entries(parsed).filter(([name]) => !fields.includes(name))),
	);
}
