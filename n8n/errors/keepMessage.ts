/**
 * Words in a node's error message, even inside other words and in any case, for which n8n replaces the
 * message by a stock text: “createAccess” holds EACCES (found by running n8n-workflow 2.41.0,
 * `node-api.error.js`).
 */
export const REPLACED_BY_N8N = [
	'ECONNREFUSED',
	'ECONNRESET',
	'ENOTFOUND',
	'ETIMEDOUT',
	'ERRADDRINUSE',
	'EADDRNOTAVAIL',
	'ECONNABORTED',
	'EHOSTUNREACH',
	'EAI_AGAIN',
	'ENOENT',
	'EISDIR',
	'ENOTDIR',
	'EACCES',
	'EEXIST',
	'EPERM',
	'GETADDRINFO',
	'BAD GATEWAY',
] as const;

const ANY = new RegExp(REPLACED_BY_N8N.join('|'), 'gi');

/** Invisible, but enough that n8n no longer finds the word. */
const WORD_JOINER = '\u2060';

/**
 * Keeps n8n from replacing an error's text by one of its stock texts. Our own sentences contain none of
 * these words; names of attributes and AIR's own words may.
 *
 * @example
 * ```ts
 * keepMessage('createAccess has no value'); // looks the same, and is shown as it is
 * ```
 */
export function keepMessage(text: string): string {
	return text.replace(ANY, (found) => `${found.slice(0, 1)}${WORD_JOINER}${found.slice(1)}`);
}
