import { AirError } from '../../errors/AirError';

/**
 * The most for a sealed credential as it is sent. AIR documents no limit; servers usually accept this
 * much.
 */
const LONGEST_BODY_BYTES = 64 * 1024;

/**
 * Reserved for everything beside the claims: header, signature (of an 8,192-bit RSA key), IDs, status,
 * field names.
 */
const REST_BYTES = 6 * 1024;

const inBase64 = (bytes: number) => Math.ceil(bytes / 3) * 4;

/**
 * Refuses claims whose credential would be too large to be stored. Called before the account is looked
 * up, since that may create one.
 *
 * @throws AirError `AIR_DIRECT_TOO_LARGE`
 */
export function assertClaimsFit(
	visible: Readonly<Record<string, unknown>>,
	disclosures: readonly string[],
): void {
	const payload = inBase64(Buffer.byteLength(JSON.stringify(visible)));
	const disclosed = disclosures.reduce((sum, { length }) => sum + length + 1, 0);
	assertAtMost(inBase64(payload + disclosed) + REST_BYTES);
}

/**
 * Refuses a body above the limit.
 *
 * @throws AirError `AIR_DIRECT_TOO_LARGE`
 */
export function assertBodyFits(body: string): void {
	assertAtMost(Buffer.byteLength(body));
}

function assertAtMost(bytes: number): void {
	if (bytes <= LONGEST_BODY_BYTES) return;
	throw new AirError('AIR_DIRECT_TOO_LARGE', {
		detail: `${Math.ceil(bytes / 1024)} KiB once it is sealed, and 64 KiB are allowed`,
	});
}
