import { AirError } from '../../errors/AirError';
import { assertTargetAllowed, targetPolicy } from './targetGuard';

/** What the operator allows applies to this network, and AIR is not in it. */
const NOTHING_ALLOWED = targetPolicy({});

/** Names that exist only in a local network: without a dot, or with a reserved ending (RFC 6762, 8375). */
const OWN_NETWORK = /^[^.:]+$|\.(local|internal|lan|intranet|corp|home|home\.arpa)$/;

/**
 * Why AIR certainly cannot fetch an address, judging by its text: AIR is on the public internet and
 * requires https.
 *
 * @param url - as it is registered in the AIR dashboard
 * @returns words that complete “AIR cannot fetch this address: …”; undefined if nothing speaks against it
 * @example
 * ```ts
 * whyNotPublic('https://localhost/jwks.json'); // 'localhost is in a private network'
 * ```
 */
export function whyNotPublic(url: string): string | undefined {
	if (!URL.canParse(url)) return 'it is not a complete URL';
	const parsed = new URL(url);
	if (OWN_NETWORK.test(parsed.hostname)) return `${parsed.hostname} is in a private network`;
	try {
		assertTargetAllowed(parsed, NOTHING_ALLOWED);
		return undefined;
	} catch (error) {
		if (!(error instanceof AirError)) throw error;
		return error.code === 'AIR_TARGET_NOT_HTTPS'
			? 'it does not begin with https://'
			: `${parsed.hostname} is in a private network`;
	}
}
