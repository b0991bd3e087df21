import { z } from 'zod';
import { redact } from '../../errors/redact';
import type { Secrets } from '../../errors/secrets';
import { tidy } from './tidy';

/** What came back over HTTP, not yet interpreted. */
export interface HttpAnswer {
	readonly status: number;
	/** Header names in lower case. */
	readonly headers: Readonly<Record<string, string | undefined>>;
	/** How long its `Retry-After` asks to wait, if it has one that can be read. */
	readonly retryAfterMs?: number | undefined;
	readonly text: string;
	/** Why the body could not be decoded, if it could not; `text` is empty then. */
	readonly unreadable?: string | undefined;
}

/**
 * Who wrote a body, judging by its shape:
 * - `air`: AIR's own error, `{error, message}`
 * - `envelope`: `{code, msg, data}` of AIR's catalog host with a code that is not success, seen with
 *   HTTP 200 too
 * - `json`: any other JSON; `html`, `text`, `empty`: no JSON at all
 * - `cut`: begins like JSON and cannot be parsed
 */
export type BodyShape = 'air' | 'envelope' | 'json' | 'html' | 'text' | 'empty' | 'cut';

export interface AirBody {
	readonly shape: BodyShape;
	/** The parsed JSON, if there is any. */
	readonly json: unknown;
	/** What it says, shortened and redacted. */
	readonly message: string | undefined;
}

/** Code of success in AIR's envelope, as a partner has seen it. */
const ENVELOPE_OK = 80_000_000;

const airError = z.looseObject({
	error: z.union([z.number(), z.string()]),
	message: z.string(),
});
const failedEnvelope = z.looseObject({
	code: z.number().refine((code) => code !== ENVELOPE_OK),
	msg: z.string(),
});

/** Text, or a list of texts, as validation libraries report what is wrong with each field. */
const text = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join('; '))]);
/** Each member is parsed separately: an unexpected type in one must not hide the others. */
const worded = z.looseObject({
	message: text.optional().catch(undefined),
	msg: text.optional().catch(undefined),
	error: z
		.union([text, z.looseObject({ message: text }).transform(({ message }) => message)])
		.optional()
		.catch(undefined),
});

function words(json: unknown): string | undefined {
	if (typeof json === 'string') return json;
	const { message, msg, error } = worded.safeParse(json).data ?? {};
	return [message, msg, error].find((line) => line !== undefined && line.trim() !== '');
}

/** Only the beginning of a page is read. */
const LOOKED_AT = 10_000;

function pageWords(page: string): string {
	const beginning = page.slice(0, LOOKED_AT);
	const title = /<(title|h1)[^<>]*>([^<]*)</i.exec(beginning)?.[2]?.trim() ?? '';
	return title === '' ? beginning.replace(/<[^<>]*>/g, ' ') : `a web page titled ${title}`;
}

/**
 * Reads a body without trusting it: AIR answers in several shapes, and load balancers answer in
 * its place. A body without a known member for its message is shown as it came, shortened, and never
 * swallowed. Never throws.
 *
 * @param received - the body as it came, decoded
 * @param secrets - what must not be shown, from `secretsOf`
 * @example
 * ```ts
 * readBody('{"error":403,"message":"issueOnBehalf is not allowed"}').shape; // 'air'
 * ```
 */
export function readBody(received: string, secrets?: Secrets): AirBody {
	const trimmed = received.trim();
	const shown = (message: string) => redact(message, undefined, secrets) || undefined;
	if (trimmed === '') return { shape: 'empty', json: undefined, message: undefined };
	if (trimmed.startsWith('<')) {
		return { shape: 'html', json: undefined, message: shown(pageWords(trimmed)) };
	}
	let json: unknown;
	try {
		json = JSON.parse(trimmed);
	} catch {
		// A body that is not JSON is not a failure: its shape says so.
		const shape = /^[[{"]/.test(trimmed) ? 'cut' : 'text';
		return { shape, json: undefined, message: shown(trimmed) };
	}
	let message: { readonly shown: string | undefined } | undefined;
	return {
		shape: shapeOf(json),
		json,
		// Lazy, since nobody reads the message of a success; computed once, since every rule reads it.
		get message() {
			// Serialized again, because a token that is spelled with escapes would not be found in the original.
			message ??= { shown: shown(words(json) ?? JSON.stringify(tidy(json, secrets))) };
			return message.shown;
		},
	};
}

/** Checks the names first: a schema that does not fit is slow to say why. */
function shapeOf(json: unknown): BodyShape {
	if (typeof json !== 'object' || json === null) return 'json';
	if ('code' in json && failedEnvelope.safeParse(json).success) return 'envelope';
	if ('error' in json && airError.safeParse(json).success) return 'air';
	return 'json';
}
