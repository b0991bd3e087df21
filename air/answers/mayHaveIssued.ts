import type { AirErrorCode } from '../../errors/errorCatalogue';

/**
 * Whether a POST that issues may have issued:
 * - `refused`: known that it did not, and the same request gets the same answer
 * - `not sent`: known that nobody worked on it; always safe to send again
 * - `unknown`: nobody on this side can tell
 */
export type Known = 'refused' | 'not sent' | 'unknown';

interface StatusRow {
	/** As the page writes it: `400`, `404, 405`, `520–527`. */
	readonly status: string;
	/** The row applies only to answers with this property; the first row that fits counts. */
	readonly only?: 'Retry-After' | 'not by AIR' | undefined;
	readonly known: Known;
	readonly why: string;
}

/**
 * What each HTTP status means for a POST that issues. A status below 500 proves nothing by itself: a
 * proxy between n8n and AIR may answer with one after it has passed the request on. So an outcome
 * counts as known only for the reason that its row gives; for all other statuses it is unknown.
 * `docs/internals/decisions.md` shows this table; a test compares them.
 */
export const STATUSES: readonly StatusRow[] = [
	{
		status: '429',
		known: 'not sent',
		why: 'A rate limit is checked before any work is done.',
	},
	{
		status: '503',
		only: 'Retry-After',
		known: 'not sent',
		why: 'The server asks to come back later, so it has not taken the request.',
	},
	{
		status: '301, 307, 308',
		known: 'refused',
		why: 'The address has moved. Nobody at the old one works, and the new one is not asked.',
	},
	{
		status: '302, 303',
		known: 'unknown',
		why: 'A server that has done the work sends a browser on to a page about it in this way.',
	},
	{
		status: '400',
		known: 'refused',
		why: 'AIR documents it for data that it does not accept. A gateway uses it for a request that it cannot read and does not hand on.',
	},
	{
		status: '401',
		known: 'refused',
		why: 'RFC 9110: the request has not been applied, because the token was not accepted.',
	},
	{
		status: '403',
		only: 'not by AIR',
		known: 'unknown',
		why: 'A page instead of JSON. Proxies and firewalls that check answers put such a page in place of an answer that AIR has already given.',
	},
	{
		status: '403',
		known: 'refused',
		why: 'AIR documents it for what a partner may not do. RFC 9110: understood, and not carried out.',
	},
	{
		status: '404, 405, 410',
		known: 'refused',
		why: 'AIR documents 404 for what it does not know. By RFC 9110 all three say that nothing at this address could have worked.',
	},
	{
		status: '406',
		known: 'unknown',
		why: 'Frameworks notice only after the work that they cannot write the answer in the form asked for.',
	},
	{
		status: '407',
		known: 'refused',
		why: 'A proxy asks for a login before it hands the request on.',
	},
	{
		status: '408, 460, 499',
		known: 'unknown',
		why: 'A load balancer gave up waiting for AIR, which goes on working.',
	},
	{
		status: '409',
		known: 'refused',
		why: 'AIR documents it for a conflict, after which it issues nothing. If an earlier attempt is unknown, it stays so: that attempt may be the conflict.',
	},
	{
		status: '411, 413, 414, 415, 431',
		known: 'refused',
		why: 'RFC 9110 and 6585: refused because of its length, type or headers, which come before any work.',
	},
	{
		status: '412, 416, 417',
		known: 'unknown',
		why: 'They answer a header that is never sent, so they do not mean what they say.',
	},
	{
		status: '421, 425, 426, 428, 451',
		known: 'refused',
		why: 'RFC 9110, 8470, 6585 and 7725: the server is not willing to process the request.',
	},
	{
		status: '422',
		known: 'refused',
		why: 'RFC 9110: the content was understood, and could not be processed.',
	},
	{
		status: '402, 423, 424',
		known: 'unknown',
		why: 'AIR documents none of them, and a step before the one that failed may have issued.',
	},
	{
		status: '500, 502, 504, 520–527',
		known: 'unknown',
		why: 'AIR, or a gateway in front of it, failed at some moment of the work.',
	},
	{
		status: '503',
		known: 'unknown',
		why: 'Without `Retry-After` it comes from a load balancer, which may have handed the request on.',
	},
	{
		status: '200–299',
		known: 'unknown',
		why: 'No `coreClaimHash` can be read: empty, cut, a page, an unknown compression, or a failure inside. With a hash it is issued.',
	},
	{
		status: '100–999',
		known: 'unknown',
		why: 'Every other status: nothing says whether AIR worked.',
	},
];

