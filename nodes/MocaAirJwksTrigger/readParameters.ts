import { z } from 'zod';
import { AirError } from '../../errors/AirError';
import {
	labelsOf,
	settingInvalid,
	trueOrFalse,
	wholeNumberFrom,
} from '../../n8n/parameters/settingInvalid';
import { DEFAULT_CACHE_SECONDS, LONGEST_CACHE_SECONDS, properties } from './properties';

const optionsSchema = z.looseObject(
	{
		cacheSeconds: wholeNumberFrom(0, LONGEST_CACHE_SECONDS, 'seconds').default(
			DEFAULT_CACHE_SECONDS,
		),
		startExecutions: trueOrFalse().default(false),
		bareStatusList: trueOrFalse().default(false),
	},
	'are not as expected',
);

const LABELS = labelsOf(properties);

export interface ServeOptions {
	readonly cacheSeconds: number;
	readonly startExecutions: boolean;
	readonly bareStatusList: boolean;
}

/** @throws AirError `AIR_SETTING_INVALID` */
export function readOptions(options: unknown): ServeOptions {
	const parsed = optionsSchema.safeParse(options);
	if (parsed.success) return parsed.data;
	throw settingInvalid(LABELS, parsed.error, 'options');
}

/** @throws AirError `AIR_SETTING_INVALID` */
export function readSwitch(value: unknown, name: 'issuerDocuments' | 'revocations'): boolean {
	const parsed = trueOrFalse().safeParse(value);
	if (parsed.success) return parsed.data;
	throw settingInvalid(LABELS, parsed.error, name);
}

/** The verifier's query; anything but one text is not an ID. */
export const querySchema = z.looseObject({ id: z.string().catch('') });
export const paramsSchema = z.looseObject({ number: z.string().catch('') });

/** Without a slash at either end, as in n8n (2.40.7, webhook.service.js). */
const trimmed = (path: string) => path.trim().replace(/^\/|\/$/g, '');

/** Segments of unreserved characters (RFC 3986, 2.3); a leading “:” would be a parameter for n8n. */
const SEGMENTS = /^[\w.~-]+(\/[\w.~-]+)*$/;
const DOTS_ONLY = /(^|\/)\.{1,2}(\/|$)/;

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * Checks a path that the user wrote.
 *
 * @param path - the parameter Path, evaluated; if empty, the node chooses. In a duplicate, n8n's
 *   editor writes the webhook ID into it
 * @param partnerId - of the credential
 * @param webhookId - of the node
 * @throws AirError `AIR_JWKS_PATH_INVALID`, and `AIR_JWKS_OTHER_PARTNER` if the path has an ID that
 * looks like a partner ID but is not the credential's
 */
export function assertPath(path: unknown, partnerId: string, webhookId: string | undefined): void {
	if (path === '' || path === undefined || path === webhookId) return;
	const text = typeof path === 'string' ? trimmed(path) : '';
	if (!SEGMENTS.test(text) || DOTS_ONLY.test(text) || text.length > 500) {
		throw new AirError('AIR_JWKS_PATH_INVALID');
	}
	const other = text
		.split('/')
		.some((segment) => UUID.test(segment) && segment.toLowerCase() !== partnerId.toLowerCase());
	if (other && !text.split('/').includes(partnerId)) throw new AirError('AIR_JWKS_OTHER_PARTNER');
}