const rangesOf = (status: string) =>
	status.split(', ').map((range): [number, number] => {
		const [from = '', to = from] = range.split('–');
		return [Number(from), Number(to)];
	});
const table = STATUSES.map((row) => ({ ...row, ranges: rangesOf(row.status) }));

/**
 * Says whether a POST may have issued, from the status of an answer that holds no hash.
 *
 * @param status - of HTTP
 * @param answer - decides where the status alone does not
 * @example
 * ```ts
 * knownOf(408, { retryAfter: false, foreign: false }); // 'unknown'
 * ```
 */
export function knownOf(
	status: number,
	{
		retryAfter,
		foreign,
	}: {
		/** It has a `Retry-After` that can be read. */
		readonly retryAfter: boolean;
		/** Something other than AIR wrote it, as far as its body shows. */
		readonly foreign: boolean;
	},
): Known {
	const row = table.find(
		({ ranges, only }) =>
			ranges.some(([from, to]) => status >= from && status <= to) &&
			(only === undefined || (only === 'Retry-After' ? retryAfter : foreign)),
	);
	return row?.known ?? 'unknown';
}

interface EndRow {
	readonly end: string;
	readonly code: AirErrorCode;
	readonly known: Known;
	readonly why: string;
}

const BEFORE = 'Nothing of the request was written.';
const AFTER = 'The request was written, and AIR may have read it.';

/** What each way in which a connection can end means for a POST that issues. */
export const CONNECTION_ENDS: readonly EndRow[] = [
	{ end: 'The host name is not found', code: 'AIR_DNS', known: 'not sent', why: BEFORE },
	{
		end: 'The connection is refused',
		code: 'AIR_CONNECTION_REFUSED',
		known: 'not sent',
		why: BEFORE,
	},
	{ end: 'The TLS handshake fails', code: 'AIR_TLS', known: 'not sent', why: BEFORE },
	{
		end: 'No connection in time',
		code: 'AIR_CONNECT_TIMEOUT',
		known: 'not sent',
		why: BEFORE,
	},
	{
		end: 'The connection breaks before the request is written',
		code: 'AIR_CONNECT_FAILED',
		known: 'not sent',
		why: BEFORE,
	},
	{
		end: 'The address of the proxy cannot be used',
		code: 'AIR_PROXY_ADDRESS',
		known: 'not sent',
		why: 'Nothing was connected to.',
	},
	{
		end: 'The proxy refuses, or cannot be reached',
		code: 'AIR_PROXY',
		known: 'not sent',
		why: 'The proxy has handed nothing on.',
	},
	{
		end: 'Cancelled before the request is written',
		code: 'AIR_CANCELLED',
		known: 'not sent',
		why: BEFORE,
	},
	{
		end: 'The connection breaks before the answer begins',
		code: 'AIR_CONNECTION_LOST',
		known: 'unknown',
		why: AFTER,
	},
	{
		end: 'The connection breaks in the middle of the answer',
		code: 'AIR_CONNECTION_LOST',
		known: 'unknown',
		why: 'AIR has worked, and its hash is cut off.',
	},
	{
		end: 'No whole answer within Request Timeout',
		code: 'AIR_TIMEOUT',
		known: 'unknown',
		why: AFTER,
	},
	{
		end: 'The answer is too large, also once it is unpacked',
		code: 'AIR_ANSWER_TOO_LARGE',
		known: 'unknown',
		why: 'A success that is not read to its end.',
	},
	{
		end: 'The answer has an unknown compression, or one that is cut or wrong',
		code: 'AIR_ANSWER_ENCODING',
		known: 'unknown',
		why: 'A success that nobody can read.',
	},
	{
		end: 'Cancelled after the request is written',
		code: 'AIR_CANCELLED_IN_FLIGHT',
		known: 'unknown',
		why: AFTER,
	},
];
